package io.bpf4j.sock;

import io.bpf4j.net.Family;
import io.bpf4j.net.Protocol;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The sockets of one network namespace: those that have a port, by protocol and port, and the
/// tables in which packets find them. The tables are read without a lock; who changes a socket
/// holds the lock of [SockSlots], which all namespaces of a world share.
public final class SockSpace {
  final SockSlots slots;
  final Routes routes;
  final Ports ports;

  private final Map<Integer, BindBucket> tcpByPort = new HashMap<>();

  /// UDP sockets with a port, in the order the kernel walks them: newest first, but AF_INET6 with
  /// SO_REUSEPORT at the back.
  private final Map<Integer, List<Sock>> udpByPort = new HashMap<>();

  private final ListenTable tcpListeners;
  private final ListenTable udpSockets;
  private final ConnTable tcpConnections = new ConnTable();
  private final ConnTable udpConnected = new ConnTable();
  private final List<Sock> open = new ArrayList<>();

  public SockSpace(SockSlots slots, Routes routes) {
    this.slots = slots;
    this.routes = routes;
    this.ports = new Ports(slots.hashKey());
    this.tcpListeners = new ListenTable(slots.hashKey());
    this.udpSockets = new ListenTable(slots.hashKey());
  }

  /// Opens a socket: socket(2) with SOCK_STREAM or SOCK_DGRAM.
  ///
  /// @param uid the user that owns it
  public Sock open(Protocol protocol, Family family, int uid) {
    synchronized (slots) {
      int index = slots.take();
      Sock sock =
          protocol == Protocol.TCP
              ? new TcpSock(this, index, family, uid)
              : new UdpSock(this, index, family, uid);
      SockImage.first(sock);
      slots.publish(sock);
      open.add(sock);
      return sock;
    }
  }

  /// Opens an AF_UNIX socket. It is not among [#sockets]: no packet finds it, and it outlives its
  /// namespace.
  public UnixSock openUnix(UnixSock.Kind kind, int uid) {
    synchronized (slots) {
      UnixSock sock = new UnixSock(this, slots.take(), kind, uid);
      SockImage.first(sock);
      slots.publish(sock);
      return sock;
    }
  }

  /// The sockets that are not closed, in the order they were opened.
  public List<Sock> sockets() {
    synchronized (slots) {
      return List.copyOf(open);
    }
  }

  public ListenTable tcpListeners() {
    return tcpListeners;
  }

  public ListenTable udpSockets() {
    return udpSockets;
  }

  public ConnTable tcpConnections() {
    return tcpConnections;
  }

  public ConnTable udpConnected() {
    return udpConnected;
  }

  void closed(Sock sock) {
    open.remove(sock);
  }

  /// The bucket of a TCP port; one without sockets is not kept.
  BindBucket tcpPort(int port) {
    BindBucket bucket = tcpByPort.get(port);
    return bucket == null ? new BindBucket() : bucket;
  }

  /// Keeps a bucket that got its first socket.
  void keep(int port, BindBucket bucket) {
    tcpByPort.put(port, bucket);
  }

  /// The UDP sockets that have a port, in the kernel's order.
  List<Sock> udpPort(int port) {
    return udpByPort.getOrDefault(port, List.of());
  }

  void addUdpPort(Sock sock) {
    List<Sock> list = udpByPort.computeIfAbsent(sock.num, _ -> new ArrayList<>());
    if (sock.inet6() && sock.reusePort) {
      list.addLast(sock);
    } else {
      list.addFirst(sock);
    }
  }

  /// Takes a socket's port away.
  void removePort(Sock sock) {
    int port = sock.num;
    if (sock.tcp()) {
      BindBucket bucket = tcpPort(port);
      bucket.leave(sock);
      if (bucket.socks().isEmpty()) {
        tcpByPort.remove(port);
      }
    } else {
      List<Sock> list = udpByPort.get(port);
      if (list != null) {
        list.remove(sock);
        if (list.isEmpty()) {
          udpByPort.remove(port);
        }
      }
    }
  }

  /// Makes the socket a member of the group of the first socket it matches, or of a group of its
  /// own (reuseport_add_sock, udp_reuseport_add_sock, inet_reuseport_add_sock). A matching socket
  /// that has no group starts one, as its first member. A group that the socket has already, since
  /// it was given a program before it had a port, is kept, or given up with its program for that of
  /// the other.
  void joinGroup(Sock sock, Iterable<Sock> walk) {
    for (Sock other : walk) {
      if (other != sock
          && other.inet6() == sock.inet6()
          && other.v6only == sock.v6only
          && other.num == sock.num
          && other.boundDev == sock.boundDev
          && other.reusePort
          && other.uid() == sock.uid()
          && LocalView.of(sock).same(LocalView.of(other), false, false)) {
        ReuseportGroup group = other.group;
        if (group == null) {
          group = ReuseportGroup.of(other, sock.boundToAny());
        }
        ReuseportGroup own = sock.group;
        if (own != null) {
          own.remove(sock);
        }
        group.add(sock);
        return;
      }
    }
    ReuseportGroup own = sock.group;
    if (own == null) {
      ReuseportGroup.of(sock, sock.boundToAny());
    } else if (sock.boundToAny()) {
      own.boundToAny();
    }
  }
}
