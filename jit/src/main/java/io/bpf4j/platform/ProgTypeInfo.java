package io.bpf4j.platform;

import io.bpf4j.prog.ProgType;
import java.util.List;
import java.util.Set;

/// A row of the program type table.
///
/// @param type the type
/// @param attachType the uapi name of its expected attach type, `BPF_SK_LOOKUP`; empty for none
/// @param ctx the context's layout
/// @param helpers ids of the helpers the kernel offers to it, implemented or not
/// @param minReturn smallest legal return value
/// @param maxReturn largest legal return value
/// @param packetLoads whether its programs may use LD_ABS and LD_IND (kernel/bpf/verifier.c,
///   may_access_skb)
public record ProgTypeInfo(
    ProgType type,
    String attachType,
    CtxLayout ctx,
    Set<Integer> helpers,
    long minReturn,
    long maxReturn,
    boolean packetLoads) {
  public ProgTypeInfo {
    helpers = Set.copyOf(helpers);
  }

  /// A row of a type without packet loads.
  public ProgTypeInfo(
      ProgType type,
      String attachType,
      CtxLayout ctx,
      Set<Integer> helpers,
      long minReturn,
      long maxReturn) {
    this(type, attachType, ctx, helpers, minReturn, maxReturn, false);
  }

  /// The row of a type; refuses by name where there is none.
  public static ProgTypeInfo find(List<ProgTypeInfo> rows, ProgType type) {
    return rows.stream()
        .filter(r -> r.type() == type)
        .findFirst()
        .orElseThrow(() ->
            new io.bpf4j.error.UnsupportedException(
                "program type " + type.uapiName(),
                "has no implementation; it can be read and disassembled, not run"));
  }
}
