package io.bpf4j.sock;

import io.bpf4j.error.Errno;

/// setsockopt and getsockopt (net/core/sock.c sk_setsockopt, net/ipv6/ipv6_sockglue.c).
final class SockOptions {
  private SockOptions() {}

  static void set(Sock sock, SockOption option, int value) {
    String call = "setsockopt " + option;
    synchronized (sock.space.slots) {
      sock.checkOpen(call);
      switch (option) {
        case SO_REUSEADDR -> sock.reuseAddr = value != 0;
        case SO_REUSEPORT -> {
          if (value != 0 && sock instanceof UnixSock) {
            throw sock.refuse(Errno.EOPNOTSUPP, call, "it is an AF_UNIX socket");
          }
          sock.reusePort = value != 0;
        }
        case SO_MARK -> sock.mark = value;
        case SO_PRIORITY -> sock.priority = value;
        case SO_INCOMING_CPU -> {
          int before = sock.incomingCpu;
          sock.incomingCpu = value;
          ReuseportGroup in = sock.group;
          if (in != null) {
            in.cpuSet(before, value);
          }
        }
        case SO_BINDTOIFINDEX -> {
          if (value != 0 && !sock.space.routes.hasDevice(value)) {
            throw sock.refuse(Errno.ENODEV, call, "no interface has index " + value);
          }
          sock.boundDev = value;
          sock.deviceChanged();
        }
        case IPV6_V6ONLY -> {
          if (!sock.inet6()) {
            throw sock.refuse(Errno.ENOPROTOOPT, call, "it is no AF_INET6 socket");
          }
          if (sock.num != 0) {
            throw sock.refuse(Errno.EINVAL, call, "the socket has a port");
          }
          sock.v6only = value != 0;
        }
      }
      SockImage.write(sock);
    }
  }

  static int get(Sock sock, SockOption option) {
    return switch (option) {
      case SO_REUSEADDR -> sock.reuseAddr ? 1 : 0;
      case SO_REUSEPORT -> sock.reusePort ? 1 : 0;
      case SO_MARK -> sock.mark;
      case SO_PRIORITY -> sock.priority;
      case SO_INCOMING_CPU -> sock.incomingCpu;
      case SO_BINDTOIFINDEX -> sock.boundDev;
      case IPV6_V6ONLY -> sock.v6only ? 1 : 0;
    };
  }
}
