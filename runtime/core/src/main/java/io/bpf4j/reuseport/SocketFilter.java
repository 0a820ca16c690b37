package io.bpf4j.reuseport;

import io.bpf4j.platform.ProgTypeInfo;
import io.bpf4j.prog.ProgType;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// The program type `BPF_PROG_TYPE_SOCKET_FILTER` (net/core/filter.c sk_filter_verifier_ops) as
/// reuseport groups run it: what it returns is the index of a member.
public final class SocketFilter {
  /// The helpers a socket filter can call.
  public static final Set<Integer> HELPERS =
      IntStream.of(
              1, 2, 3, 5, 6, 7, 8, 12, 14, 15, 16, 17, 22, 25, 26, 35, 37, 42, 46, 47, 55, 68, 80,
              87, 88, 89, 93, 94, 105, 106, 109, 112, 113, 114, 115, 117, 118, 120, 122, 123, 125,
              130, 131, 132, 133, 134, 136, 137, 138, 139, 140, 141, 149, 153, 154, 156, 157, 158,
              160, 164, 165, 169, 170, 171, 172, 175, 176, 177, 178, 180, 181, 182, 194, 195, 196,
              197, 198, 199, 200, 201, 202, 203, 208, 209, 210, 211)
          .boxed()
          .collect(Collectors.toUnmodifiableSet());

  /// The row.
  public static final ProgTypeInfo ROW =
      new ProgTypeInfo(
          ProgType.SOCKET_FILTER, "", SkBuffCtx.SOCKET_FILTER, HELPERS, 0, 0xffff_ffffL);

  private SocketFilter() {}
}
