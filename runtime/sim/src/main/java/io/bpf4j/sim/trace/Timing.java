package io.bpf4j.sim.trace;

/// The meaning of an interface's time stamps (options if_tsresol and if_tsoffset of pcapng).
final class Timing {
  /// The resolution without an option: 10^-6.
  static final int MICROSECONDS = 6;

  private static final long NANOS_PER_SECOND = 1_000_000_000;

  private final boolean binary;
  private final int exponent;
  private final long power;
  private final long offsetNanos;

  /// `resolution`: units are 10^-resolution seconds, or 2^-(low seven bits) with bit 7 set.
  Timing(int resolution, long offsetSeconds) {
    binary = (resolution & 0x80) != 0;
    exponent = resolution & 0x7f;
    power = binary ? 0 : powerOfTen(Math.abs(exponent - 9));
    offsetNanos = offsetSeconds * NANOS_PER_SECOND;
  }

  private static long powerOfTen(int exponent) {
    // Beyond 10^18 no time is left of 64 bits anyway.
    long power = 1;
    for (int i = 0; i < Math.min(exponent, 18); i++) {
      power *= 10;
    }
    return power;
  }

  /// Nanoseconds since 1970; a time beyond the year 2262 wraps.
  long nanos(long units) {
    return offsetNanos + (binary ? binaryNanos(units) : decimalNanos(units));
  }

  private long decimalNanos(long units) {
    return exponent <= 9 ? units * power : Long.divideUnsigned(units, power);
  }

  private long binaryNanos(long units) {
    if (exponent >= 64) {
      return 0;
    }
    long seconds = exponent == 0 ? units : units >>> exponent;
    long fraction = exponent == 0 ? 0 : units & ((1L << exponent) - 1);
    // 10^9 takes 30 bits: keep the fraction in 34.
    int kept = Math.min(exponent, 34);
    long nanos = ((fraction >>> (exponent - kept)) * NANOS_PER_SECOND) >>> kept;
    return seconds * NANOS_PER_SECOND + nanos;
  }
}
