package io.bpf4j.packet;

import io.bpf4j.mem.Memory;
import io.bpf4j.platform.CtxField;
import io.bpf4j.platform.CtxField.LegalLoad;
import io.bpf4j.platform.CtxLayout;
import io.bpf4j.platform.LoadRule;
import java.util.List;

/// The context of XDP programs: `struct xdp_md` (uapi/linux/bpf.h; net/core/filter.c
/// xdp_is_valid_access). Behind it are the addresses of packet and end. There is no metadata:
/// `data_meta` is `data`.
final class XdpMd {
  static final int INGRESS_IFINDEX = 12;

  /// sizeof(struct xdp_md).
  static final int SIZE = 24;

  private static final int DATA = 24;
  private static final int DATA_END = 32;
  private static final int END = 40;

  static final CtxLayout LAYOUT =
      new CtxLayout(
          "struct xdp_md",
          SIZE,
          List.of(
              SkBuff.address("data", 0, DATA),
              SkBuff.address("data_end", 4, DATA_END),
              SkBuff.address("data_meta", 8, DATA),
              word("ingress_ifindex", INGRESS_IFINDEX),
              word("rx_queue_index", 16)));

  private XdpMd() {}

  static void write(long ctx, int ifindex, long data, int length) {
    Memory.zero(ctx, END);
    Memory.putInt(ctx + INGRESS_IFINDEX, ifindex);
    Memory.putLong(ctx + DATA, data);
    Memory.putLong(ctx + DATA_END, data + length);
  }

  private static CtxField word(String name, int offset) {
    LoadRule rule = new LoadRule(offset, 4, false);
    return new CtxField(name, offset, 4, List.of(new LegalLoad(offset, 4, rule)), false);
  }
}
