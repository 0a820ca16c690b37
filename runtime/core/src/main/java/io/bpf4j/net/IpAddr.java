package io.bpf4j.net;

/// An IPv4 or IPv6 address. The bits are two longs in host order: an IPv4 address is the low 32
/// bits of `lo`.
///
/// @param family which of the two
/// @param hi the upper 64 bits of an IPv6 address; 0 for IPv4
/// @param lo the lower 64 bits
public record IpAddr(Family family, long hi, long lo) {
  public static final IpAddr ANY4 = v4(0);
  public static final IpAddr ANY6 = v6(0, 0);

  private static final int GROUPS = 8;

  public IpAddr {
    if (family == Family.INET && (hi != 0 || lo >>> 32 != 0)) {
      throw new IllegalArgumentException("an IPv4 address of more than 32 bits");
    }
  }

  /// The IPv4 address with these 32 bits.
  public static IpAddr v4(int bits) {
    return new IpAddr(Family.INET, 0, Integer.toUnsignedLong(bits));
  }

  public static IpAddr v6(long hi, long lo) {
    return new IpAddr(Family.INET6, hi, lo);
  }

  /// Whether it is 0.0.0.0 or `::`.
  public boolean isAny() {
    return (hi | lo) == 0;
  }

  /// Whether it is `::ffff:a.b.c.d`, an IPv4 address inside an AF_INET6 socket.
  public boolean isV4Mapped() {
    return family == Family.INET6 && hi == 0 && lo >>> 32 == 0xffff;
  }

  /// Reads an address as RFC 4291 section 2.2 writes it, or four decimal numbers.
  ///
  /// @throws IllegalArgumentException when it is neither; the message names the text
  public static IpAddr parse(String text) {
    return text.indexOf(':') < 0 ? v4(parse4(text, text)) : parse6(text);
  }

  private static int parse4(String text, String whole) {
    String[] parts = text.split("\\.", -1);
    if (parts.length != 4) {
      throw bad(whole);
    }
    int bits = 0;
    for (String part : parts) {
      bits = bits << 8 | number(part, 10, 3, 255, whole);
    }
    return bits;
  }

  private static IpAddr parse6(String text) {
    int gap = text.indexOf("::");
    if (gap < 0) {
      int[] groups = groups(text, text);
      if (groups.length != GROUPS) {
        throw bad(text);
      }
      return of(groups);
    }
    if (text.lastIndexOf('.', gap) >= 0) {
      throw bad(text);
    }
    int[] left = groups(text.substring(0, gap), text);
    int[] right = groups(text.substring(gap + 2), text);
    // The gap stands for at least one group.
    if (left.length + right.length >= GROUPS) {
      throw bad(text);
    }
    int[] all = new int[GROUPS];
    System.arraycopy(left, 0, all, 0, left.length);
    System.arraycopy(right, 0, all, GROUPS - right.length, right.length);
    return of(all);
  }

  private static int[] groups(String text, String whole) {
    if (text.isEmpty()) {
      return new int[0];
    }
    String[] parts = text.split(":", -1);
    boolean dotted = parts[parts.length - 1].indexOf('.') >= 0;
    int[] groups = new int[parts.length + (dotted ? 1 : 0)];
    if (groups.length > GROUPS) {
      throw bad(whole);
    }
    for (int i = 0; i < parts.length - (dotted ? 1 : 0); i++) {
      groups[i] = number(parts[i], 16, 4, 0xffff, whole);
    }
    if (dotted) {
      int bits = parse4(parts[parts.length - 1], whole);
      groups[groups.length - 2] = bits >>> 16;
      groups[groups.length - 1] = bits & 0xffff;
    }
    return groups;
  }

  private static int number(String digits, int radix, int maxDigits, int max, String whole) {
    if (digits.isEmpty() || digits.length() > maxDigits) {
      throw bad(whole);
    }
    int value = 0;
    for (int i = 0; i < digits.length(); i++) {
      char c = digits.charAt(i);
      int digit = c < 0x80 ? Character.digit(c, radix) : -1;
      if (digit < 0) {
        throw bad(whole);
      }
      value = value * radix + digit;
    }
    // A leading zero meant octal once.
    if (value > max || (radix == 10 && digits.length() > 1 && digits.charAt(0) == '0')) {
      throw bad(whole);
    }
    return value;
  }

  private static IpAddr of(int[] groups) {
    long hi = 0;
    long lo = 0;
    for (int i = 0; i < 4; i++) {
      hi = hi << 16 | groups[i];
      lo = lo << 16 | groups[i + 4];
    }
    return v6(hi, lo);
  }

  private static IllegalArgumentException bad(String text) {
    return new IllegalArgumentException("'" + text + "' is no IP address");
  }

  /// The canonical text: RFC 5952 for IPv6 (the longest run of at least two zero groups is `::`,
  /// the first of equals; an IPv4 part in dots after `::ffff:`).
  @Override
  public String toString() {
    if (family == Family.INET) {
      return dotted(lo);
    }
    if (isV4Mapped()) {
      return "::ffff:" + dotted(lo);
    }
    int start = -1;
    int length = 1;
    for (int i = 0; i < GROUPS; i++) {
      int end = i;
      while (end < GROUPS && group(end) == 0) {
        end++;
      }
      if (end - i > length) {
        start = i;
        length = end - i;
      }
      i = Math.max(i, end - 1);
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < GROUPS; i++) {
      if (i == start) {
        text.append("::");
        i += length - 1;
      } else {
        if (!text.isEmpty() && text.charAt(text.length() - 1) != ':') {
          text.append(':');
        }
        text.append(Integer.toHexString(group(i)));
      }
    }
    return text.toString();
  }

  private int group(int i) {
    return (int) ((i < 4 ? hi : lo) >>> (48 - 16 * (i & 3))) & 0xffff;
  }

  private static String dotted(long bits) {
    return (bits >>> 24 & 0xff)
        + "."
        + (bits >>> 16 & 0xff)
        + "."
        + (bits >>> 8 & 0xff)
        + "."
        + (bits & 0xff);
  }
}
