package io.bpf4j.lookup;

/// The answer of a lookup in one number: its kind, the socket and the link by their numbers in the
/// world, -1 for none.
///
/// ```
/// 63 ... 56 55 ............ 28 27 ............ 0
///   kind   |   socket + 1     |    link + 1    |
/// ```
public final class LookupAnswer {
  private static final LookupKind[] KINDS = LookupKind.values();
  private static final int BITS = 28;
  private static final long MASK = (1 << BITS) - 1;

  static final long NONE = of(LookupKind.NONE, -1, -1);

  private LookupAnswer() {}

  static long of(LookupKind kind, int socket, int link) {
    return ((long) kind.ordinal() << (2 * BITS)) | ((socket + 1L) << BITS) | (link + 1L);
  }

  public static LookupKind kind(long answer) {
    return KINDS[(int) (answer >>> (2 * BITS))];
  }

  /// The number of the socket, or -1.
  public static int socket(long answer) {
    return (int) ((answer >>> BITS) & MASK) - 1;
  }

  /// The number of the link that decided, or -1.
  public static int link(long answer) {
    return (int) (answer & MASK) - 1;
  }
}
