package io.bpf4j.sock;

import io.bpf4j.cbpf.ClassicFilter;
import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.error.Errno;
import io.bpf4j.error.ErrnoException;
import io.bpf4j.net.Family;
import io.bpf4j.net.IpAddr;
import io.bpf4j.net.Port;
import io.bpf4j.net.Protocol;
import org.jspecify.annotations.Nullable;

/// A socket: its life cycle as the system calls of the same names, each throwing [ErrnoException]
/// as the call fails, and what a lookup needs of it. Programs see it as a slot of memory whose
/// address is its pointer ([SockImage]), which every call keeps current.
///
/// A socket has two views of its local address and of its peer: the IPv4 path looks at the *v4
/// view*, the IPv6 path at the v6 address. An AF_INET socket has only the first. Of an AF_INET6
/// socket:
///
/// | bound to | v4 view | takes IPv4 packets |
/// |---|---|---|
/// | `::` | 0.0.0.0 | unless IPV6_V6ONLY |
/// | `::ffff:a.b.c.d` | a.b.c.d | yes |
/// | any other | 127.0.0.6, a placeholder | no: bind() sets IPV6_V6ONLY |
///
/// The calls lock all sockets of the world; lookups read the fields as they are.
public abstract sealed class Sock permits TcpSock, UdpSock, UnixSock {
  /// The v4 view of a socket bound to an IPv6 address (LOOPBACK4_IPV6).
  static final int PLACEHOLDER4 = 0x7f000006;

  final SockSpace space;
  private final int index;
  private final long pointer;
  private final boolean inet6;
  private final int uid;
  private volatile String name = "";
  private final SockPlaces places = new SockPlaces(this);
  private volatile long cookie;

  volatile SockState state = SockState.CLOSE;

  /// The local port by which packets find it; 0 when it has none.
  volatile int num;

  /// The local port that getsockname() shows; a socket that lost its port still shows it.
  private int shownPort;

  volatile int rcv4;
  volatile long rcvHi;
  volatile long rcvLo;
  volatile int peer4;
  volatile long peerHi;
  volatile long peerLo;
  volatile int peerPort;
  volatile boolean v6only;
  volatile int boundDev;
  volatile int incomingCpu = -1;
  volatile boolean reuseAddr;
  volatile boolean reusePort;
  volatile @Nullable ReuseportGroup group;
  int mark;
  int priority;

  /// Whether the user named the address or the port (SOCK_BINDADDR_LOCK, SOCK_BINDPORT_LOCK).
  boolean addrLocked;

  boolean portLocked;
  private volatile boolean closed;

  Sock(SockSpace space, int index, Family family, int uid) {
    this.space = space;
    this.index = index;
    this.pointer = space.slots.address(index);
    this.inet6 = family == Family.INET6;
    this.uid = uid;
  }

  public abstract Protocol protocol();

  public Family family() {
    return inet6 ? Family.INET6 : Family.INET;
  }

  /// What `bpf_sock.family` shows.
  int familyNumber() {
    return family().number();
  }

  /// What `bpf_sock.type` shows: SOCK_STREAM 1, SOCK_DGRAM 2.
  int typeNumber() {
    return tcp() ? 1 : 2;
  }

  /// What `bpf_sock.protocol` shows.
  int protocolNumber() {
    return protocol().number();
  }

  /// Its number in the world, from 0.
  public final int index() {
    return index;
  }

  /// Its pointer as programs see it.
  public final long pointer() {
    return pointer;
  }

  final boolean inet6() {
    return inet6;
  }

  final boolean tcp() {
    return protocol() == Protocol.TCP;
  }

  /// The user that opened it.
  public final int uid() {
    return uid;
  }

  /// Its namespace's sockets.
  public final SockSpace space() {
    return space;
  }

  public final SockState state() {
    return state;
  }

  /// Whether connections can be opened to it: TCP in LISTEN.
  public final boolean listening() {
    return state == SockState.LISTEN;
  }

