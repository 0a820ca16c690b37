package io.bpf4j.worlds;

import io.bpf4j.linux.SockName;
import io.bpf4j.net.Family;
import io.bpf4j.net.IpAddr;
import io.bpf4j.net.Port;
import io.bpf4j.net.Protocol;
import io.bpf4j.sock.Sock;
import io.bpf4j.sock.SockOption;
import io.bpf4j.sock.UdpSock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/// Makes up the next lines of a random script, given the simulated world as the lines before left
/// it. Sockets meet at two ports and a handful of addresses, so that they get in each other's way.
///
/// Left out, because the two sides cannot be alike there: ports that the host chooses, and
/// connecting sockets that are bound to an interface, whose source address is a matter of routing
/// tables.
final class WorldMaker {
  private static final int FIRST_PORT = 7001;
  private static final int PORTS = 2;
  private static final int FIRST_PEER = 7101;

  /// Sockets of a script; with more at one port the kernel looks for conflicts in another way
  /// (net/ipv4/udp.c udp_lib_get_port).
  private static final int MOST_SOCKETS = 9;

  private static final int MOST_LINKS = 5;

  /// Lookups that follow each other.
  static final int LOOKUPS = 16;

  private static final List<IpAddr> BINDS =
      addresses(
          "0.0.0.0",
          "0.0.0.0",
          "127.0.0.1",
          "127.0.0.2",
          "192.0.2.1",
          "::",
          "::",
          "fd00::1",
          "fd00::2",
          "::ffff:127.0.0.1",
          "::ffff:192.0.2.1",
          "::ffff:0.0.0.0");
  private static final List<IpAddr> HOSTS4 = addresses("127.0.0.1", "127.0.0.2", "192.0.2.1");
  private static final List<IpAddr> HOSTS6 = addresses("fd00::1", "fd00::2", "::1");
  private static final List<String> DEVICES = List.of("lo", Setting.LEFT);

  private final SplittableRandom random;
  private final SimSide sim;
  private final int cpu;
  private final List<Script.Line> lines = new ArrayList<>();
  private final List<String> open = new ArrayList<>();
  private final Set<String> far = new HashSet<>();
  private final List<String> links = new ArrayList<>();
  private int named;

  /// Whether the kernel may have found a socket by chance, before the hook, so that programs may
  /// have run less often than here.
  private boolean chance;

  /// The socket that was opened last, if nothing followed yet.
  private @Nullable String made;

  /// @param cpu the CPU that lookups run on
  WorldMaker(SplittableRandom random, SimSide sim, int cpu) {
    this.random = random;
    this.sim = sim;
    this.cpu = cpu;
  }

  private static List<IpAddr> addresses(String... texts) {
    return List.of(texts).stream().map(IpAddr::parse).toList();
  }

  private <T> T any(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }

  private boolean oneIn(int n) {
    return random.nextInt(n) == 0;
  }

  /// The next change of the world: a few lines.
  List<Script.Line> change() {
    lines.clear();
    String last = made;
    if (last != null) {
      made = null;
      follow(last);
    } else if (open.isEmpty() || (open.size() < MOST_SOCKETS && oneIn(3))) {
      make();
    } else {
      switch (random.nextInt(13)) {
        case 0, 1 -> close();
        case 2, 3, 4 -> put();
        case 5, 6, 7 -> behave();
        case 8, 9 -> link();
        default -> operate(any(open));
      }
    }
    return List.copyOf(lines);
  }

  private void add(Step step) {
    lines.add(Script.Line.of(step));
  }

  private int port() {
    return FIRST_PORT + random.nextInt(PORTS);
  }

