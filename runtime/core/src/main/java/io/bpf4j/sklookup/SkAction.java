package io.bpf4j.sklookup;

/// What a sk_lookup program returns (uapi `enum sk_action`).
public enum SkAction {
  SK_DROP,
  SK_PASS;

  /// The action of a program's R0, of which the kernel looks at 32 bits; any number but 1 and 0
  /// would count as a pass that selects nothing, and is null here.
  public static @org.jspecify.annotations.Nullable SkAction of(long r0) {
    return switch ((int) r0) {
      case 0 -> SK_DROP;
      case 1 -> SK_PASS;
      default -> null;
    };
  }
}
