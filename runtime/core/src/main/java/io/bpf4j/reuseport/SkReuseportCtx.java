package io.bpf4j.reuseport;

import static io.bpf4j.sklookup.Loads.only;
import static io.bpf4j.sklookup.Loads.plain;
import static io.bpf4j.sklookup.Loads.pointer;
import static io.bpf4j.sklookup.Loads.shortInWord;
import static io.bpf4j.sklookup.Loads.word;

import io.bpf4j.mem.Memory;
import io.bpf4j.platform.CtxField;
import io.bpf4j.platform.CtxField.LegalLoad;
import io.bpf4j.platform.CtxLayout;
import io.bpf4j.platform.LoadRule;
import io.bpf4j.sock.Probe;
import io.bpf4j.sock.ReuseportGroup;
import io.bpf4j.sock.Sock;
import java.util.ArrayList;
import java.util.List;

/// The context of a sk_reuseport program: `struct sk_reuseport_md` (uapi/linux/bpf.h; eth_protocol
/// in network order, the rest in host order), and behind it what `bpf_sk_select_reuseport` leaves.
///
/// ```
/// 0 data | 8 data_end | 16 len | 20 eth_protocol | 24 ip_protocol | 28 bind_inany | 32 hash
/// 40 sk | 48 migrating_sk || 56 private
/// ```
///
/// `data` is at the transport header. `migrating_sk` is always 0: what is picked for is a packet,
/// never a connection that changes its listener.
public final class SkReuseportCtx {
  public static final int DATA = 0;
  public static final int DATA_END = 8;
  public static final int LEN = 16;
  public static final int ETH_PROTOCOL = 20;
  public static final int IP_PROTOCOL = 24;
  public static final int BIND_INANY = 28;
  public static final int HASH = 32;
  public static final int SK = 40;
  public static final int MIGRATING_SK = 48;

  /// sizeof(struct sk_reuseport_md).
  public static final int SIZE = 56;

  /// The pointer of the selected socket, or 0.
  private static final int SELECTED = 56;

  /// Every legal load (net/core/filter.c sk_reuseport_is_valid_access,
  /// sk_reuseport_convert_ctx_access).
  public static final CtxLayout LAYOUT =
      new CtxLayout(
          "struct sk_reuseport_md",
          SIZE,
          List.of(
              address("data", DATA),
              address("data_end", DATA_END),
              word("len", LEN),
              ethProtocol(),
              shortInWord("ip_protocol", IP_PROTOCOL),
              bindInany(),
              only("hash", HASH, 4),
              pointer("sk", SK),
              pointer("migrating_sk", MIGRATING_SK)));

  private SkReuseportCtx() {}

  private static CtxField address(String name, int offset) {
    return new CtxField(name, offset, 8, List.of(plain(offset, 8)), false);
  }

  /// Not in single bytes; otherwise as [io.bpf4j.sklookup.Loads#shortInWord].
  private static CtxField ethProtocol() {
    CtxField like = shortInWord("eth_protocol", ETH_PROTOCOL);
    List<LegalLoad> loads = like.loads().stream().filter(load -> load.width() != 1).toList();
    return new CtxField(like.name(), like.offset(), like.size(), loads, false);
  }

  /// The kernel's variable has one byte, and every narrow load gives it.
  private static CtxField bindInany() {
    List<LegalLoad> loads = new ArrayList<>();
    for (int width = 1; width <= 4; width *= 2) {
      for (int at = 0; at < 4; at += width) {
        loads.add(new LegalLoad(BIND_INANY + at, width, new LoadRule(BIND_INANY, 1, false)));
      }
    }
    return new CtxField("bind_inany", BIND_INANY, 4, loads, false);
  }

  /// Writes a packet, with no selection.
  public static void write(
      long ctx, GroupPacket packet, Probe p, ReuseportGroup group, Sock via, int hash) {
    Memory.putLong(ctx + DATA, packet.transport());
    Memory.putLong(ctx + DATA_END, packet.end());
    Memory.putInt(ctx + LEN, packet.length());
    Memory.putInt(ctx + ETH_PROTOCOL, packet.etherType());
    Memory.putInt(ctx + IP_PROTOCOL, p.protocol);
    Memory.putInt(ctx + BIND_INANY, group.bindInany() ? 1 : 0);
    Memory.putInt(ctx + HASH, hash);
    Memory.putInt(ctx + HASH + 4, 0);
    Memory.putLong(ctx + SK, via.pointer());
    Memory.putLong(ctx + MIGRATING_SK, 0);
    Memory.putLong(ctx + SELECTED, 0);
  }

  /// Selects a socket from within a run.
  public static void select(long ctx, long sk) {
    Memory.putLong(ctx + SELECTED, sk);
  }

  /// The pointer of the selected socket, or 0.
  public static long selected(long ctx) {
    return Memory.getLong(ctx + SELECTED);
  }
}
