package io.bpf4j.sock;

import io.bpf4j.error.Errno;
import io.bpf4j.net.Family;
import io.bpf4j.net.IpAddr;
import io.bpf4j.net.Protocol;
import io.bpf4j.net.Tuple;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A TCP socket (net/ipv4/tcp.c, inet_connection_sock.c, inet_hashtables.c). It has a port from
/// bind() on, joins a reuseport group when it listens, and leaves it when it stops.
public final class TcpSock extends Sock {
  private @Nullable Key listenKey;
  private @Nullable Key connKey;
  private boolean listened;

  TcpSock(SockSpace space, int index, Family family, int uid) {
    super(space, index, family, uid);
  }

  @Override
  public Protocol protocol() {
    return Protocol.TCP;
  }

  @Override
  public boolean allowedInMaps() {
    return state != SockState.CLOSE && !closed();
  }

  @Override
  void deviceChanged() {}

  @Override
  boolean getPort(int port) {
    int chosen = port == 0 ? space.ports.choose(p -> space.tcpPort(p).free(this)) : port;
    BindBucket bucket = space.tcpPort(chosen);
    if (chosen == 0 || (port != 0 && !bucket.admits(this))) {
      return false;
    }
    bucket.admit(this);
    if (num == 0) {
      takePort(chosen);
      space.keep(chosen, bucket);
    }
    return true;
  }

  @Override
  public void listen() {
    synchronized (space.slots) {
      checkOpen("listen");
      if (state == SockState.LISTEN) {
        return;
      }
      if (state != SockState.CLOSE) {
        throw refuse(Errno.EINVAL, "listen", "the socket is connected");
      }
      // The port is asked for once more, now as a listener: who shared it may listen by now.
      state = SockState.LISTEN;
      if (!getPort(num)) {
        state = SockState.CLOSE;
        throw refuse(Errno.EADDRINUSE, "listen", "%s port %s".formatted(address(), port()));
      }
      Key key = bucketKey();
      if (reusePort) {
        space.joinGroup(this, List.of(space.tcpListeners().bucket(key)));
      }
      SockImage.write(this);
      listenKey = key;
      space.tcpListeners().add(this, key);
      listened = true;
    }
  }

  @Override
  void connectTo(IpAddr peer, int port) {
    if (state != SockState.CLOSE) {
      throw refuse(Errno.EISCONN, "connect", "the socket is in use");
    }
    if (peer.family() == Family.INET) {
      if (inet6() && v6only) {
        throw refuse(Errno.ENETUNREACH, "connect", "IPV6_V6ONLY is set");
      }
      if (rcv4 == 0) {
        rcv4 = (int) source(peer).lo();
      }
      peer4 = (int) peer.lo();
      showMapped(!inet6() || openTo4());
    } else {
      if (boundToMapped()) {
        throw refuse(Errno.EAFNOSUPPORT, "connect", "the socket is bound to " + address());
      }
      if (boundToAny6()) {
        IpAddr source = source(peer);
        rcvHi = source.hi();
        rcvLo = source.lo();
        rcv4 = PLACEHOLDER4;
      }
      peerHi = peer.hi();
      peerLo = peer.lo();
    }
    peerPort = port;
    if (num == 0) {
      autobind();
    }
    Key key = connectionKey();
    if (space.tcpConnections().taken(key, boundDev)) {
      throw failed("the connection exists");
    }
    enter(key);
  }

  /// A port for which the connection does not exist yet; other sockets may have it.
  private void autobind() {
    int chosen =
        space.ports.choose(p -> {
          num = p;
          return !space.tcpConnections().taken(connectionKey(), boundDev)
              && space.tcpPort(p).socks().stream().noneMatch(s -> s.listening() || s.portLocked);
        });
    num = 0;
    if (chosen == 0) {
      throw failed("all ephemeral ports are used");
    }
    takePort(chosen);
    enterPort();
  }

  private void enterPort() {
    BindBucket bucket = space.tcpPort(num);
    bucket.join(this);
    space.keep(num, bucket);
  }

  private io.bpf4j.error.ErrnoException failed(String why) {
    peerPort = 0;
    if (!addrLocked) {
      clearAddress();
    }
    return refuse(Errno.EADDRNOTAVAIL, "connect", why);
  }

  private void enter(Key key) {
    state = SockState.ESTABLISHED;
    SockImage.write(this);
    connKey = key;
    space.tcpConnections().add(this, key);
  }

  /// The socket of a connection that a handshake with this listener makes: its local end is the
  /// packet's destination, whatever the listener is bound to; it has the listener's interface.
  ///
  /// @param syn the packet that opened it
  /// @throws io.bpf4j.error.ErrnoException EINVAL when this socket does not listen, EAFNOSUPPORT
  ///   for a packet it cannot take, EADDRNOTAVAIL when the connection exists
  public TcpSock accept(Tuple syn) {
    synchronized (space.slots) {
      checkOpen("accept");
      if (state != SockState.LISTEN) {
        throw refuse(Errno.EINVAL, "accept", "the socket does not listen");
      }
      boolean v4 = syn.family() == Family.INET;
      if (v4 ? v6only : !inet6()) {
        throw refuse(Errno.EAFNOSUPPORT, "accept", "the packet is " + syn);
      }
      TcpSock child = (TcpSock) space.open(Protocol.TCP, family(), uid());
      child.boundDev = boundDev;
      child.mark = mark;
      child.priority = priority;
      child.reuseAddr = reuseAddr;
      child.reusePort = reusePort;
      child.v6only = v6only;
      child.setEnds(syn, v4);
      Key key = child.connectionKey();
      if (space.tcpConnections().taken(key, child.boundDev)) {
        child.close();
        throw refuse(Errno.EADDRNOTAVAIL, "accept", "the connection exists");
      }
      child.enterPort();
      child.enter(key);
      return child;
    }
  }

  private void setEnds(Tuple syn, boolean v4) {
    if (v4) {
      rcv4 = (int) syn.dst().lo();
      peer4 = (int) syn.src().lo();
      showMapped(true);
    } else {
      rcv4 = PLACEHOLDER4;
      rcvHi = syn.dst().hi();
      rcvLo = syn.dst().lo();
      peerHi = syn.src().hi();
      peerLo = syn.src().lo();
    }
    peerPort = syn.sport().number();
    takePort(syn.dport().number());
  }

  /// A connection over IPv4 shows its ends in mapped form too, also of an AF_INET socket
  /// (include/net/inet_sock.h sk_rcv_saddr_set, sk_daddr_set).
  private void showMapped(boolean local) {
    if (local) {
      rcvHi = 0;
      rcvLo = mapped(rcv4);
    }
    peerHi = 0;
    peerLo = mapped(peer4);
  }

  /// tcp_disconnect: the address goes if the user did not name it, and so does the port.
  @Override
  void unconnect() {
    leaveTables();
    state = SockState.CLOSE;
    if (!addrLocked) {
      clearAddress();
    }
    peerPort = 0;
    if (!portLocked && num != 0) {
      space.removePort(this);
      num = 0;
    }
  }

  private void leaveTables() {
    Key listened = listenKey;
    if (listened != null) {
      space.tcpListeners().remove(this, listened);
      listenKey = null;
      leaveGroup();
    }
    Key connected = connKey;
    if (connected != null) {
      space.tcpConnections().remove(this, connected);
      connKey = null;
    }
  }

  @Override
  boolean freedByRcu() {
    return listened;
  }

  @Override
  boolean hashed() {
    return listenKey != null || connKey != null;
  }

  @Override
  void unhash() {
    leaveTables();
    if (num != 0) {
      space.removePort(this);
    }
  }
}
