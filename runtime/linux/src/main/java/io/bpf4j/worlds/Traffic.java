package io.bpf4j.worlds;

import io.bpf4j.error.Errno;
import io.bpf4j.error.ErrnoException;
import io.bpf4j.linux.KernelNetns;
import io.bpf4j.linux.KernelSocket;
import io.bpf4j.linux.SockName;
import io.bpf4j.linux.SockOption;
import io.bpf4j.net.IpAddr;
import io.bpf4j.net.Port;
import io.bpf4j.net.Protocol;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Real packets in a live namespace, from the host to itself.
final class Traffic {
  private static final byte[] PAYLOAD = {1};

  /// How long a connection may take that nobody refuses.
  private static final Duration HANDSHAKE = Duration.ofMillis(300);

  /// How long sockets are asked for a datagram before it counts as lost: a busy machine may hand it
  /// over late.
  private static final Duration LATE = Duration.ofMillis(100);

  private static final int ROUTE_ROUNDS = 3000;

  private final KernelNetns ns;
  private final Map<String, KernelSocket> socks;

  /// @param socks who may receive, by name
  Traffic(KernelNetns ns, Map<String, KernelSocket> socks) {
    this.ns = ns;
    this.socks = socks;
  }

  /// Waits until packets to an address of the host arrive: of IPv6 addresses the kernel makes the
  /// routes in the background, in the order they were added.
  static void awaitRoute(KernelNetns ns, IpAddr address) {
    try (KernelSocket socket = ns.socket(address.family(), Protocol.UDP)) {
      socket.waitAtMost(Duration.ofMillis(1));
      socket.bind(new SockName(address, new Port(0)));
      for (int round = 0; round < ROUTE_ROUNDS; round++) {
        Errno failed =
            LiveSide.errno(() -> {
              socket.sendTo(socket.local(), PAYLOAD);
              socket.receive();
            });
        if (failed == null) {
          return;
        }
      }
      throw new IllegalStateException("nothing sent to " + address + " arrives");
    }
  }

  /// Whose listener accepts a connection; `none` when it is refused, `timeout` when nothing comes
  /// of it. Both ends go away silently.
  Answer shake(Step.Shake shake) {
    try (KernelSocket client = ns.socket(shake.src().address().family(), Protocol.TCP)) {
      client.set(SockOption.SO_REUSEADDR, 1);
      client.bind(shake.src());
      client.waitAtMost(HANDSHAKE);
      Errno failed = LiveSide.errno(() -> client.connect(shake.dst()));
      if (failed != null) {
        return failed == Errno.ECONNREFUSED ? Answer.NONE : new Answer("timeout");
      }
      String answer = "stranger";
      for (Map.Entry<String, KernelSocket> sock : socks.entrySet()) {
        String local =
            sock.getValue().protocol() == Protocol.TCP ? accepted(sock.getValue()) : null;
        if (local != null) {
          answer = sock.getKey() + (shake.tell() ? " " + local : "");
        }
      }
      client.set(SockOption.TCP_REPAIR, 1);
      return new Answer(answer);
    }
  }

  /// The name of the socket that a listener hands out, or null when none waits.
  private static @Nullable String accepted(KernelSocket listener) {
    try (KernelSocket child = listener.accept()) {
      child.set(SockOption.TCP_REPAIR, 1);
      return child.local().toString();
    } catch (ErrnoException e) {
      return null;
    }
  }

  /// Who receives a datagram; `none` when it is refused.
  Answer send(Step.Send send) {
    SockName src = send.src();
    try (KernelSocket sender = ns.socket(src.address().family(), Protocol.UDP)) {
      sender.set(SockOption.SO_REUSEADDR, 1);
      sender.bind(src);
      if (send.unconnected()) {
        sender.set(SockOption.SO_BROADCAST, 1);
        sender.sendTo(send.dst(), PAYLOAD);
      } else {
        sender.connect(send.dst());
        sender.send(PAYLOAD);
      }
      long late = System.nanoTime() + LATE.toNanos();
      do {
        for (Map.Entry<String, KernelSocket> sock : socks.entrySet()) {
          if (sock.getValue().protocol() == Protocol.UDP
              && LiveSide.errno(() -> sock.getValue().receiveNow()) == null) {
            return new Answer(sock.getKey());
          }
        }
        if (!send.unconnected() && LiveSide.errno(sender::receiveNow) == Errno.ECONNREFUSED) {
          return Answer.NONE;
        }
      } while (System.nanoTime() < late);
      return send.unconnected() ? Answer.NONE : new Answer("lost");
    }
  }
}
