package io.bpf4j.fuzz;

import io.bpf4j.map.MapFlags;
import io.bpf4j.map.MapTypes;
import io.bpf4j.prog.MapSpec;
import java.util.HexFormat;
import java.util.List;
import java.util.random.RandomGenerator;

/// What a program is given: memory in R1, its length in R2, and three maps.
///
/// ```
/// map 0  ARRAY  3 values of 16 bytes
/// map 1  HASH   keys of 4 bytes, of which programs use 0 to 7; holds at most 4
/// map 2  ARRAY  1 value, which programs also address directly
/// ```
///
/// @param memory [#MEMORY] bytes
/// @param array the values of map 0
/// @param present which keys map 1 holds, by bit
/// @param hash a value for each key of map 1; zeros for absent ones
/// @param single the value of map 2
record Input(byte[] memory, byte[] array, int present, byte[] hash, byte[] single) {
  /// Bytes that programs work on; behind them they leave registers and stack to be seen.
  static final int WORK = 64;

  static final int MEMORY = WORK + 80 + 64 + 16;

  /// Where numbers pass through memory.
  static final short PASSAGE = MEMORY - 2 * Long.BYTES;

  static final int VALUE = 16;
  static final int ENTRIES = 3;
  static final int KEYS = 8;
  static final int HASH_ENTRIES = 4;

  static final int ARRAY_MAP = 0;
  static final int HASH_MAP = 1;
  static final int SINGLE_MAP = 2;

  /// The definitions of the maps, by index.
  static final List<MapSpec> MAPS =
      List.of(
          array("array", ENTRIES),
          MapSpec.of("hash", MapTypes.HASH, Integer.BYTES, VALUE, HASH_ENTRIES, 0),
          array("single", 1));

  private static final long[] EDGES = {
    0,
    1,
    -1,
    2,
    7,
    8,
    31,
    32,
    63,
    64,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0x8000,
    0xffff,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    0x8000_0000L,
    0xffff_ffffL,
    0x1_0000_0000L,
    Long.MAX_VALUE,
    Long.MIN_VALUE
  };

  private static MapSpec array(String name, int entries) {
    return MapSpec.of(name, MapTypes.ARRAY, Integer.BYTES, VALUE, entries, MapFlags.BPF_F_MMAPABLE);
  }

  /// Random bytes, with the numbers among them at which arithmetic goes wrong.
  static Input random(RandomGenerator random, boolean maps) {
    byte[] memory = new byte[MEMORY];
    fill(memory, WORK, random);
    byte[] array = new byte[ENTRIES * VALUE];
    byte[] hash = new byte[KEYS * VALUE];
    byte[] single = new byte[VALUE];
    int present = 0;
    if (maps) {
      fill(array, array.length, random);
      fill(single, single.length, random);
      for (int key = 0; key < KEYS; key++) {
        if (random.nextBoolean() && Integer.bitCount(present) < HASH_ENTRIES) {
          present |= 1 << key;
          byte[] value = new byte[VALUE];
          fill(value, VALUE, random);
          System.arraycopy(value, 0, hash, key * VALUE, VALUE);
        }
      }
    }
    return new Input(memory, array, present, hash, single);
  }

  private static void fill(byte[] to, int length, RandomGenerator random) {
    for (int i = 0; i < length; i += Long.BYTES) {
      long value = number(random);
      for (int j = 0; j < Long.BYTES; j++) {
        to[i + j] = (byte) (value >>> (8 * j));
      }
    }
  }

  /// A number: one of the edges half of the time.
  static long number(RandomGenerator random) {
    long bits = random.nextLong();
    return (bits & 1) == 0 ? bits : EDGES[(int) (bits >>> 1 & 0xffff) % EDGES.length];
  }

  /// The lines of a file `input.txt`.
  String text() {
    HexFormat hex = HexFormat.of();
    return "memory %s%narray %s%npresent %d%nhash %s%nsingle %s%n"
        .formatted(
            hex.formatHex(memory),
            hex.formatHex(array),
            present,
            hex.formatHex(hash),
            hex.formatHex(single));
  }
}
