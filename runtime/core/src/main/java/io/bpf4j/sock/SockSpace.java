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

  /// Sockets with a port, in the order the kernel walks them: TCP as they got it, UDP newest first
  /// but AF_INET6 with SO_REUSEPORT at the back.
  private final Map<Integer, List<Sock>> tcpByPort = new HashMap<>();

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

  /// The sockets of a protocol that have a port, in the kernel's order.
  List<Sock> withPort(Protocol protocol, int port) {
    return byPort(protocol).getOrDefault(port, List.of());
  }

  void addPort(Sock sock) {
    List<Sock> list = byPort(sock.protocol()).computeIfAbsent(sock.num, _ -> new ArrayList<>());
    if (sock.tcp() || (sock.inet6() && sock.reusePort)) {
      list.addLast(sock);
    } else {
      list.addFirst(sock);
    }
  }

  void removePort(Sock sock, int port) {
    List<Sock> list = byPort(sock.protocol()).get(port);
    if (list != null) {
      list.remove(sock);
      if (list.isEmpty()) {
        byPort(sock.protocol()).remove(port);
      }
    }
  }

  private Map<Integer, List<Sock>> byPort(Protocol protocol) {
    return protocol == Protocol.TCP ? tcpByPort : udpByPort;
  }

  /// Makes the socket a member of the group of the first socket it matches, or of a group of its
  /// own (reuseport_add_sock, udp_reuseport_add_sock, inet_reuseport_add_sock). A matching socket
  /// that has no group starts one, as its first member.
  void joinGroup(Sock sock, Iterable<Sock> walk) {
    for (Sock other : walk) {
      if (other != sock
          && other.inet6() == sock.inet6()
          && other.v6only == sock.v6only
          && other.num == sock.num
          && other.boundDev == sock.boundDev
          && other.reusePort
          && other.uid() == sock.uid()
          && Ports.sameAddress(sock, other, false)) {
        ReuseportGroup group = other.group;
        if (group == null) {
          group = new ReuseportGroup();
          group.add(other);
        }
        group.add(sock);
        return;
      }
    }
    new ReuseportGroup().add(sock);
  }
}
