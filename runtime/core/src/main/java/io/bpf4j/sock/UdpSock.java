package io.bpf4j.sock;

import io.bpf4j.error.Errno;
import io.bpf4j.net.Family;
import io.bpf4j.net.IpAddr;
import io.bpf4j.net.Protocol;
import org.jspecify.annotations.Nullable;

/// A UDP socket (net/ipv4/udp.c, ipv4/datagram.c, ipv6/datagram.c). It is found by packets from the
/// moment it has a port, and joins a reuseport group then.
///
/// When its address changes it moves to the front of another bucket, and leaves its group
/// (udp_lib_rehash). The first connect() takes it out of its group, too (udp_lib_hash4); later ones
/// do not.
public final class UdpSock extends Sock {
  private volatile @Nullable Key bucket;

  /// The place in the table of connected sockets: that of the first connect(), until a rehash
  /// computes it anew. connect() to another peer does not.
  private @Nullable Key connKey;

  UdpSock(SockSpace space, int index, Family family, int uid) {
    super(space, index, family, uid);
  }

  @Override
  public Protocol protocol() {
    return Protocol.UDP;
  }

  @Override
  public boolean allowedInMaps() {
    return bucket != null;
  }

  @Override
  boolean freedByRcu() {
    return true;
  }

  @Override
  boolean hashed() {
    return bucket != null;
  }

  @Override
  void deviceChanged() {
    rehash();
  }

  @Override
  boolean getPort(int port) {
    int chosen = port;
    if (port == 0) {
      chosen = space.ports.choose(p -> !Ports.udpConflict(this, space.udpPort(p)));
    } else if (Ports.udpConflict(this, space.udpPort(port))) {
      chosen = 0;
    }
    if (chosen == 0) {
      return false;
    }
    takePort(chosen);
    if (reusePort) {
      space.joinGroup(this, space.udpPort(chosen));
    }
    space.addUdpPort(this);
    SockImage.write(this);
    Key key = bucketKey();
    bucket = key;
    space.udpSockets().add(this, key);
    return true;
  }

  /// A datagram was delivered to it on a CPU. A socket with a peer, even with the peer's address
  /// that an IPv6 socket keeps when it disconnects, from then on prefers that CPU, as if
  /// SO_INCOMING_CPU had been set (net/ipv4/udp.c __udp_queue_rcv_skb and its IPv6 twin,
  /// sk_incoming_cpu_update); but its group does not count it among those that prefer one. Lookups
  /// alone change nothing.
  ///
  /// @param packet the family of the datagram
  public void received(Family packet, int cpu) {
    synchronized (space.slots) {
      boolean peer = packet == Family.INET ? peer4 != 0 : (peerHi | peerLo) != 0;
      if (peer && !closed()) {
        incomingCpu = cpu;
      }
    }
  }

  /// Whether it stands among connected sockets at a place that is not that of its ends, where
  /// lookups do not see it. In the kernel both places may happen to fall into one bucket of a hash
  /// table that is keyed anew for each namespace; then it is seen.
  public boolean misplaced() {
    synchronized (space.slots) {
      return connected() && connKey != null && !connKey.equals(connectionKey());
    }
  }

  @Override
  public void listen() {
    throw refuse(Errno.EOPNOTSUPP, "listen", "UDP sockets do not listen");
  }

  @Override
  void connectTo(IpAddr peer, int port) {
    if (num == 0 && !getPort(0)) {
      throw refuse(Errno.EAGAIN, "connect", "all ephemeral ports are used");
    }
    if (peer.family() == Family.INET) {
      if (inet6() && v6only) {
        throw refuse(Errno.ENETUNREACH, "connect", "IPV6_V6ONLY is set");
      }
      connect4(peer, port);
    } else {
      connect6(peer, port);
    }
    if (connKey == null && bucket != null && rcv4 != 0) {
      connKey = connectionKey();
      space.udpConnected().add(this, connKey);
      leaveGroup();
    }
  }

  private void connect4(IpAddr peer, int port) {
    if (rcv4 == 0) {
      rcv4 = (int) source(peer).lo();
      rehash();
    }
    peer4 = (int) peer.lo();
    peerPort = port;
    markGroup();
    state = SockState.ESTABLISHED;
    if (inet6()) {
      peerHi = 0;
      peerLo = mapped(peer4);
      if (openTo4()) {
        rcvHi = 0;
        rcvLo = mapped(rcv4);
        rehash();
      }
    }
  }

  private void connect6(IpAddr peer, int port) {
    if (boundToMapped()) {
      throw refuse(Errno.EAFNOSUPPORT, "connect", "the socket is bound to " + address());
    }
    IpAddr source = boundToAny6() ? source(peer) : null;
    peerHi = peer.hi();
    peerLo = peer.lo();
    peerPort = port;
    if (source != null) {
      rcvHi = source.hi();
      rcvLo = source.lo();
      rcv4 = PLACEHOLDER4;
      rehash();
    }
    markGroup();
    state = SockState.ESTABLISHED;
  }

  private void markGroup() {
    ReuseportGroup in = group();
    if (in != null) {
      in.markConnected();
    }
  }

  /// Moves to where the socket belongs now: out of its group always; to the front of its bucket and
  /// of its place among connected sockets when these changed.
  private void rehash() {
    Key old = bucket;
    if (old == null) {
      return;
    }
    leaveGroup();
    Key now = bucketKey();
    if (!now.equals(old)) {
      space.udpSockets().remove(this, old);
      space.udpSockets().addFirst(this, now);
      bucket = now;
    }
    Key stale = connKey;
    Key ends = connectionKey();
    if (stale != null && !ends.equals(stale)) {
      space.udpConnected().remove(this, stale);
      space.udpConnected().add(this, ends);
      connKey = ends;
    }
  }

  /// __udp_disconnect: the interface goes too; the address if the user did not name it, and the
  /// port. The IPv6 address of the peer stays (spec: an IPv6 socket goes on to refuse others).
  @Override
  void unconnect() {
    state = SockState.CLOSE;
    peer4 = 0;
    peerPort = 0;
    boundDev = 0;
    if (!addrLocked) {
      clearAddress();
      if (portLocked) {
        rehash();
      }
    }
    if (!portLocked) {
      unhash();
      num = 0;
    }
  }

  @Override
  void unhash() {
    Key found = bucket;
    if (found == null) {
      return;
    }
    space.udpSockets().remove(this, found);
    bucket = null;
    Key connected = connKey;
    if (connected != null) {
      space.udpConnected().remove(this, connected);
      connKey = null;
    }
    space.removePort(this);
    leaveGroup();
  }
}
