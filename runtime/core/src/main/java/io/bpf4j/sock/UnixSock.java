package io.bpf4j.sock;

import io.bpf4j.error.Errno;
import io.bpf4j.net.Family;
import io.bpf4j.net.IpAddr;
import io.bpf4j.net.Protocol;

/// An AF_UNIX socket. No packet finds it; but SOCKMAP and SOCKHASH take it, programs then find it
/// there, and `bpf_sk_assign` refuses it. It has neither addresses nor ports.
public final class UnixSock extends Sock {
  private static final int AF_UNIX = 1;

  private final Kind kind;

  /// What kind of AF_UNIX socket.
  public enum Kind {
    STREAM(1),
    DGRAM(2),
    SEQPACKET(5);

    private final int number;

    Kind(int number) {
      this.number = number;
    }

    /// The number in socket(2): SOCK_STREAM and so on.
    public int number() {
      return number;
    }
  }

  UnixSock(SockSpace space, int index, Kind kind, int uid) {
    super(space, index, Family.INET, uid);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }

  /// @throws UnsupportedOperationException always: it is neither TCP nor UDP
  @Override
  public Protocol protocol() {
    throw new UnsupportedOperationException(this + " has no transport protocol");
  }

  /// @throws UnsupportedOperationException always: it is neither AF_INET nor AF_INET6
  @Override
  public Family family() {
    throw new UnsupportedOperationException(this + " has no IP family");
  }

  @Override
  int familyNumber() {
    return AF_UNIX;
  }

  @Override
  int typeNumber() {
    return kind.number;
  }

  @Override
  int protocolNumber() {
    return 0;
  }

  /// Datagram sockets in any state, streams that are connected.
  @Override
  public boolean allowedInMaps() {
    return !closed()
        && switch (kind) {
          case DGRAM -> true;
          case STREAM -> connected();
          case SEQPACKET -> false;
        };
  }

  @Override
  boolean freedByRcu() {
    return false;
  }

  @Override
  boolean hashed() {
    return true;
  }

  /// Connects two sockets of a kind with one another, as socketpair(2) makes them.
  ///
  /// @throws io.bpf4j.error.ErrnoException EISCONN when one is connected or listens, EPROTOTYPE for
  ///   two kinds
  public void pair(UnixSock other) {
    synchronized (space.slots) {
      checkOpen("socketpair");
      other.checkOpen("socketpair");
      if (other.kind != kind) {
        throw refuse(Errno.EPROTOTYPE, "socketpair", other + " is of another kind");
      }
      if (state != SockState.CLOSE || other.state != SockState.CLOSE) {
        throw refuse(Errno.EISCONN, "socketpair", "a socket is in use");
      }
      state = SockState.ESTABLISHED;
      other.state = SockState.ESTABLISHED;
      SockImage.write(this);
      SockImage.write(other);
    }
  }

  @Override
  public void listen() {
    synchronized (space.slots) {
      checkOpen("listen");
      if (kind == Kind.DGRAM) {
        throw refuse(Errno.EOPNOTSUPP, "listen", "datagram sockets do not listen");
      }
      if (state == SockState.ESTABLISHED) {
        throw refuse(Errno.EINVAL, "listen", "the socket is connected");
      }
      state = SockState.LISTEN;
      SockImage.write(this);
    }
  }

  @Override
  boolean getPort(int port) {
    return false;
  }

  @Override
  void connectTo(IpAddr peer, int port) {
    throw new UnsupportedOperationException(this + " has no IP address");
  }

  @Override
  void unconnect() {
    state = SockState.CLOSE;
  }

  @Override
  void deviceChanged() {}

  @Override
  void unhash() {}
}