  private void make() {
    IpAddr address = any(BINDS);
    Protocol protocol = any(List.of(Protocol.values()));
    String name = "s" + named++;
    boolean shared = oneIn(2);
    boolean elsewhere = oneIn(24);
    add(new Step.Open(name, protocol, address.family(), elsewhere, oneIn(16) ? 1 : 0));
    if (elsewhere) {
      far.add(name);
    }
    open.add(name);
    if (oneIn(2)) {
      add(new Step.Set(name, SockOption.SO_REUSEADDR, 1));
    }
    if (shared) {
      add(new Step.Set(name, SockOption.SO_REUSEPORT, 1));
    }
    if (address.family() == Family.INET6 && oneIn(4)) {
      add(new Step.Set(name, SockOption.IPV6_V6ONLY, 1));
    }
    if (oneIn(4)) {
      add(new Step.Device(name, elsewhere ? "lo" : any(DEVICES)));
    }
    if (oneIn(8)) {
      incomingCpu(name);
    }
    add(new Step.Bind(name, new SockName(address, new Port(port()))));
    made = name;
  }

  /// What follows the opening of a socket, when it got its port.
  private void follow(String name) {
    Sock sock = sim.sock(name);
    if (sock.protocol() == Protocol.TCP && sock.port().number() != 0 && !oneIn(8)) {
      add(new Step.Listen(name));
    }
    if (oneIn(2)) {
      add(new Step.Put(place(), name, 0));
    }
  }

  private void incomingCpu(String name) {
    add(new Step.Set(name, SockOption.SO_INCOMING_CPU, oneIn(2) ? cpu : cpu + 1));
  }

  private void close() {
    String name = any(open);
    open.remove(name);
    add(new Step.Close(name));
  }

  private Place place() {
    Place.In map = oneIn(8) ? Place.In.SOCKARRAY : oneIn(2) ? Place.In.SOCKMAP : Place.In.SOCKHASH;
    return new Place(map, random.nextInt(Step.MAP_SIZE));
  }

  private void put() {
    Place place = place();
    if (oneIn(4)) {
      add(new Step.Delete(place));
    } else {
      add(new Step.Put(place, any(open), oneIn(6) ? random.nextInt(4) : 0));
    }
    if (oneIn(8)) {
      add(new Step.At(place));
    }
  }

  private void behave() {
    List<Behaviour.Assign> assigns = new ArrayList<>();
    for (int i = random.nextInt(Behaviour.MAX_ASSIGNS); i > 0; i--) {
      Behaviour.Source source =
          oneIn(3) ? any(List.of(Behaviour.Source.values())) : Behaviour.Source.SOCKMAP;
      boolean keyed = source == Behaviour.Source.SOCKMAP || source == Behaviour.Source.SOCKHASH;
      int flags = oneIn(12) ? 4 : random.nextInt(4);
      assigns.add(new Behaviour.Assign(source, keyed ? random.nextInt(Step.MAP_SIZE) : 0, flags));
    }
    Behaviour.Condition condition =
        oneIn(3)
            ? switch (any(List.of(Behaviour.Field.values()))) {
              case DPORT -> new Behaviour.Condition(Behaviour.Field.DPORT, port());
              case FAMILY ->
                  new Behaviour.Condition(
                      Behaviour.Field.FAMILY, any(List.of(Family.values())).number());
              case IFINDEX -> new Behaviour.Condition(Behaviour.Field.IFINDEX, 1);
            }
            : null;
    add(
        new Step.Behave(
            random.nextInt(Step.FIRST_PICKER),
            new Behaviour(assigns, oneIn(4) ? 0 : 1, condition)));
  }

  private void link() {
    int slot = random.nextInt(Step.FIRST_PICKER);
    if (links.isEmpty() || (links.size() < MOST_LINKS && oneIn(2))) {
      String name = "l" + named++;
      links.add(name);
      add(new Step.Attach(name, slot));
    } else if (oneIn(2)) {
      // Also one that is detached already.
      add(new Step.Update(any(links), slot, oneIn(3) ? random.nextInt(Step.FIRST_PICKER) : -1));
    } else {
      String name = any(links);
      add(new Step.Detach(name));
      if (!oneIn(4)) {
        links.remove(name);
      }
    }
    if (oneIn(8)) {
      add(new Step.Query());
    }
  }

