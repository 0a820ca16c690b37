package io.bpf4j.linux;

import io.bpf4j.Engines;
import io.bpf4j.error.Errno;
import io.bpf4j.error.ErrnoException;
import io.bpf4j.lookup.LookupResult;
import io.bpf4j.net.Family;
import io.bpf4j.net.IpAddr;
import io.bpf4j.net.Port;
import io.bpf4j.net.Prefix;
import io.bpf4j.net.Protocol;
import io.bpf4j.net.Tuple;
import io.bpf4j.netns.Device;
import io.bpf4j.netns.Netns;
import io.bpf4j.netns.World;
import io.bpf4j.sock.Sock;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// One namespace of the kernel and one of a world, kept alike: every call is made on both, and its
/// errors are compared. Both have `lo` with fd00::1 and fd00::2, and `left` with 192.0.2.1.
final class TwinNet implements AutoCloseable {
  static final byte[] PAYLOAD = {1};

  /// The shortest wait that is one: a tick of the clock.
  private static final Duration TICK = Duration.ofNanos(1000);

  /// How often sockets are asked for a datagram before it counts as refused.
  private static final int LATE_ROUNDS = 3;

  private static final int ROUTE_ROUNDS = 1000;
  private static final Duration HANDSHAKE = Duration.ofMillis(300);

  final World world = World.of(Engines.named("interp"), 1, 1);
  final Netns ns = world.createNetns("ns");
  final KernelNetns live = KernelNetns.open();
  private final List<Twin> twins = new ArrayList<>();
  private final Map<SockName, KernelSocket> senders = new HashMap<>();

  /// What was done, for messages.
  final List<String> story = new ArrayList<>();

  /// A socket on both sides.
  record Twin(Sock ours, KernelSocket theirs) {}

  /// The call on one side.
  interface Call {
    void run() throws ErrnoException;
  }

  /// Gives `lo` an IPv6 address and waits until packets to it arrive: the kernel makes its route in
  /// the background.
  static void addAddress6(KernelNetns live, String address) {
    live.addAddress("lo", IpAddr.parse(address), Prefix.width(Family.INET6));
    try (KernelSocket socket = live.socket(Family.INET6, Protocol.UDP)) {
      socket.waitAtMost(HANDSHAKE);
      socket.bind(SockName.of(address, 0));
      Errno failed = Errno.EAGAIN;
      for (int i = 0; i < ROUTE_ROUNDS && failed != null; i++) {
        failed =
            errno(() -> {
              socket.sendTo(socket.local(), PAYLOAD);
              socket.receive();
            });
      }
      if (failed != null) {
        throw new IllegalStateException("nothing sent to " + address + " arrives: " + failed);
      }
    }
  }

  TwinNet() {
    addAddress6(live, "fd00::1");
    addAddress6(live, "fd00::2");
    live.addVethPair("left", "right");
    live.addAddress("left", IpAddr.parse("192.0.2.1"), 24);
    Device left = ns.addDevice("left", live.interfaceIndex("left"));
    ns.addLocal(left, Prefix.parse("192.0.2.1"));
    ns.addLocal(ns.devices().getFirst(), Prefix.parse("fd00::1"));
    ns.addLocal(ns.devices().getFirst(), Prefix.parse("fd00::2"));
  }

  List<Twin> twins() {
    return List.copyOf(twins);
  }

  private static @Nullable Errno errno(Call call) {
    try {
      call.run();
      return null;
    } catch (ErrnoException e) {
      return e.errno();
    }
  }

  /// Makes a call on both sides; whether both succeeded.
  ///
  /// @throws AssertionError when only one did, or their errors differ
  boolean both(String what, Call ours, Call theirs) {
    Errno mine = errno(ours);
    Errno kernels = errno(theirs);
    story.add(what + (kernels == null ? "" : ": " + kernels));
    if (!Objects.equals(mine, kernels)) {
      throw new AssertionError("ours " + mine + ", the kernel's " + kernels + story());
    }
    return mine == null;
  }

  String story() {
    return "\n  " + String.join("\n  ", story);
  }

  Twin open(Protocol protocol, Family family) {
    Twin twin = new Twin(ns.open(protocol, family), live.socket(family, protocol));
    twin.ours().named("s" + twin.ours().index());
    twin.theirs().waitAtMost(TICK);
    twins.add(twin);
    story.add("open %s %s %s".formatted(twin.ours().name(), protocol, family));
    return twin;
  }

  void set(Twin twin, io.bpf4j.sock.SockOption ours, SockOption theirs, int value) {
    both(
        "%s %s=%d".formatted(twin.ours().name(), theirs, value),
        () -> twin.ours().setsockopt(ours, value),
        () -> twin.theirs().set(theirs, value));
  }

