package io.bpf4j.sklookup;

import io.bpf4j.platform.ProgTypeInfo;
import io.bpf4j.prog.ProgType;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// The program type `BPF_PROG_TYPE_SK_LOOKUP` (net/core/filter.c sk_lookup_verifier_ops).
public final class SkLookup {
  /// `BPF_SK_LOOKUP_F_REPLACE`: a selection that exists is replaced.
  public static final long F_REPLACE = 1;

  /// `BPF_SK_LOOKUP_F_NO_REUSEPORT`: the socket is taken as it is, without its group.
  public static final long F_NO_REUSEPORT = 1 << 1;

  /// The helpers a sk_lookup program can call. bpf_copy_from_user (148) and bpf_copy_from_user_task
  /// (191) are known to the type, but for sleepable programs only.
  public static final Set<Integer> HELPERS =
      IntStream.of(
              1, 2, 3, 5, 6, 7, 8, 12, 14, 15, 16, 17, 22, 25, 35, 37, 42, 55, 80, 86, 87, 88, 89,
              93, 94, 105, 106, 109, 112, 113, 114, 115, 117, 118, 120, 123, 124, 125, 130, 131,
              132, 133, 134, 136, 137, 138, 139, 140, 141, 149, 153, 154, 156, 157, 158, 160, 164,
              165, 169, 170, 171, 172, 175, 176, 177, 178, 180, 181, 182, 194, 195, 196, 197, 198,
              199, 200, 201, 202, 203, 208, 209, 210, 211)
          .boxed()
          .collect(Collectors.toUnmodifiableSet());

  /// The row.
  public static final ProgTypeInfo ROW =
      new ProgTypeInfo(ProgType.SK_LOOKUP, "BPF_SK_LOOKUP", SkLookupCtx.LAYOUT, HELPERS, 0, 1);

  private SkLookup() {}
}