  /// Whether it is connected: TCP established, or UDP with a peer.
  public final boolean connected() {
    return state == SockState.ESTABLISHED;
  }

  public final boolean closed() {
    return closed;
  }

  /// Whether SOCKMAP and SOCKHASH take it in its state (sock_map_sk_state_allowed).
  public abstract boolean allowedInMaps();

  /// The group it is a member of, or null.
  public final @Nullable ReuseportGroup group() {
    return group;
  }

  /// Its name for messages and reports; empty when it has none.
  public final String name() {
    return name;
  }

  /// Names it.
  public final Sock named(String name) {
    this.name = name;
    return this;
  }

  /// Its SO_COOKIE.
  public final SockCookie cookie() {
    return new SockCookie(cookieValue());
  }

  /// Its SO_COOKIE as a number. Takes a lock only the first time.
  public final long cookieValue() {
    if (cookie == 0) {
      synchronized (places) {
        if (cookie == 0) {
          cookie = space.slots.nextCookie();
        }
      }
    }
    return cookie;
  }

  /// The local address as getsockname() gives it.
  public final IpAddr address() {
    return inet6 ? IpAddr.v6(rcvHi, rcvLo) : IpAddr.v4(rcv4);
  }

  /// The local port as getsockname() gives it.
  public final Port port() {
    return new Port(num != 0 ? num : shownPort);
  }

  /// The peer's address as getpeername() gives it, or null.
  public final @Nullable IpAddr peerAddress() {
    return !connected() ? null : inet6 ? IpAddr.v6(peerHi, peerLo) : IpAddr.v4(peer4);
  }

  /// The peer's port, or null.
  public final @Nullable Port peerPort() {
    return connected() ? new Port(peerPort) : null;
  }

  /// Sets an option.
  ///
  /// @throws ErrnoException EINVAL for IPV6_V6ONLY on a socket with a port, ENODEV for an interface
  ///   that is not there, ENOPROTOOPT for IPV6_V6ONLY on an AF_INET socket, EOPNOTSUPP for
  ///   SO_REUSEPORT on an AF_UNIX socket
  public final void setsockopt(SockOption option, int value) {
    SockOptions.set(this, option, value);
  }

  /// Sets a yes-or-no option.
  public final void setsockopt(SockOption option, boolean on) {
    setsockopt(option, on ? 1 : 0);
  }

  /// Reads an option.
  public final int getsockopt(SockOption option) {
    return SockOptions.get(this, option);
  }

  /// UDP sockets are hashed anew when their interface changes; TCP sockets are not.
  abstract void deviceChanged();

  /// Gives the socket a local address and port; port 0 lets the kernel choose.
  ///
  /// Every address of the family is taken as local, as with net.ipv4.ip_nonlocal_bind=1.
  ///
  /// @throws ErrnoException EINVAL when it has a port, or for an address that its family cannot
  ///   have; EADDRINUSE when the port cannot be shared
  public final void bind(IpAddr address, Port port) {
    synchronized (space.slots) {
      checkInet("bind");
      if (!inet6 && address.family() == Family.INET6) {
        throw refuse(Errno.EAFNOSUPPORT, "bind", address + " is no address of AF_INET");
      }
      if (inet6 && address.family() == Family.INET) {
        throw refuse(Errno.EINVAL, "bind", "AF_INET6 needs ::ffff:" + address);
      }
      if (state != SockState.CLOSE || num != 0) {
        throw refuse(Errno.EINVAL, "bind", "the socket is bound");
      }
      if (address.isV4Mapped() && v6only) {
        throw refuse(Errno.EINVAL, "bind", "IPV6_V6ONLY is set");
      }
      boolean savedV6only = v6only;
      if (!inet6) {
        rcv4 = (int) address.lo();
      } else {
        rcvHi = address.hi();
        rcvLo = address.lo();
        rcv4 = address.isV4Mapped() ? (int) address.lo() : address.isAny() ? 0 : PLACEHOLDER4;
        v6only |= !address.isAny() && !address.isV4Mapped();
      }
      if (!getPort(port.number())) {
        v6only = savedV6only;
        clearAddress();
        throw refuse(Errno.EADDRINUSE, "bind", "%s port %s".formatted(address, port));
      }
      addrLocked |= !address.isAny();
      portLocked |= port.number() != 0;
      peer4 = 0;
      peerPort = 0;
      SockImage.write(this);
    }
  }

