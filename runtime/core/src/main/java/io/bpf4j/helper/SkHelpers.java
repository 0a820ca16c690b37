package io.bpf4j.helper;

import static io.bpf4j.platform.ArgType.ANY;
import static io.bpf4j.platform.ArgType.CONST_MAP_PTR;
import static io.bpf4j.platform.ArgType.CTX;
import static io.bpf4j.platform.ArgType.MAP_KEY;
import static io.bpf4j.platform.ArgType.SOCK;
import static io.bpf4j.platform.ArgType.SOCK_OR_NULL;

import io.bpf4j.error.Errno;
import io.bpf4j.map.MapTypes;
import io.bpf4j.map.RuntimeMap;
import io.bpf4j.mem.Cpu;
import io.bpf4j.mem.Memory;
import io.bpf4j.net.Family;
import io.bpf4j.net.Protocol;
import io.bpf4j.platform.ArgType;
import io.bpf4j.platform.Helper;
import io.bpf4j.platform.RetType;
import io.bpf4j.reuseport.SkReuseportCtx;
import io.bpf4j.sklookup.SkLookup;
import io.bpf4j.sklookup.SkLookupCtx;
import io.bpf4j.sock.ReuseportGroup;
import io.bpf4j.sock.Sock;
import io.bpf4j.sock.SockImage;
import io.bpf4j.sock.SockSource;
import io.bpf4j.sock.SockState;
import java.lang.invoke.MethodHandles;
import java.util.List;

/// Helpers about sockets (net/core/filter.c).
public final class SkHelpers {
  public static final int SK_RELEASE = 86;
  public static final int SK_ASSIGN = 124;
  public static final int GET_SOCKET_COOKIE = 46;
  public static final int SK_SELECT_REUSEPORT = 82;

  private static final MethodHandles.Lookup HERE = MethodHandles.lookup();

  /// Rows 46, 82, 86 and 124.
  public static final List<Helper> ROWS =
      List.of(
          row(GET_SOCKET_COOKIE, "getSocketCookie", ANY),
          row(SK_SELECT_REUSEPORT, "skSelectReuseport", CTX, CONST_MAP_PTR, MAP_KEY, ANY),
          row(SK_RELEASE, "skRelease", SOCK),
          row(SK_ASSIGN, "skAssign", CTX, SOCK_OR_NULL, ANY));

  private SkHelpers() {}

  private static Helper row(int id, String method, ArgType... args) {
    return Helper.of(
        id,
        HelperNames.nameOf(id),
        List.of(args),
        RetType.INTEGER,
        FamilyMethod.find(HERE, method));
  }

  /// `long bpf_sk_release(sk)`: 0. Sockets here are not counted: what is reachable lives.
  static long skRelease(Cpu cpu, long sk, long r2, long r3, long r4, long r5) {
    return 0;
  }

  /// `u64 bpf_get_socket_cookie(sk)`: the socket's cookie; 0 for a packet, which has no socket
  /// here.
  static long getSocketCookie(Cpu cpu, long sk, long r2, long r3, long r4, long r5) {
    Sock sock = cpu instanceof SockSource source ? source.ofPointer(sk) : null;
    return sock == null ? 0 : sock.cookieValue();
  }

  /// `long bpf_sk_select_reuseport(ctx, map, key, flags)`: selects a member of the group for the
  /// packet; flags are not looked at. A socket of another group is refused by what first differs:
  ///
  /// | −errno | when |
  /// |---|---|
  /// | ENOENT | the map has no socket there |
  /// | EINVAL | the socket is in no group (in a REUSEPORT_SOCKARRAY, just closed: ENOENT) |
  /// | EPROTOTYPE | another group, of another protocol |
  /// | EAFNOSUPPORT | another group, of another family |
  /// | EBADFD | another group |
  static long skSelectReuseport(Cpu cpu, long ctx, long map, long key, long flags, long r5) {
    RuntimeMap live = RuntimeMap.ofPointer(map);
    if (live == null || !(cpu instanceof SockSource source)) {
      return Errno.EINVAL.negated();
    }
    Sock selected = source.ofPointer(live.lookup(cpu, key));
    if (selected == null) {
      return Errno.ENOENT.negated();
    }
    ReuseportGroup group = selected.group();
    if (group == null) {
      boolean array = live.spec().type() == MapTypes.REUSEPORT_SOCKARRAY;
      return (array ? Errno.ENOENT : Errno.EINVAL).negated();
    }
    Sock through = source.askedThrough();
    if (group != source.asked()) {
      if (through == null || through.protocol() != selected.protocol()) {
        return Errno.EPROTOTYPE.negated();
      }
      return (through.family() != selected.family() ? Errno.EAFNOSUPPORT : Errno.EBADFD).negated();
    }
    SkReuseportCtx.select(ctx, selected.pointer());
    return 0;
  }

  /// `long bpf_sk_assign(ctx, sk, flags)` of sk_lookup (bpf_sk_lookup_assign): selects a socket, or
  /// none, for the packet. The checks stand in the kernel's order:
  ///
  /// | −errno | when |
  /// |---|---|
  /// | EINVAL | another flag than REPLACE and NO_REUSEPORT |
  /// | ESOCKTNOSUPPORT | TCP that does not listen, UDP that is connected, AF_UNIX |
  /// | EPROTOTYPE | another protocol than the packet's |
  /// | EAFNOSUPPORT | another family, and the socket is AF_INET or takes IPv6 only |
  /// | EEXIST | there is a selection, and REPLACE is not given |
  static long skAssign(Cpu cpu, long ctx, long sk, long flags, long r4, long r5) {
    if ((flags & ~(SkLookup.F_REPLACE | SkLookup.F_NO_REUSEPORT)) != 0) {
      return Errno.EINVAL.negated();
    }
    if (sk != 0) {
      int protocol = Memory.getInt(sk + SockImage.PROTOCOL);
      int free =
          protocol == Protocol.TCP.number() ? SockState.LISTEN.number() : SockState.CLOSE.number();
      // Protocol 0 is AF_UNIX.
      if (protocol == 0 || Memory.getInt(sk + SockImage.STATE) != free) {
        return Errno.ESOCKTNOSUPPORT.negated();
      }
      if (protocol != Memory.getInt(ctx + SkLookupCtx.PROTOCOL)) {
        return Errno.EPROTOTYPE.negated();
      }
      int family = Memory.getInt(sk + SockImage.FAMILY);
      if (family != Memory.getInt(ctx + SkLookupCtx.FAMILY)
          && (family == Family.INET.number() || Memory.getInt(sk + SockImage.V6ONLY) != 0)) {
        return Errno.EAFNOSUPPORT.negated();
      }
    }
    if (SkLookupCtx.selected(ctx) != 0 && (flags & SkLookup.F_REPLACE) == 0) {
      return Errno.EEXIST.negated();
    }
    SkLookupCtx.assign(ctx, sk, (flags & SkLookup.F_NO_REUSEPORT) != 0);
    return 0;
  }
}
