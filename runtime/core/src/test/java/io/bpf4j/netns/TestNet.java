package io.bpf4j.netns;

import io.bpf4j.Engines;
import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.error.Errno;
import io.bpf4j.error.ErrnoException;
import io.bpf4j.isa.Assembler;
import io.bpf4j.lookup.LookupResult;
import io.bpf4j.map.MapTypes;
import io.bpf4j.map.OffHeap;
import io.bpf4j.map.RuntimeMap;
import io.bpf4j.map.SocketMap;
import io.bpf4j.net.Family;
import io.bpf4j.net.IpAddr;
import io.bpf4j.net.Port;
import io.bpf4j.net.Protocol;
import io.bpf4j.net.Tuple;
import io.bpf4j.prog.MapSpec;
import io.bpf4j.prog.ProgType;
import io.bpf4j.prog.Program;
import io.bpf4j.prog.Subprog;
import io.bpf4j.sklookup.Link;
import io.bpf4j.sock.Sock;
import io.bpf4j.sock.SockOption;
import java.util.List;

/// A world with one namespace and short ways to fill it: the ground of the tests.
public final class TestNet {
  /// Where test packets come from.
  public static final String CLIENT4 = "192.0.2.1:40000";

  public static final String CLIENT6 = "[2001:db8::1]:40000";

  public final World world = World.of(Engines.named("checked-jit"), Engines.named("interp"), 2, 42);
  public final Netns ns = world.createNetns("ns");

  public TestNet() {
    ns.addDevice("eth0", 2);
    ns.addDevice("eth1", 3);
    ns.addLocal(new Device("eth0", 2), io.bpf4j.net.Prefix.parse("10.0.0.1"));
    ns.addLocal(new Device("eth0", 2), io.bpf4j.net.Prefix.parse("fd00::1"));
  }

  public static IpAddr address(String endpoint) {
    String host = endpoint.substring(0, endpoint.lastIndexOf(':'));
    return IpAddr.parse(host.startsWith("[") ? host.substring(1, host.length() - 1) : host);
  }

  public static Port port(String endpoint) {
    return new Port(Integer.parseInt(endpoint.substring(endpoint.lastIndexOf(':') + 1)));
  }

  /// An option by the words of the tests: `reuse`, `port`, `v6only`, `dev2` (SO_BINDTODEVICE),
  /// `cpu1`.
  private static void option(Sock sock, String word) {
    if (word.startsWith("dev")) {
      sock.setsockopt(SockOption.SO_BINDTOIFINDEX, Integer.parseInt(word.substring(3)));
    } else if (word.startsWith("cpu")) {
      sock.setsockopt(SockOption.SO_INCOMING_CPU, Integer.parseInt(word.substring(3)));
    } else {
      SockOption option =
          switch (word) {
            case "reuse" -> SockOption.SO_REUSEADDR;
            case "port" -> SockOption.SO_REUSEPORT;
            case "v6only" -> SockOption.IPV6_V6ONLY;
            default -> throw new IllegalArgumentException(word);
          };
      sock.setsockopt(option, true);
    }
  }

  /// A socket of the address's family, with options, not bound.
  public Sock open(Protocol protocol, Family family, String... options) {
    Sock sock = ns.open(protocol, family);
    for (String word : options) {
      option(sock, word);
    }
    return sock;
  }

  /// A TCP listener; its family is the address's.
  public Sock tcp(String endpoint, String... options) {
    Sock sock = bound(Protocol.TCP, endpoint, options);
    sock.listen();
    return sock;
  }

  /// A bound UDP socket; its family is the address's.
  public Sock udp(String endpoint, String... options) {
    return bound(Protocol.UDP, endpoint, options);
  }

  public Sock bound(Protocol protocol, String endpoint, String... options) {
    Sock sock = open(protocol, address(endpoint).family(), options);
    sock.bind(address(endpoint), port(endpoint));
    return sock;
  }

  public static void connect(Sock sock, String endpoint) {
    sock.connect(address(endpoint), port(endpoint));
  }

  public static Tuple tuple(Protocol protocol, String src, String dst, int iif) {
    return new Tuple(protocol, address(src), port(src), address(dst), port(dst), iif);
  }

  private static String client(String dst) {
    return address(dst).family() == Family.INET ? CLIENT4 : CLIENT6;
  }

  /// Looks up a TCP segment from the client, received by interface 2.
  public LookupResult tcpTo(String dst) {
    return ns.lookup(tuple(Protocol.TCP, client(dst), dst, 2));
  }

  /// Looks up a datagram from the client, received by interface 2.
  public LookupResult udpTo(String dst) {
    return ns.lookup(tuple(Protocol.UDP, client(dst), dst, 2));
  }

  public LookupResult udp(String src, String dst, int iif) {
    return ns.lookup(tuple(Protocol.UDP, src, dst, iif));
  }

  public LookupResult tcp(String src, String dst, int iif) {
    return ns.lookup(tuple(Protocol.TCP, src, dst, iif));
  }

  /// A SOCKMAP with the sockets at 0, 1, ….
  public SocketMap sockmap(Sock... socks) {
    SocketMap map = (SocketMap) map(MapTypes.SOCKMAP, 4, 8, 8);
    for (int i = 0; i < socks.length; i++) {
      map.updateElem(OffHeap.u32(i), socks[i], 0);
    }
    return map;
  }

  public RuntimeMap map(int type, int keySize, int valueSize, int maxEntries) {
    return world.createMap(MapSpec.of("m" + type, type, keySize, valueSize, maxEntries, 0));
  }

  /// A sk_lookup program.
  public RunnableProgram program(String name, String assembly, RuntimeMap... maps) {
    return world.load(
        new Program(
            name,
            ProgType.SK_LOOKUP,
            Assembler.assemble(assembly),
            List.of(maps),
            List.of(new Subprog(name, 0)),
            List.of(),
            "GPL"));
  }

  /// A program that only returns.
  public RunnableProgram returning(int verdict) {
    return program("return" + verdict, "r0 = " + verdict + "\nexit");
  }

  /// A program that assigns sockets of a SOCKMAP one after another and returns. An empty place
  /// assigns NULL.
  ///
  /// @param assignments pairs of place and flags
  public RunnableProgram assigning(SocketMap map, int verdict, int... assignments) {
    StringBuilder code = new StringBuilder("r6 = r1\n");
    for (int i = 0; i < assignments.length; i += 2) {
      code.append(
          """
          *(u32 *)(r10 -4) = %d
          r2 = r10
          r2 += -4
          r1 = map[idx:0]
          call bpf_map_lookup_elem#1
          r7 = r0
          r1 = r6
          r2 = r7
          r3 = %d
          call bpf_sk_assign#124
          if r7 == 0 goto null%d
          r1 = r7
          call bpf_sk_release#86
          null%d:
          """
              .formatted(assignments[i], assignments[i + 1], i, i));
    }
    code.append("r0 = ").append(verdict).append("\nexit");
    return program("assign", code.toString(), map);
  }

  public Link attach(RunnableProgram program) {
    return ns.attach(program);
  }

  /// The error of a system call; null when it succeeds.
  public static @org.jspecify.annotations.Nullable Errno errno(Runnable call) {
    try {
      call.run();
      return null;
    } catch (ErrnoException e) {
      return e.errno();
    }
  }
}
