package io.bpf4j.verifier;

import java.util.List;
import java.util.Locale;
import java.util.Set;

/// A row of the helper table.
///
/// @param id the number in the call
/// @param name the uapi name
/// @param ret what R0 becomes
/// @param args what R1 to R5 must be
/// @param traits its properties
public record HelperRule(int id, String name, Ret ret, List<ArgRule> args, Set<Trait> traits) {
  /// What R0 becomes.
  public enum Ret {
    INT,
    VOID,
    /// A map value, or 0.
    VALUE,
    /// A full socket, or 0.
    FULLSOCK,
    TCPSOCK,
    SOCKCOMMON,
    /// A ring buffer record, or 0.
    RINGBUF,
    /// What no table can say.
    SPECIAL
  }

  /// Properties beside arguments and result.
  public enum Trait {
    /// May be handed packet memory.
    PKT,
    /// Only for programs under a GPL-compatible licence.
    GPL,
    /// May move the packet: all pointers into it die.
    CHANGES,
    /// R0 is a reference that must be released.
    ACQUIRES,
    /// R0 is the argument under another type, with its reference.
    CASTS,
    /// Only for programs that may sleep.
    SLEEPS
  }

  public HelperRule {
    args = List.copyOf(args);
    traits = Set.copyOf(traits);
  }

  boolean has(Trait trait) {
    return traits.contains(trait);
  }

  /// Whether a part of the row is beyond the table.
  boolean isSpecial() {
    return ret == Ret.SPECIAL || args.stream().anyMatch(a -> a.form() == ArgRule.Form.SPECIAL);
  }

  /// The helper runs a function of the program before it returns.
  boolean callsBack() {
    return id == Helpers.LOOP
        || id == Helpers.FOR_EACH_MAP_ELEM
        || id == Helpers.USER_RINGBUF_DRAIN;
  }

  /// The helper hands a function of the program to somebody who calls it later.
  boolean callsBackLater() {
    return id == Helpers.TIMER_SET_CALLBACK;
  }

  static Ret parseRet(String token) {
    String word = token.endsWith("?") ? token.substring(0, token.length() - 1) : token;
    return Ret.valueOf(word.toUpperCase(Locale.ROOT));
  }
}
