package io.bpf4j.reuseport;

import io.bpf4j.platform.ProgTypeInfo;
import io.bpf4j.prog.ProgType;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// The program type `BPF_PROG_TYPE_SK_REUSEPORT` (net/core/filter.c sk_reuseport_verifier_ops).
/// SK_PASS lets the selected socket have the packet, or the hash when none was selected; every
/// other return value drops it.
public final class SkReuseport {
  /// The helpers a sk_reuseport program can call.
  public static final Set<Integer> HELPERS =
      IntStream.of(
              1, 2, 3, 5, 6, 7, 8, 12, 14, 15, 16, 17, 22, 26, 35, 37, 42, 46, 55, 68, 80, 82, 87,
              88, 89, 93, 94, 105, 106, 109, 112, 113, 114, 115, 117, 118, 120, 123, 125, 130, 131,
              132, 133, 134, 141, 149, 153, 154, 156, 157, 158, 160, 164, 165, 169, 170, 171, 172,
              175, 176, 177, 180, 181, 182, 194, 195, 197, 198, 199, 200, 201, 202, 203, 208, 209,
              210, 211)
          .boxed()
          .collect(Collectors.toUnmodifiableSet());

  /// The row.
  public static final ProgTypeInfo ROW =
      new ProgTypeInfo(
          ProgType.SK_REUSEPORT,
          "BPF_SK_REUSEPORT_SELECT",
          SkReuseportCtx.LAYOUT,
          HELPERS,
          0,
          0xffff_ffffL);

  private SkReuseport() {}
}