  /// Takes a port, 0 for any, and what follows from it; false when it cannot be had.
  abstract boolean getPort(int port);

  /// Makes a TCP socket listen; one that has no port gets one.
  ///
  /// @throws ErrnoException EOPNOTSUPP for UDP; EINVAL when it is connected; EADDRINUSE when
  ///   another socket listens there by now
  public abstract void listen();

  /// Connects to a peer. A UDP socket from then on takes only the peer's packets; a TCP socket is
  /// established at once, as after a handshake.
  ///
  /// @throws ErrnoException EISCONN; EAFNOSUPPORT; ENETUNREACH when there is no way to the peer, or
  ///   it is an IPv4 address and IPV6_V6ONLY is set; EADDRNOTAVAIL when the connection exists
  public final void connect(IpAddr peer, Port port) {
    synchronized (space.slots) {
      checkInet("connect");
      if (!inet6 && peer.family() == Family.INET6) {
        throw refuse(Errno.EAFNOSUPPORT, "connect", peer + " is no address of AF_INET");
      }
      IpAddr to = peer;
      if (peer.isAny()) {
        boolean v4 = peer.family() == Family.INET || boundToMapped();
        to = v4 ? IpAddr.v4(0x7f000001) : IpAddr.v6(0, 1);
      }
      connectTo(to.isV4Mapped() ? IpAddr.v4((int) to.lo()) : to, port.number());
      SockImage.write(this);
    }
  }

  /// @param peer never a wildcard, never in mapped form
  abstract void connectTo(IpAddr peer, int port);

  /// Ends the connection, or the listening: connect() with AF_UNSPEC.
  public final void disconnect() {
    synchronized (space.slots) {
      checkOpen("disconnect");
      unconnect();
      SockImage.write(this);
    }
  }

  abstract void unconnect();

  /// shutdown(2) in both directions: a listener ends listening; for connected sockets nothing that
  /// a lookup sees changes.
  ///
  /// @throws ErrnoException ENOTCONN when it neither listens nor is connected
  public final void shutdown() {
    synchronized (space.slots) {
      checkOpen("shutdown");
      if (state == SockState.CLOSE) {
        throw refuse(Errno.ENOTCONN, "shutdown", "the socket is not connected");
      }
      if (state == SockState.LISTEN) {
        unconnect();
        SockImage.write(this);
      }
    }
  }

  /// Closes the socket for good: it leaves all tables, groups and maps. Closing again does nothing.
  public final void close() {
    synchronized (space.slots) {
      if (closed) {
        return;
      }
      unhash();
      leaveGroup();
      state = SockState.CLOSE;
      closed = true;
      space.closed(this);
      SockImage.write(this);
    }
    places.leaveAll();
  }

  /// Leaves tables and group, and gives the port back.
  abstract void unhash();

  /// Whether packets can find it in some table.
  abstract boolean hashed();

  /// Whether lookups find it without taking a reference (SOCK_RCU_FREE): UDP sockets, and TCP
  /// sockets from their first listen() on.
  abstract boolean freedByRcu();

  /// The maps that refer to it.
  public final SockPlaces places() {
    return places;
  }

