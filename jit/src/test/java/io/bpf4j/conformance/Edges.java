package io.bpf4j.conformance;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/// The operands at which arithmetic goes wrong when it goes wrong.
final class Edges {
  static final long[] LONGS = {
    0,
    1,
    -1,
    2,
    -2,
    3,
    7,
    31,
    32,
    33,
    63,
    64,
    65,
    -64,
    0xff,
    0x80,
    0x7fff,
    0x8000,
    0xffff,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    0x8000_0000L,
    0xffff_ffffL,
    0x1_0000_0000L,
    0x1_0000_0001L,
    0xdead_beef_0000_0000L,
    0x1122_3344_5566_7788L,
    0xf1f2_f3f4_f5f6_f7f8L,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    Long.MIN_VALUE + 1
  };

  private Edges() {}

  /// Those that are immediates.
  static int[] ints() {
    return LongStream.of(LONGS).filter(v -> v == (int) v).mapToInt(v -> (int) v).toArray();
  }

  /// Every pair, as memory of two longs each.
  static List<long[]> pairs() {
    List<long[]> pairs = new ArrayList<>();
    for (long a : LONGS) {
      for (long b : LONGS) {
        pairs.add(new long[] {a, b});
      }
    }
    return pairs;
  }
}
