package io.bpf4j.verifier;

import io.bpf4j.prog.ProgType;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// A row of the program type table: what a program of the type may do, as `progtypes.txt` says it.
public final class ProgRules {
  /// What direct access to the packet is allowed.
  public enum Packet {
    NONE,
    READ,
    WRITE
  }

  final ProgType type;
  Packet packet = Packet.NONE;
  boolean legacyLoads;
  boolean limitsReturn;
  long minReturn;
  long maxReturn;
  final BitSet helpers = new BitSet();
  private final Map<Integer, String> reads = new HashMap<>();
  private final Set<Integer> unsignedOnly = new TreeSet<>();
  private final Set<Integer> writes = new TreeSet<>();

  ProgRules(ProgType type) {
    this.type = type;
  }

  private static int key(int width, int off) {
    return off << 4 | width;
  }

  void addRead(int width, int off, String kind) {
    reads.put(key(width, off), kind);
  }

  void addUnsignedOnly(int width, int off) {
    unsignedOnly.add(key(width, off));
  }

  void addWrite(int width, int off) {
    writes.add(key(width, off));
  }

  public ProgType type() {
    return type;
  }

  public boolean mayCall(int helper) {
    return helper >= 0 && helpers.get(helper);
  }

  /// What a load of the context yields: `scalar` or a pointer's name; null when it is not legal.
  @Nullable String read(int off, int width, boolean signed) {
    if (off < 0 || (signed && unsignedOnly.contains(key(width, off)))) {
      return null;
    }
    return reads.get(key(width, off));
  }

  /// The kind of pointer that a load of the context yields, or null when it yields a number.
  @Nullable PtrKind pointer(int off, int width) {
    String kind = read(off, width, false);
    return switch (kind == null ? "" : kind) {
      case "pkt" -> PtrKind.PACKET;
      case "pkt_end" -> PtrKind.PACKET_END;
      case "pkt_meta" -> PtrKind.PACKET_META;
      case "sock", "sock_or_null" -> PtrKind.SOCK;
      case "sock_common_or_null" -> PtrKind.SOCK_COMMON;
      default -> null;
    };
  }

  boolean mayWrite(int off, int width) {
    return off >= 0 && writes.contains(key(width, off));
  }
}
