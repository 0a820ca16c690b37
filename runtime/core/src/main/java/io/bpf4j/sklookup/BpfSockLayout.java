package io.bpf4j.sklookup;

import static io.bpf4j.sklookup.Loads.only;
import static io.bpf4j.sklookup.Loads.port;
import static io.bpf4j.sklookup.Loads.start;
import static io.bpf4j.sklookup.Loads.word;

import io.bpf4j.platform.CtxLayout;
import io.bpf4j.sock.SockImage;
import java.util.List;

/// `struct bpf_sock` as programs read it through a socket pointer (net/core/filter.c
/// bpf_sock_is_valid_access, bpf_sock_convert_ctx_access).
public final class BpfSockLayout {
  public static final CtxLayout LAYOUT =
      new CtxLayout(
          "struct bpf_sock",
          SockImage.VISIBLE_BYTES,
          List.of(
              only("bound_dev_if", SockImage.BOUND_DEV_IF, 4),
              start("family", SockImage.FAMILY),
              start("type", SockImage.TYPE),
              start("protocol", SockImage.PROTOCOL),
              only("mark", SockImage.MARK, 4),
              only("priority", SockImage.PRIORITY, 4),
              word("src_ip4", SockImage.SRC_IP4),
              word("src_ip6[0]", SockImage.SRC_IP6),
              word("src_ip6[1]", SockImage.SRC_IP6 + 4),
              word("src_ip6[2]", SockImage.SRC_IP6 + 8),
              word("src_ip6[3]", SockImage.SRC_IP6 + 12),
              start("src_port", SockImage.SRC_PORT),
              port("dst_port", SockImage.DST_PORT),
              word("dst_ip4", SockImage.DST_IP4),
              word("dst_ip6[0]", SockImage.DST_IP6),
              word("dst_ip6[1]", SockImage.DST_IP6 + 4),
              word("dst_ip6[2]", SockImage.DST_IP6 + 8),
              word("dst_ip6[3]", SockImage.DST_IP6 + 12),
              start("state", SockImage.STATE),
              // No queue is -1; Linux 6.18 extends it with zeros as any other number.
              start("rx_queue_mapping", SockImage.RX_QUEUE_MAPPING)));

  private BpfSockLayout() {}
}
