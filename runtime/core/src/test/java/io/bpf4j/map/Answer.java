package io.bpf4j.map;

import io.bpf4j.error.ErrnoException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.function.Supplier;

/// What a map operation answered: an errno, or 0 and the bytes it gave.
record Answer(int errno, byte[] bytes) {
  private static final byte[] NOTHING = {};

  /// A result of 0 or −errno.
  static Answer of(long result) {
    return new Answer((int) -result, NOTHING);
  }

  /// What an operation of the user side answers.
  static Answer to(Supplier<byte[]> operation) {
    try {
      return new Answer(0, operation.get());
    } catch (ErrnoException e) {
      return new Answer(e.errno().number(), NOTHING);
    }
  }

  /// What an operation without a result answers.
  static Answer to(Runnable operation) {
    return to(() -> {
      operation.run();
      return NOTHING;
    });
  }

  /// With the bytes cut to what the map's values have; the rest of a buffer means nothing.
  Answer cut(int length) {
    return bytes.length <= length ? this : new Answer(errno, Arrays.copyOf(bytes, length));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Answer a && a.errno == errno && Arrays.equals(a.bytes, bytes);
  }

  @Override
  public int hashCode() {
    return 31 * errno + Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return errno != 0 ? "errno " + errno : "[" + HexFormat.of().formatHex(bytes) + "]";
  }
}
