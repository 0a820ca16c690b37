package io.bpf4j.sklookup;

import static io.bpf4j.sklookup.Loads.plain;
import static io.bpf4j.sklookup.Loads.pointer;
import static io.bpf4j.sklookup.Loads.port;
import static io.bpf4j.sklookup.Loads.shortInWord;
import static io.bpf4j.sklookup.Loads.word;

import io.bpf4j.mem.Memory;
import io.bpf4j.net.Family;
import io.bpf4j.platform.CtxField;
import io.bpf4j.platform.CtxLayout;
import io.bpf4j.sock.Probe;
import java.util.List;

/// The context of a run: `struct bpf_sk_lookup` (uapi/linux/bpf.h; addresses and the remote port in
/// network order, the rest in host order), and behind it, where programs cannot look, what
/// `bpf_sk_assign` leaves for the runner.
///
/// ```
/// 0 sk | 8 family | 12 protocol | 16 remote_ip4 | 20 remote_ip6 | 36 remote_port, hole
/// 40 local_ip4 | 44 local_ip6 | 60 local_port | 64 ingress_ifindex | 68 padding || 72 private
/// ```
public final class SkLookupCtx {
  public static final int SK = 0;
  public static final int FAMILY = 8;
  public static final int PROTOCOL = 12;
  public static final int REMOTE_IP4 = 16;
  public static final int REMOTE_IP6 = 20;
  public static final int REMOTE_PORT = 36;
  public static final int LOCAL_IP4 = 40;
  public static final int LOCAL_IP6 = 44;
  public static final int LOCAL_PORT = 60;
  public static final int INGRESS_IFINDEX = 64;

  /// sizeof(struct bpf_sk_lookup).
  public static final int SIZE = 72;

  /// 1 when the selection came with BPF_SK_LOOKUP_F_NO_REUSEPORT.
  public static final int NO_REUSEPORT = 72;

  /// 1 when `bpf_sk_assign` succeeded in this run.
  public static final int ASSIGNED = 76;

  /// Every legal load (net/core/filter.c sk_lookup_is_valid_access, sk_lookup_convert_ctx_access).
  public static final CtxLayout LAYOUT =
      new CtxLayout(
          "struct bpf_sk_lookup",
          SIZE,
          List.of(
              pointer("sk", SK),
              shortInWord("family", FAMILY),
              shortInWord("protocol", PROTOCOL),
              word("remote_ip4", REMOTE_IP4),
              word("remote_ip6[0]", REMOTE_IP6),
              word("remote_ip6[1]", REMOTE_IP6 + 4),
              word("remote_ip6[2]", REMOTE_IP6 + 8),
              word("remote_ip6[3]", REMOTE_IP6 + 12),
              port("remote_port", REMOTE_PORT),
              new CtxField(
                  "(hole)",
                  REMOTE_PORT + 2,
                  2,
                  List.of(
                      plain(REMOTE_PORT + 2, 1),
                      plain(REMOTE_PORT + 3, 1),
                      plain(REMOTE_PORT + 2, 2)),
                  false),
              word("local_ip4", LOCAL_IP4),
              word("local_ip6[0]", LOCAL_IP6),
              word("local_ip6[1]", LOCAL_IP6 + 4),
              word("local_ip6[2]", LOCAL_IP6 + 8),
              word("local_ip6[3]", LOCAL_IP6 + 12),
              shortInWord("local_port", LOCAL_PORT),
              word("ingress_ifindex", INGRESS_IFINDEX)));

  private SkLookupCtx() {}

  /// Writes a packet, with no selection. Fields of the other family are 0.
  public static void write(long ctx, Probe p) {
    Memory.putLong(ctx + SK, 0);
    Memory.putInt(ctx + FAMILY, p.family);
    Memory.putInt(ctx + PROTOCOL, p.protocol);
    if (p.family == Family.INET.number()) {
      Memory.putInt(ctx + REMOTE_IP4, Integer.reverseBytes((int) p.srcLo));
      Memory.putLong(ctx + REMOTE_IP6, 0);
      Memory.putLong(ctx + REMOTE_IP6 + 8, 0);
      Memory.putInt(ctx + LOCAL_IP4, Integer.reverseBytes((int) p.dstLo));
      Memory.putLong(ctx + LOCAL_IP6, 0);
      Memory.putLong(ctx + LOCAL_IP6 + 8, 0);
    } else {
      Memory.putInt(ctx + REMOTE_IP4, 0);
      Memory.putLong(ctx + REMOTE_IP6, Long.reverseBytes(p.srcHi));
      Memory.putLong(ctx + REMOTE_IP6 + 8, Long.reverseBytes(p.srcLo));
      Memory.putInt(ctx + LOCAL_IP4, 0);
      Memory.putLong(ctx + LOCAL_IP6, Long.reverseBytes(p.dstHi));
      Memory.putLong(ctx + LOCAL_IP6 + 8, Long.reverseBytes(p.dstLo));
    }
    // Four bytes: the port, and the hole behind it as 0.
    Memory.putInt(ctx + REMOTE_PORT, Short.toUnsignedInt(Short.reverseBytes((short) p.sport)));
    Memory.putInt(ctx + LOCAL_PORT, p.dport);
    Memory.putInt(ctx + INGRESS_IFINDEX, p.iif);
    Memory.putInt(ctx + SIZE - 4, 0);
    select(ctx, 0, false);
  }

  /// Sets the selection that the next run starts with.
  static void select(long ctx, long sk, boolean noReuseport) {
    Memory.putLong(ctx + SK, sk);
    Memory.putInt(ctx + NO_REUSEPORT, noReuseport ? 1 : 0);
    Memory.putInt(ctx + ASSIGNED, 0);
  }

  /// Selects a socket, or none, from within a run.
  public static void assign(long ctx, long sk, boolean noReuseport) {
    select(ctx, sk, noReuseport);
    Memory.putInt(ctx + ASSIGNED, 1);
  }

  /// The pointer of the selected socket, or 0.
  public static long selected(long ctx) {
    return Memory.getLong(ctx + SK);
  }

  /// Whether the selected socket is taken as it is, without its group.
  public static boolean noReuseport(long ctx) {
    return Memory.getInt(ctx + NO_REUSEPORT) != 0;
  }

  /// Whether the run that just ended assigned a socket, or none, itself.
  public static boolean assigned(long ctx) {
    return Memory.getInt(ctx + ASSIGNED) != 0;
  }
}
