package io.bpf4j.isa;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/// Makes encodings from the table of forms: every opcode of every form, with fields drawn from what
/// the form allows and, on request, one field it forbids.
final class RandomInsns {
  private static final int[] EDGES = {
    0,
    1,
    -1,
    2,
    5,
    7,
    8,
    16,
    31,
    32,
    63,
    64,
    0x40,
    0x50,
    0xa0,
    0xe1,
    0xf1,
    0x100,
    0x110,
    255,
    32767,
    -32768,
    65535,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE
  };

  private final RandomGenerator random;

  RandomInsns(RandomGenerator random) {
    this.random = random;
  }

  /// The fields of one slot.
  record Slot(int opcode, int dst, int src, int offset, int imm) {
    byte[] bytes() {
      return new byte[] {
        (byte) opcode,
        (byte) (src << 4 | dst),
        (byte) offset,
        (byte) (offset >> 8),
        (byte) imm,
        (byte) (imm >> 8),
        (byte) (imm >> 16),
        (byte) (imm >> 24)
      };
    }
  }

  /// A slot the form admits.
  Slot legal(InsnForm form, int opcode) {
    return new Slot(
        opcode,
        field(form.dst(), 4),
        field(form.src(), 4),
        field(form.offset(), 16),
        field(form.imm(), 32));
  }

  /// Slots in which one field is changed to what the form forbids, one for each field that can be.
  List<Slot> illegal(InsnForm form, int opcode) {
    Slot good = legal(form, opcode);
    List<Slot> bad = new ArrayList<>();
    if (form.dst() != InsnForm.Legal.ANY) {
      bad.add(new Slot(opcode, forbidden(form.dst(), 4), good.src, good.offset, good.imm));
    }
    if (form.src() != InsnForm.Legal.ANY) {
      bad.add(new Slot(opcode, good.dst, forbidden(form.src(), 4), good.offset, good.imm));
    }
    if (form.offset() != InsnForm.Legal.ANY) {
      bad.add(new Slot(opcode, good.dst, good.src, forbidden(form.offset(), 16), good.imm));
    }
    if (form.imm() != InsnForm.Legal.ANY) {
      bad.add(new Slot(opcode, good.dst, good.src, good.offset, forbidden(form.imm(), 32)));
    }
    return bad;
  }

  private int field(InsnForm.Legal legal, int bits) {
    while (true) {
      int value = draw(bits);
      if (legal.test(value)) {
        return value;
      }
    }
  }

  private int forbidden(InsnForm.Legal legal, int bits) {
    while (true) {
      int value = draw(bits);
      if (!legal.test(value)) {
        return value;
      }
    }
  }

  private int draw(int bits) {
    int value = random.nextBoolean() ? EDGES[random.nextInt(EDGES.length)] : random.nextInt();
    return bits == 4 ? value & 15 : value << (32 - bits) >> (32 - bits);
  }
}
