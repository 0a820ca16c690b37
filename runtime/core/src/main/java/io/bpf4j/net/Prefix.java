package io.bpf4j.net;

/// A range of addresses that share their first bits: 198.51.100.0/24. Bits of the address beyond
/// the prefix are cleared.
///
/// @param address the first address of the range
/// @param bits how many bits are shared: 0 to 32, or to 128
public record Prefix(IpAddr address, int bits) {
  public Prefix {
    int width = width(address.family());
    if (bits < 0 || bits > width) {
      throw new IllegalArgumentException(
          "a prefix of " + bits + " bits: " + address + " has " + width);
    }
    address =
        address.family() == Family.INET
            ? IpAddr.v4((int) (address.lo() & mask(bits + 32)))
            : IpAddr.v6(address.hi() & mask(bits), address.lo() & mask(bits - 64));
  }

  /// The range that holds just one address.
  public static Prefix of(IpAddr address) {
    return new Prefix(address, width(address.family()));
  }

  /// Reads `198.51.100.0/24`, `2001:db8::/32`, or an address, which stands for itself alone.
  ///
  /// @throws IllegalArgumentException when it is neither; the message names the text
  public static Prefix parse(String text) {
    int slash = text.indexOf('/');
    if (slash < 0) {
      return of(IpAddr.parse(text));
    }
    IpAddr address = IpAddr.parse(text.substring(0, slash));
    String bits = text.substring(slash + 1);
    if (!bits.matches("0|[1-9][0-9]{0,2}")) {
      throw new IllegalArgumentException("'" + text + "' is no prefix: '" + bits + "' bits");
    }
    return new Prefix(address, Integer.parseInt(bits));
  }

  /// Bits of an address of the family: 32 or 128.
  public static int width(Family family) {
    return family == Family.INET ? 32 : 128;
  }

  public boolean contains(IpAddr other) {
    return other.family() == address.family() && contains(other.hi(), other.lo());
  }

  /// Whether it holds the address of its own family with these bits.
  public boolean contains(long hi, long lo) {
    return address.family() == Family.INET
        ? ((lo ^ address.lo()) & mask(bits + 32)) == 0
        : ((hi ^ address.hi()) & mask(bits)) == 0 && ((lo ^ address.lo()) & mask(bits - 64)) == 0;
  }

  /// A mask of the first bits of 64.
  private static long mask(int bits) {
    return bits <= 0 ? 0 : bits >= 64 ? -1 : -1L << (64 - bits);
  }

  @Override
  public String toString() {
    return address + "/" + bits;
  }
}