  private void operate(String name) {
    Sock sock = sim.sock(name);
    boolean tcp = sock.protocol() == Protocol.TCP;
    switch (random.nextInt(9)) {
      case 0 -> add(new Step.Device(name, oneIn(2) || far.contains(name) ? "-" : any(DEVICES)));
      case 1 -> add(new Step.Set(name, SockOption.SO_REUSEPORT, random.nextInt(2)));
      case 2 -> group(name);
      case 3, 4 -> disconnect(sock);
      case 5 -> {
        if (sock.listening()) {
          add(new Step.Shutdown(name));
        }
      }
      default -> {
        if (tcp && !oneIn(4)) {
          if (sock.port().number() != 0) {
            add(new Step.Listen(name));
          }
        } else {
          connect(sock);
        }
      }
    }
    if (oneIn(8)) {
      add(new Step.Local(name));
    }
  }

  private void group(String name) {
    int slot = Step.FIRST_PICKER + random.nextInt(Step.SLOTS - Step.FIRST_PICKER);
    switch (random.nextInt(4)) {
      case 0 -> incomingCpu(name);
      case 1 -> add(new Step.Unpick(name));
      default -> {
        add(new Step.Choose(slot, oneIn(4) ? null : place(), oneIn(4) ? 0 : 1));
        add(new Step.Picker(name, slot, oneIn(4)));
      }
    }
  }

  private void disconnect(Sock sock) {
    add(new Step.Disconnect(sock.name()));
  }

  private void connect(Sock sock) {
    if (sock.port().number() == 0
        || sock.getsockopt(SockOption.SO_BINDTOIFINDEX) != 0
        || far.contains(sock.name())) {
      return;
    }
    boolean six = sock.family() == Family.INET6;
    IpAddr address = any(six && oneIn(2) ? HOSTS6 : HOSTS4);
    if (six && address.family() == Family.INET) {
      address = IpAddr.v6(0, 0xffff_0000_0000L | address.lo());
    }
    add(new Step.Connect(sock.name(), new SockName(address, peerPort())));
  }

  private Port peerPort() {
    return new Port(FIRST_PEER + random.nextInt(2));
  }

  private static boolean misplaced(Sock sock) {
    return sock instanceof UdpSock udp && udp.misplaced();
  }

  /// Lookups of random packets, sometimes a datagram, and what they were to a program.
  List<Script.Line> lookups() {
    lines.clear();
    // Those of one interface follow each other: the kernel is then asked twice only.
    int fromLeft = random.nextInt(LOOKUPS / 2, LOOKUPS + 1);
    for (int i = 0; i < LOOKUPS; i++) {
      List<IpAddr> hosts = oneIn(2) ? HOSTS4 : HOSTS6;
      add(
          new Step.Look(
              new Packet(
                  any(List.of(Protocol.values())),
                  new SockName(any(hosts), peerPort()),
                  new SockName(any(hosts), new Port(port())),
                  i < fromLeft ? "lo" : Setting.LEFT)));
    }
    if (oneIn(5)) {
      List<IpAddr> hosts = oneIn(2) ? HOSTS4 : HOSTS6.subList(0, 2);
      add(
          new Step.Send(
              new SockName(any(hosts), peerPort()),
              new SockName(any(hosts), new Port(port())),
              false));
    }
    int slot = random.nextInt(oneIn(4) ? Step.SLOTS : Step.FIRST_PICKER);
    int assign = random.nextInt(Behaviour.MAX_ASSIGNS);
    chance |= open.stream().map(sim::sock).anyMatch(WorldMaker::misplaced);
    if (!chance) {
      add(new Step.Runs(slot));
      add(new Step.Result(slot, assign));
    }
    return List.copyOf(lines);
  }
}
