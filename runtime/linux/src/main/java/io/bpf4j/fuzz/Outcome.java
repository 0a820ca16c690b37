package io.bpf4j.fuzz;

import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/// All that is seen of a run.
///
/// @param r0 64 bits; 0 when the run faulted
/// @param fault the fault's message, or null
/// @param memory the memory afterwards
/// @param array values of map 0 afterwards, empty when the program has no maps
/// @param present keys of map 1 afterwards
/// @param hash their values
/// @param single value of map 2
/// @param stack the entry function's stack, empty where it does not show
record Outcome(
    long r0,
    @Nullable String fault,
    byte[] memory,
    byte[] array,
    int present,
    byte[] hash,
    byte[] single,
    byte[] stack) {
  static final byte[] NONE = {};

  /// A run that was not, or did not end.
  static Outcome failed(Throwable e) {
    String words = e.getClass().getSimpleName() + ": " + e.getMessage();
    return new Outcome(0, words, NONE, NONE, 0, NONE, NONE, NONE);
  }

  /// Whether the program was not even started.
  boolean notRun() {
    return fault != null && memory.length == 0;
  }

  /// What another run did otherwise, in words; null when they are the same. Stacks are compared
  /// where both show.
  @Nullable String difference(Outcome other) {
    if (fault != null || other.fault != null) {
      return fault != null && fault.equals(other.fault)
          ? null
          : "ends with %s, not %s".formatted(end(), other.end());
    }
    if (r0 != other.r0) {
      return "r0 0x%x, not 0x%x".formatted(r0, other.r0);
    }
    String words = bytes("memory", memory, other.memory);
    words = words == null ? bytes("array", array, other.array) : words;
    words = words == null ? bytes("single", single, other.single) : words;
    if (words == null && present != other.present) {
      words = "hash holds keys 0x%x, not 0x%x".formatted(present, other.present);
    }
    words = words == null ? bytes("hash", hash, other.hash) : words;
    boolean stacks = stack.length > 0 && other.stack.length > 0;
    return words == null && stacks ? bytes("stack", stack, other.stack) : words;
  }

  private static @Nullable String bytes(String what, byte[] ours, byte[] others) {
    int at = Arrays.mismatch(ours, others);
    if (at < 0) {
      return null;
    }
    int from = at & -8;
    HexFormat hex = HexFormat.of();
    return "%s[%d] %s, not %s"
        .formatted(
            what,
            from,
            hex.formatHex(ours, from, Math.min(from + 8, ours.length)),
            hex.formatHex(others, from, Math.min(from + 8, others.length)));
  }

  private String end() {
    return fault != null ? fault : "r0 0x%x".formatted(r0);
  }

  /// The lines that say all of it.
  String text() {
    HexFormat hex = HexFormat.of();
    StringBuilder text = new StringBuilder(end()).append('\n');
    text.append("  memory ").append(hex.formatHex(memory)).append('\n');
    if (array.length > 0) {
      text.append("  array ").append(hex.formatHex(array)).append('\n');
      text.append("  hash ").append(Integer.toHexString(present)).append(' ');
      text.append(hex.formatHex(hash)).append('\n');
      text.append("  single ").append(hex.formatHex(single)).append('\n');
    }
    if (stack.length > 0) {
      text.append("  stack ").append(hex.formatHex(stack)).append('\n');
    }
    return text.toString();
  }
}
