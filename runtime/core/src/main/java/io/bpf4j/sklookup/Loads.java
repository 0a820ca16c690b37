package io.bpf4j.sklookup;

import io.bpf4j.platform.CtxField;
import io.bpf4j.platform.CtxField.LegalLoad;
import io.bpf4j.platform.LoadRule;
import java.util.ArrayList;
import java.util.List;

/// Builds the rows of a struct's fields from the patterns in which the kernel allows loads.
public final class Loads {
  private Loads() {}

  /// A field read in one width only.
  public static CtxField only(String name, int offset, int width) {
    return new CtxField(name, offset, width, List.of(plain(offset, width)), false);
  }

  /// A socket pointer.
  public static CtxField pointer(String name, int offset) {
    return new CtxField(name, offset, 8, List.of(plain(offset, 8)), true);
  }

  /// A 4-byte field of which every aligned part of 1, 2 or 4 bytes can be read.
  public static CtxField word(String name, int offset) {
    return new CtxField(name, offset, 4, parts(offset), false);
  }

  /// A 4-byte field whose kernel variable has 16 bits: the upper half read as 2 bytes repeats the
  /// lower one (spec: quirk 2).
  public static CtxField shortInWord(String name, int offset) {
    List<LegalLoad> loads = parts(offset);
    loads.removeIf(l -> l.offset() == offset + 2 && l.width() == 2);
    loads.add(new LegalLoad(offset + 2, 2, new LoadRule(offset, 2, false)));
    return new CtxField(name, offset, 4, loads, false);
  }

  /// A 4-byte field that can be read in 1, 2 or 4 bytes from its start only.
  static CtxField start(String name, int offset) {
    List<LegalLoad> loads = List.of(plain(offset, 1), plain(offset, 2), plain(offset, 4));
    return new CtxField(name, offset, 4, loads, false);
  }

  /// A 2-byte port of which each byte can be read; 4 bytes read at its start are the port,
  /// zero-extended (spec: quirk 1).
  static CtxField port(String name, int offset) {
    List<LegalLoad> loads =
        List.of(
            plain(offset, 1),
            plain(offset + 1, 1),
            plain(offset, 2),
            new LegalLoad(offset, 4, new LoadRule(offset, 2, false)));
    return new CtxField(name, offset, 2, loads, false);
  }

  public static LegalLoad plain(int offset, int width) {
    return new LegalLoad(offset, width, new LoadRule(offset, width, false));
  }

  private static List<LegalLoad> parts(int offset) {
    List<LegalLoad> loads = new ArrayList<>();
    for (int width = 1; width <= 4; width *= 2) {
      for (int at = 0; at < 4; at += width) {
        loads.add(plain(offset + at, width));
      }
    }
    return loads;
  }
}
