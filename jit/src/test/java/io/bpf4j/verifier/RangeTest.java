package io.bpf4j.verifier;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.isa.AluOp;
import io.bpf4j.isa.JmpOp;
import io.bpf4j.isa.Width;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;

/// What is known of numbers holds for every number: random intervals and bits, the operations done
/// on members of them.
class RangeTest {
  private static final long[] EDGES = {
    0,
    1,
    2,
    7,
    8,
    255,
    256,
    0x7fff_ffffL,
    0x8000_0000L,
    0xffff_ffffL,
    0x1_0000_0000L,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    -1,
    -2,
    -8,
    -256,
    -0x8000_0000L,
    -0x8000_0001L
  };

  private final RandomGenerator random =
      RandomGeneratorFactory.<RandomGenerator>of("L64X128MixRandom").create(7);

  private long number() {
    long number = EDGES[random.nextInt(EDGES.length)] + random.nextInt(5) - 2;
    return switch (random.nextInt(4)) {
      case 0 -> random.nextLong();
      case 1 -> number << random.nextInt(64);
      default -> number;
    };
  }

  /// A range that admits `member`, as loads, masks and comparisons would leave it.
  private Range around(long member) {
    Bounds bounds = new Bounds();
    if (random.nextBoolean()) {
      long mask = number() | (random.nextBoolean() ? 0xffL : 0);
      bounds.bits = new Tnum(member & ~mask, mask);
    }
    if (random.nextBoolean()) {
      long end = number();
      if (end >= member) {
        bounds.smax = end;
      } else {
        bounds.smin = end;
      }
    }
    if (random.nextBoolean()) {
      long end = number();
      if (Long.compareUnsigned(end, member) >= 0) {
        bounds.umax = end;
      } else {
        bounds.umin = end;
      }
    }
    if (random.nextBoolean()) {
      int end = (int) number();
      if (end >= (int) member) {
        bounds.s32max = end;
      } else {
        bounds.s32min = end;
      }
    }
    if (random.nextBoolean()) {
      long end = number() & Bounds.LOW;
      if (end >= (member & Bounds.LOW)) {
        bounds.u32max = end;
      } else {
        bounds.u32min = end;
      }
    }
    bounds.sync();
    return bounds.range();
  }

  @Test
  void deductionsKeepEveryMember() {
    for (int i = 0; i < 200_000; i++) {
      long member = number();
      Range range = around(member);
      assertThat(range.admits(member)).as("%x in %s", member, range).isTrue();
    }
  }

  @Test
  void operationsKeepEveryResult() {
    AluOp[] ops = AluOp.values();
    for (int i = 0; i < 400_000; i++) {
      AluOp op = ops[random.nextInt(ops.length)];
      Width width = random.nextBoolean() ? Width.W64 : Width.W32;
      long a = number();
      long b = number();
      Range result = ScalarAlu.apply(op, width, around(a), around(b));
      long expected = op.apply(width, a, b);
      assertThat(result.admits(expected))
          .as("%s %s of %x and %x is %x, in %s", op, width, a, b, expected, result)
          .isTrue();
    }
  }

  @Test
  void negationKeepsEveryResult() {
    for (int i = 0; i < 100_000; i++) {
      long a = number();
      assertThat(ScalarAlu.negate(Width.W64, around(a)).admits(-a)).isTrue();
      assertThat(ScalarAlu.negate(Width.W32, around(a)).admits(-a & Bounds.LOW)).isTrue();
    }
  }

  @Test
  void extensionsKeepEveryResult() {
    for (int i = 0; i < 200_000; i++) {
      long a = number();
      int size = 1 << random.nextInt(3);
      int shift = 64 - 8 * size;
      Bounds bounds = Bounds.of(around(a));
      bounds.signExtend64(size);
      bounds.dropContradiction();
      assertThat(bounds.range().admits((a << shift) >> shift)).as("%x to %d", a, size).isTrue();
      bounds = Bounds.of(around(a));
      bounds.truncate(size);
      bounds.dropContradiction();
      assertThat(bounds.range().admits((a << shift) >>> shift)).as("%x to %d", a, size).isTrue();
    }
  }

  /// A comparison is decided only the way it goes, and what its outcome tells is true.
  @Test
  void comparisonsKeepEveryMember() {
    JmpOp[] ops = JmpOp.values();
    for (int i = 0; i < 400_000; i++) {
      JmpOp op = ops[random.nextInt(ops.length)];
      boolean narrow = random.nextBoolean();
      long a = number();
      long b = random.nextInt(3) == 0 ? a : number();
      Range left = around(a);
      Range right = random.nextBoolean() ? around(b) : constant(b);
      boolean outcome = op.test(narrow ? Width.W32 : Width.W64, a, b);
      String what = "%x %s %x, narrow %s, of %s and %s".formatted(a, op, b, narrow, left, right);
      int decided = Branches.decide(op, left, right, narrow);
      assertThat(decided == Branches.EITHER || (decided == Branches.TAKEN) == outcome)
          .as(what)
          .isTrue();
      Bounds first = Bounds.of(left);
      Bounds second = Bounds.of(right);
      Branches.refine(op, outcome, first, second, narrow);
      first.sync();
      second.sync();
      assertThat(first.range().admits(a)).as(what).isTrue();
      assertThat(second.range().admits(b)).as(what).isTrue();
    }
  }

  private static Range constant(long number) {
    Bounds bounds = new Bounds();
    bounds.known(number);
    return bounds.range();
  }
}