  /// Gives its reuseport group the program that picks members: SO_ATTACH_REUSEPORT_EBPF. A socket
  /// without a port starts a group of its own by it.
  ///
  /// @throws ErrnoException EINVAL for a program that is neither sk_reuseport nor socket_filter,
  ///   and for a socket without SO_REUSEPORT or, when it has a port, without a group; ENOTSUPP for
  ///   a sk_reuseport program on an AF_UNIX socket
  public final void attachReuseport(RunnableProgram program) {
    GroupProgram of = GroupProgram.of(program);
    if (of == null) {
      throw refuse(
          Errno.EINVAL,
          ReuseportGroup.ATTACH,
          "prog '%s' is neither sk_reuseport nor socket_filter"
              .formatted(program.program().name()));
    }
    ReuseportGroup.attach(this, of);
  }

  /// Gives its reuseport group a classic filter: SO_ATTACH_REUSEPORT_CBPF.
  ///
  /// @throws ErrnoException EINVAL as [#attachReuseport(RunnableProgram)]
  public final void attachReuseport(ClassicFilter filter) {
    ReuseportGroup.attach(this, new GroupProgram.Classic(filter));
  }

  /// Takes its group's program away: SO_DETACH_REUSEPORT_BPF.
  ///
  /// @throws ErrnoException ENOENT when there is none; EINVAL for a socket with neither group nor
  ///   SO_REUSEPORT
  public final void detachReuseport() {
    ReuseportGroup.detach(this);
  }

  final void takePort(int port) {
    num = port;
    shownPort = port;
  }

  final void clearAddress() {
    rcv4 = 0;
    if (inet6) {
      rcvHi = 0;
      rcvLo = 0;
    }
  }

  /// Leaves the group, and with it a REUSEPORT_SOCKARRAY (reuseport_detach_sock).
  final void leaveGroup() {
    ReuseportGroup in = group;
    if (in != null) {
      places.leaveArray();
      in.remove(this);
    }
  }

  /// inet_rcv_saddr_any.
  final boolean boundToAny() {
    return inet6 ? boundToAny6() : rcv4 == 0;
  }

  final boolean boundToMapped() {
    return inet6 && rcvHi == 0 && rcvLo >>> 32 == 0xffff;
  }

  final boolean boundToAny6() {
    return inet6 && (rcvHi | rcvLo) == 0;
  }

  /// Whether the IPv6 address leaves the choice of a local address to connect(): `::` or
  /// `::ffff:0.0.0.0`.
  final boolean openTo4() {
    return boundToAny6() || (boundToMapped() && (int) rcvLo == 0);
  }

  static long mapped(int v4) {
    return 0xffff_0000_0000L | Integer.toUnsignedLong(v4);
  }

  /// The bucket of the local address as it is now.
  final Key bucketKey() {
    boolean v4 = !inet6 || boundToMapped();
    return v4 ? Key.bucket(0, Integer.toUnsignedLong(rcv4), num) : Key.bucket(rcvHi, rcvLo, num);
  }

  /// Both ends as they are now.
  final Key connectionKey() {
    return !inet6 || boundToMapped()
        ? Key.connection4(rcv4, num, peer4, peerPort)
        : new Key(rcvHi, rcvLo, peerHi, peerLo, Key.ports(Family.INET6.number(), num, peerPort));
  }

  /// The source address towards a peer.
  final IpAddr source(IpAddr peer) {
    IpAddr source = space.routes.source(peer, boundDev);
    if (source == null) {
      throw refuse(Errno.ENETUNREACH, "connect", "there is no way to " + peer);
    }
    return source;
  }

  final void checkOpen(String call) {
    if (closed) {
      throw refuse(Errno.EBADF, call, "the socket is closed");
    }
  }

  /// AF_UNIX sockets cannot have IP addresses.
  private void checkInet(String call) {
    checkOpen(call);
    if (this instanceof UnixSock) {
      throw refuse(Errno.EINVAL, call, "an AF_UNIX socket has no IP address");
    }
  }

  final ErrnoException refuse(Errno errno, String call, String why) {
    return new ErrnoException(errno, this + " " + call, why);
  }

  /// `socket 'web' (tcp 0.0.0.0:80)`, or `socket 3 (udp [::]:53 -> [2001:db8::1]:4000)`.
  @Override
  public final String toString() {
    return SockText.of(this);
  }
}