  void device(Twin twin, String device) {
    int index =
        ns.devices().stream()
            .filter(d -> d.name().equals(device))
            .mapToInt(Device::ifindex)
            .findFirst()
            .orElse(0);
    both(
        "%s device '%s'".formatted(twin.ours().name(), device),
        () -> twin.ours().setsockopt(io.bpf4j.sock.SockOption.SO_BINDTOIFINDEX, index),
        () -> twin.theirs().bindToDevice(device));
  }

  boolean bind(Twin twin, IpAddr address, int port) {
    return both(
        "%s bind %s port %d".formatted(twin.ours().name(), address, port),
        () -> twin.ours().bind(address, new Port(port)),
        () -> twin.theirs().bind(new SockName(address, new Port(port))));
  }

  boolean listen(Twin twin) {
    return both(twin.ours().name() + " listen", twin.ours()::listen, () -> twin.theirs().listen(8));
  }

  boolean connect(Twin twin, IpAddr address, int port) {
    return both(
        "%s connect %s port %d".formatted(twin.ours().name(), address, port),
        () -> twin.ours().connect(address, new Port(port)),
        () -> twin.theirs().connect(new SockName(address, new Port(port))));
  }

  /// connect() with AF_UNSPEC.
  void disconnect(Twin twin) {
    both(
        twin.ours().name() + " disconnect",
        twin.ours()::disconnect,
        () -> {
          try (Arena arena = Arena.ofConfined()) {
            MemorySegment unspec = arena.allocate(16, 8);
            Syscall.CONNECT.check(
                Syscall.CONNECT.call(twin.theirs().fd(), unspec.address(), 16), "AF_UNSPEC");
          }
        });
  }

  void close(Twin twin) {
    twin.ours().close();
    twin.theirs().close();
    twins.remove(twin);
    story.add("close " + twin.ours().name());
  }

  /// The socket that our lookup finds for a packet of the host itself, or null.
  @Nullable Sock ours(Protocol protocol, SockName from, SockName to) {
    Device iif = Objects.requireNonNull(ns.owner(to.address()));
    Tuple tuple =
        new Tuple(protocol, from.address(), from.port(), to.address(), to.port(), iif.ifindex());
    return switch (ns.lookup(tuple)) {
      case LookupResult.Established(Sock sock) -> sock;
      case LookupResult.Listener(Sock sock) -> sock;
      case LookupResult.Steered(Sock sock, var _) -> sock;
      case LookupResult.DroppedBy(var _),
          LookupResult.DroppedByGroup(var _, var _),
          LookupResult.NoSocket() ->
          null;
    };
  }

  /// The socket that gets a datagram from the kernel, or null.
  @Nullable Sock datagram(SockName from, SockName to) {
    KernelSocket sender =
        senders.computeIfAbsent(
            from,
            name ->
                live.socket(name.address().family(), Protocol.UDP)
                    .set(SockOption.SO_REUSEADDR, 1)
                    .bind(name));
    // A busy machine may hand a datagram over late: once is not enough to say that nobody takes it.
    for (int round = 0; round < LATE_ROUNDS; round++) {
      sender.sendTo(to, PAYLOAD);
      for (Twin twin : twins) {
        if (twin.ours().protocol() == Protocol.UDP
            && errno(() -> twin.theirs().receive()) == null) {
          drain(twin);
          return twin.ours();
        }
      }
    }
    return null;
  }

  private static void drain(Twin twin) {
    Errno end = null;
    while (end == null) {
      end = errno(() -> twin.theirs().receive());
    }
  }

  /// What a connection attempt came to.
  ///
  /// @param answered whether it was accepted or refused; not when it waited in vain
  /// @param sock whose listener accepted it, or null
  record Attempt(boolean answered, @Nullable Sock sock) {}

  @SuppressWarnings("try") // the client is closed early, so that its end is seen before the child's
  Attempt connection(IpAddr from, SockName to) {
    @Nullable KernelSocket[] child = new @Nullable KernelSocket[1];
    // The client closes first: what waits for the end of time then is its port, not ours.
    Attempt attempt = attempt(from, to, child);
    KernelSocket accepted = child[0];
    if (accepted != null) {
      accepted.close();
    }
    return attempt;
  }

  private Attempt attempt(IpAddr from, SockName to, @Nullable KernelSocket[] child) {
    try (KernelSocket client = live.socket(from.family(), Protocol.TCP)) {
      client.bind(new SockName(from, new Port(0)));
      client.waitAtMost(HANDSHAKE);
      Errno failed = errno(() -> client.connect(to));
      if (failed != null) {
        return new Attempt(failed == Errno.ECONNREFUSED, null);
      }
      for (Twin twin : twins) {
        if (twin.ours().listening() && errno(() -> child[0] = twin.theirs().accept()) == null) {
          return new Attempt(true, twin.ours());
        }
      }
      return new Attempt(false, null);
    }
  }

  @Override
  public void close() {
    twins.forEach(twin -> twin.theirs().close());
    senders.values().forEach(KernelSocket::close);
    live.close();
  }
}
