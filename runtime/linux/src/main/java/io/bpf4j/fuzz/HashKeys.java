package io.bpf4j.fuzz;

/// Elements of the hash map in the form of [Outcome].
final class HashKeys {
  /// Stands for all keys that an input never holds.
  private static final int OTHER = 1 << Input.KEYS;

  private HashKeys() {}

  /// Puts an element's value into the place of its key, and gives the key's bit. Elements of
  /// foreign keys show as bits beyond.
  static int collect(byte[] key, byte[] value, byte[] hash) {
    int number =
        (key[0] & 0xff) | (key[1] & 0xff) << 8 | (key[2] & 0xff) << 16 | (key[3] & 0xff) << 24;
    if (number >= 0 && number < Input.KEYS) {
      System.arraycopy(value, 0, hash, number * Input.VALUE, Input.VALUE);
      return 1 << number;
    }
    return OTHER << Math.floorMod(number, 16);
  }
}
