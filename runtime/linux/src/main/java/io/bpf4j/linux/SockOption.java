package io.bpf4j.linux;

/// Socket options whose value is an int (asm-generic/socket.h, linux/in.h, linux/in6.h).
public enum SockOption {
  SO_REUSEADDR(1, 2),
  SO_ERROR(1, 4),
  SO_BROADCAST(1, 6),
  SO_PRIORITY(1, 12),
  SO_REUSEPORT(1, 15),
  SO_MARK(1, 36),
  SO_INCOMING_CPU(1, 49),
  /// The value is the descriptor of a SK_REUSEPORT or SOCKET_FILTER program.
  SO_ATTACH_REUSEPORT_EBPF(1, 52),
  /// The interface by its index; 0 for none.
  SO_BINDTOIFINDEX(1, 62),
  /// The value is not looked at.
  SO_DETACH_REUSEPORT_BPF(1, 68),
  /// 1: connect, disconnect and close send nothing and ask nobody; -1 ends that, and clears
  /// SO_REUSEADDR.
  TCP_REPAIR(6, 19),
  IP_FREEBIND(0, 15),
  IP_TRANSPARENT(0, 19),
  IPV6_V6ONLY(41, 26);

  private final int level;
  private final int number;

  SockOption(int level, int number) {
    this.level = level;
    this.number = number;
  }

  int level() {
    return level;
  }

  int number() {
    return number;
  }
}
