package io.bpf4j.sock;

import io.bpf4j.error.Errno;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Sockets that share an address and port by SO_REUSEPORT (net/core/sock_reuseport.c). TCP sockets
/// join when they listen, UDP sockets when they are bound. Readers take no lock; writers hold the
/// lock of the sockets.
public final class ReuseportGroup {
  static final String ATTACH = "attach reuseport program";
  private static final String DETACH = "detach reuseport program";

  private volatile Sock[] members = {};
  private volatile boolean hasConns;

  /// How many members have a preferred CPU, in 16 bits, as far as the kernel keeps count: it looks
  /// at what a socket has when it joins, when the option is set and when it leaves. A CPU that a
  /// member picked up by receiving was never added, but is taken away all the same.
  private volatile char withCpu;

  private volatile @Nullable GroupProgram program;
  private volatile boolean bindInany;

  ReuseportGroup() {}

  /// A group with a first member (reuseport_alloc).
  static ReuseportGroup of(Sock first, boolean bindInany) {
    ReuseportGroup group = new ReuseportGroup();
    group.bindInany = bindInany;
    group.add(first);
    return group;
  }

  /// reuseport_attach_prog.
  static void attach(Sock sock, GroupProgram program) {
    synchronized (sock.space.slots) {
      sock.checkOpen(ATTACH);
      if (sock instanceof UnixSock && program instanceof GroupProgram.SkReuseport) {
        throw sock.refuse(Errno.ENOTSUPP, ATTACH, "it is an AF_UNIX socket");
      }
      ReuseportGroup in = sock.group;
      if (!sock.hashed()) {
        if (!sock.reusePort) {
          throw sock.refuse(Errno.EINVAL, ATTACH, "SO_REUSEPORT is not set");
        }
        in = in == null ? of(sock, false) : in;
      } else if (in == null) {
        throw sock.refuse(Errno.EINVAL, ATTACH, "the socket is in no reuseport group");
      }
      in.program = program;
    }
  }

  /// reuseport_detach_prog.
  static void detach(Sock sock) {
    synchronized (sock.space.slots) {
      sock.checkOpen(DETACH);
      ReuseportGroup in = sock.group;
      if (in == null && !sock.reusePort) {
        throw sock.refuse(Errno.EINVAL, DETACH, "the socket is in no reuseport group");
      }
      if (in == null || in.program == null) {
        throw sock.refuse(Errno.ENOENT, DETACH, "the group has no program");
      }
      in.program = null;
    }
  }

  /// The program that picks members, or null: then it is the hash alone.
  public @Nullable GroupProgram program() {
    return program;
  }

  /// Whether the members are bound to the wildcard, as the first that joined knew it.
  public boolean bindInany() {
    return bindInany;
  }

  void boundToAny() {
    bindInany = true;
  }

  Sock[] socks() {
    return members;
  }

  /// The members in the order of their index.
  public List<Sock> members() {
    return List.of(members);
  }

  /// Whether a member that was bound to an address ever called connect(); it is never taken back.
  public boolean hasConns() {
    return hasConns;
  }

  void markConnected() {
    hasConns = true;
  }

  /// A newcomer gets the last index.
  void add(Sock sock) {
    Sock[] next = Arrays.copyOf(members, members.length + 1);
    next[members.length] = sock;
    members = next;
    sock.group = this;
    cpuSet(-1, sock.incomingCpu);
  }

  /// The last member moves into the hole of one that leaves.
  void remove(Sock sock) {
    Sock[] old = members;
    Sock[] next = Arrays.copyOf(old, old.length - 1);
    for (int i = 0; i < next.length; i++) {
      if (old[i] == sock) {
        next[i] = old[old.length - 1];
      }
    }
    members = next;
    sock.group = null;
    cpuSet(sock.incomingCpu, -1);
  }

  /// A member's SO_INCOMING_CPU is set (reuseport_update_incoming_cpu).
  void cpuSet(int before, int after) {
    if (before < 0 && after >= 0) {
      count(1);
    } else if (before >= 0 && after < 0) {
      count(-1);
    }
  }

  private void count(int change) {
    withCpu = (char) (withCpu + change);
  }

  /// The member for a packet: the hash says where to start, connected UDP members are passed over,
  /// and where members have a preferred CPU one of this CPU comes first
  /// (reuseport_select_sock_by_hash).
  ///
  /// @param hash 32 bits
  /// @return null when there is none
  public @Nullable Sock pick(int hash, int cpu) {
    Sock[] all = members;
    if (all.length == 0) {
      return null;
    }
    int start = start(hash, all.length);
    boolean prefer = withCpu != 0;
    Sock first = null;
    for (int n = 0, i = start; n < all.length; n++, i = (i + 1) % all.length) {
      Sock sock = all[i];
      if (sock.state != SockState.ESTABLISHED) {
        if (!prefer || sock.incomingCpu == cpu) {
          return sock;
        }
        first = first == null ? sock : first;
      }
    }
    return first;
  }

  /// The index a hash starts at: `(hash * members) >> 32`.
  public static int start(int hash, int members) {
    return (int) ((Integer.toUnsignedLong(hash) * members) >>> 32);
  }
}
