package io.bpf4j.packet;

import io.bpf4j.platform.ProgTypeInfo;
import io.bpf4j.prog.ProgType;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// The program types that are run on packets. Their hooks are not simulated: [PacketRun] runs them.
///
/// The helpers are those that the kernel offers (net/core/filter.c sk_filter_func_proto,
/// tc_cls_act_func_proto, xdp_func_proto), but for bpf_sk_assign (124): that of traffic control is
/// another function than the one of the socket lookup.
public final class PacketTypes {
  private static final Set<Integer> FILTER =
      ids(
          """
          1-3 5-8 12 14-17 22 25-26 35 37 42 46-47 55 68 80 87-89 93-94 105-106 109 112-115
          117-118 120 122-123 125 130-134 136-141 148-149 153-154 156-158 160 164-165 169-172
          175-178 180-182 191 194-203 208-211
          """);

  private static final Set<Integer> TRAFFIC =
      ids(
          """
          1-3 5-26 28-35 37-43 46-48 50 55 66 68-69 79-80 83-89 93-100 105-110 112-115 117-118 120
          122-123 125 130-141 148-149 151-158 160 163-165 169-172 175-178 180-182 191-192 194-211
          """);

  private static final Set<Integer> XDP =
      ids(
          """
          1-3 5-8 12 14-17 22-23 25 28 35 37 42 44 51 54-55 65 69 80 84-89 93-94 99-100 105-106
          109-110 112-115 117-118 120 123 125 130-134 136-141 148-149 153-154 156-158 160 163-165
          169-172 175-178 180-182 188-191 194-211
          """);

  /// The rows. The kernel lets them return any number.
  public static final List<ProgTypeInfo> ROWS =
      List.of(
          row(ProgType.SOCKET_FILTER, FILTER),
          row(ProgType.SCHED_CLS, TRAFFIC),
          row(ProgType.SCHED_ACT, TRAFFIC),
          new ProgTypeInfo(
              ProgType.XDP, "", XdpMd.LAYOUT, XDP, Integer.MIN_VALUE, Integer.MAX_VALUE));

  private PacketTypes() {}

  /// Whether programs of a type can be run on a packet.
  public static boolean holds(ProgType type) {
    return ROWS.stream().anyMatch(row -> row.type() == type);
  }

  private static ProgTypeInfo row(ProgType type, Set<Integer> helpers) {
    return new ProgTypeInfo(
        type,
        "",
        type == ProgType.SOCKET_FILTER ? SkBuff.FILTER : SkBuff.TRAFFIC,
        helpers,
        Integer.MIN_VALUE,
        Integer.MAX_VALUE,
        true);
  }

  private static Set<Integer> ids(String ranges) {
    Set<Integer> ids = new HashSet<>();
    for (String range : ranges.strip().split("\\s+", -1)) {
      String[] ends = range.split("-", -1);
      int last = Integer.parseInt(ends[ends.length - 1]);
      for (int id = Integer.parseInt(ends[0]); id <= last; id++) {
        ids.add(id);
      }
    }
    return ids;
  }
}
