package io.bpf4j.reuseport;

import static io.bpf4j.sklookup.Loads.only;
import static io.bpf4j.sklookup.Loads.pointer;
import static io.bpf4j.sklookup.Loads.word;

import io.bpf4j.mem.Memory;
import io.bpf4j.platform.CtxField;
import io.bpf4j.platform.CtxLayout;
import io.bpf4j.sock.Probe;
import java.util.ArrayList;
import java.util.List;

/// The context of a socket filter: `struct __sk_buff` (uapi/linux/bpf.h; `protocol` in network
/// order, the rest in host order). A group's filter starts behind the transport header: `len` is
/// that of the payload.
public final class SkBuffCtx {
  public static final int LEN = 0;
  public static final int PROTOCOL = 16;
  public static final int INGRESS_IFINDEX = 36;
  public static final int IFINDEX = 40;
  public static final int SK = 168;

  /// sizeof(struct __sk_buff).
  public static final int SIZE = 192;

  /// What a socket filter may load (net/core/filter.c sk_filter_is_valid_access).
  public static final CtxLayout SOCKET_FILTER = new CtxLayout("struct __sk_buff", SIZE, fields());

  private static List<CtxField> fields() {
    List<String> words =
        List.of(
            "len",
            "pkt_type",
            "mark",
            "queue_mapping",
            "protocol",
            "vlan_present",
            "vlan_tci",
            "vlan_proto",
            "priority",
            "ingress_ifindex",
            "ifindex",
            "tc_index",
            "cb[0]",
            "cb[1]",
            "cb[2]",
            "cb[3]",
            "cb[4]",
            "hash");
    List<CtxField> fields = new ArrayList<>();
    for (int i = 0; i < words.size(); i++) {
      fields.add(word(words.get(i), i * Integer.BYTES));
    }
    fields.add(word("napi_id", 84));
    fields.add(only("gso_segs", 164, 4));
    fields.add(pointer("sk", SK));
    fields.add(only("gso_size", 176, 4));
    return fields;
  }

  private SkBuffCtx() {}

  /// Writes a packet. What a simulated packet has not (mark, VLAN, hash, queue) is 0.
  public static void write(long ctx, GroupPacket packet, Probe p) {
    for (int at = 0; at < SIZE; at += Long.BYTES) {
      Memory.putLong(ctx + at, 0);
    }
    Memory.putInt(ctx + LEN, packet.payloadLength());
    Memory.putInt(ctx + PROTOCOL, packet.etherType());
    Memory.putInt(ctx + INGRESS_IFINDEX, p.iif);
    Memory.putInt(ctx + IFINDEX, p.iif);
  }
}
