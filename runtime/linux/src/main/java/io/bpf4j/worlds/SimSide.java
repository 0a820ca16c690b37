package io.bpf4j.worlds;

import io.bpf4j.engine.Engine;
import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.error.Errno;
import io.bpf4j.isa.Insns;
import io.bpf4j.linux.KernelMap;
import io.bpf4j.linux.SockName;
import io.bpf4j.lookup.LookupResult;
import io.bpf4j.lookup.LookupTrace;
import io.bpf4j.lookup.WorldCpu;
import io.bpf4j.map.MapTypes;
import io.bpf4j.map.RuntimeMap;
import io.bpf4j.map.SocketMap;
import io.bpf4j.net.IpAddr;
import io.bpf4j.net.Prefix;
import io.bpf4j.net.Protocol;
import io.bpf4j.net.Tuple;
import io.bpf4j.netns.Device;
import io.bpf4j.netns.Netns;
import io.bpf4j.netns.World;
import io.bpf4j.prog.MapSpec;
import io.bpf4j.prog.ProgType;
import io.bpf4j.prog.Program;
import io.bpf4j.prog.Subprog;
import io.bpf4j.sklookup.Link;
import io.bpf4j.sock.ReuseportGroup;
import io.bpf4j.sock.Sock;
import io.bpf4j.sock.SockOption;
import io.bpf4j.sock.TcpSock;
import io.bpf4j.sock.UdpSock;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The simulated side.
final class SimSide implements Side {
  static final MapSpec TABLE =
      MapSpec.of("table", MapTypes.ARRAY, 4, TableProgram.VALUE_BYTES, Step.SLOTS, 0);

  /// Numbers of sockets are not used again: after so many a new world costs less.
  private static final int MOST_SOCKETS = 4_000;

  private final Engine engine;
  private final Setting setting;
  private final long seed;

  private World world;
  private Netns ns;
  private Netns elsewhere;
  private RuntimeMap table;
  private Map<Place.In, SocketMap> maps;
  private List<RunnableProgram> programs;
  private List<RunnableProgram> filters;

  private final Map<String, Sock> socks = new HashMap<>();
  private final Map<String, Link> links = new HashMap<>();

  /// @param seed of what a group's members are picked by
  SimSide(Engine engine, Setting setting, long seed) {
    this.engine = engine;
    this.setting = setting;
    this.seed = seed;
    Made made = make();
    this.world = made.world;
    this.ns = made.ns;
    this.elsewhere = made.elsewhere;
    this.table = made.table;
    this.maps = made.maps;
    this.programs = made.programs;
    this.filters = made.filters;
    forget();
  }

  private record Made(
      World world,
      Netns ns,
      Netns elsewhere,
      RuntimeMap table,
      Map<Place.In, SocketMap> maps,
      List<RunnableProgram> programs,
      List<RunnableProgram> filters) {}

  private Made make() {
    World made = World.of(engine, setting.cpu() + 1, seed);
    Netns inside = made.createNetns("ns");
    setting
        .addresses()
        .forEach((device, addresses) -> {
          Device there = inside.addDevice(device, setting.ifindex(device));
          addresses.forEach(a -> inside.addLocal(there, new Prefix(a, Prefix.width(a.family()))));
        });
    Netns outside = made.createNetns("elsewhere");
    Device lo = outside.devices().getFirst();
    setting
        .addresses()
        .values()
        .forEach(addresses ->
            addresses.forEach(a -> outside.addLocal(lo, new Prefix(a, Prefix.width(a.family())))));
    RuntimeMap values = made.createMap(TABLE);
    Map<Place.In, SocketMap> holding = new EnumMap<>(Place.In.class);
    List<RuntimeMap> bound = new ArrayList<>(List.of(values));
    for (Place.In in : Place.In.values()) {
      SocketMap map = (SocketMap) made.createMap(in.spec());
      holding.put(in, map);
      bound.add(map);
    }
    List<RunnableProgram> loaded = new ArrayList<>();
    List<RunnableProgram> filtering = new ArrayList<>();
    for (int slot = 0; slot < Step.SLOTS; slot++) {
      boolean picks = slot >= Step.FIRST_PICKER;
      loaded.add(
          picks
              ? load(made, slot, ProgType.SK_REUSEPORT, TableProgram.picker(slot), bound)
              : load(made, slot, ProgType.SK_LOOKUP, TableProgram.insns(slot), bound));
      if (picks) {
        filtering.add(load(made, slot, ProgType.SOCKET_FILTER, TableProgram.filter(slot), bound));
      }
    }
    return new Made(made, inside, outside, values, holding, loaded, filtering);
  }

  private static RunnableProgram load(
      World world, int slot, ProgType type, Insns insns, List<RuntimeMap> maps) {
    String name = "prog" + slot;
    return world.load(
        new Program(
            name, type, insns, List.copyOf(maps), List.of(new Subprog(name, 0)), List.of(), "GPL"));
  }

  /// The socket of a name, for what scripts cannot say.
  Sock sock(String name) {
    return Objects.requireNonNull(socks.get(name), name);
  }

  /// The link of a name.
  Link link(String name) {
    return Objects.requireNonNull(links.get(name), name);
  }

  World world() {
    return world;
  }

  Netns ns() {
    return ns;
  }

  RuntimeMap table() {
    return table;
  }

  SocketMap map(Place.In in) {
    return Objects.requireNonNull(maps.get(in));
  }

  RunnableProgram program(int slot) {
    return programs.get(slot);
  }

  @Override
  public Answer play(Step step) {
    return switch (step) {
      case Step.Open open -> {
        Netns in = open.elsewhere() ? elsewhere : ns;
        Sock sock = in.open(open.protocol(), open.family(), open.uid()).named(open.sock());
        socks.put(open.sock(), sock);
        yield Answer.OK;
      }
      case Step.Set set -> Answer.of(() -> sock(set.sock()).setsockopt(set.option(), set.value()));
      case Step.Get get -> new Answer(Integer.toString(sock(get.sock()).getsockopt(get.option())));
      case Step.Device device ->
          Answer.of(() ->
              sock(device.sock())
                  .setsockopt(SockOption.SO_BINDTOIFINDEX, setting.ifindex(device.device())));
      case Step.Bind bind ->
          Answer.of(() -> sock(bind.sock()).bind(bind.name().address(), bind.name().port()));
      case Step.Listen listen -> Answer.of(() -> sock(listen.sock()).listen());
      case Step.Connect connect ->
          Answer.of(
              () -> sock(connect.sock()).connect(connect.peer().address(), connect.peer().port()));
      case Step.Disconnect disconnect -> Answer.of(() -> sock(disconnect.sock()).disconnect());
      case Step.Shutdown shutdown -> Answer.of(() -> sock(shutdown.sock()).shutdown());
      case Step.Close close -> {
        sock(close.sock()).close();
        yield Answer.OK;
      }
      case Step.Local local -> {
        Sock sock = sock(local.sock());
        yield new Answer(new SockName(sock.address(), sock.port()).toString());
      }
      case Step.Put(Place place, String sock, int flags) ->
          Answer.of(() -> map(place.map()).updateElem(place.keyBytes(), sock(sock), flags));
      case Step.Delete(Place place) ->
          Answer.of(() -> map(place.map()).deleteElem(place.keyBytes()));
      case Step.At(Place place) -> {
        Sock sock = map(place.map()).sockAt(place.keyBytes());
        yield sock == null ? Answer.of(Errno.ENOENT) : new Answer(sock.name());
      }
      case Step.Choose choose -> {
        table.updateElem(KernelMap.index(choose.slot()), TableProgram.value(choose), 0);
        yield Answer.OK;
      }
      case Step.Picker(String sock, int slot, boolean filter) ->
          Answer.of(() ->
              sock(sock)
                  .attachReuseport(
                      filter ? filters.get(slot - Step.FIRST_PICKER) : programs.get(slot)));
      case Step.Unpick(String sock) -> Answer.of(() -> sock(sock).detachReuseport());
      case Step.Behave behave -> {
        table.updateElem(KernelMap.index(behave.slot()), TableProgram.value(behave.behaviour()), 0);
        yield Answer.OK;
      }
      case Step.Attach attach ->
          Answer.of(() -> links.put(attach.link(), ns.attach(programs.get(attach.slot()))));
      case Step.Update update -> Answer.of(() -> update(update));
      case Step.Detach detach -> Answer.of(() -> link(detach.link()).detach());
      case Step.Query _ -> query();
      case Step.Runs runs -> new Answer(Long.toString(TableProgram.runs(value(runs.slot()))));
      case Step.Result result ->
          resultText(TableProgram.result(value(result.slot()), result.assign()));
      case Step.Look look -> look(look.packet());
      case Step.Send _ -> arrive(Objects.requireNonNull(packet(step)));
      case Step.Shake shake -> {
        Packet syn = Objects.requireNonNull(packet(shake));
        Answer answer = arrive(syn);
        yield shake.tell() && socks.get(answer.text()) instanceof TcpSock listener
            ? new Answer(answer + " " + accepted(listener, syn))
            : answer;
      }
    };
  }

  private byte[] value(int slot) {
    return table.lookupElem(KernelMap.index(slot));
  }

  private void update(Step.Update update) {
    Link link = link(update.link());
    RunnableProgram next = programs.get(update.slot());
    if (update.expected() < 0) {
      link.update(next);
    } else {
      link.update(next, programs.get(update.expected()));
    }
  }

  private Answer query() {
    List<String> slots =
        ns.query().stream().map(p -> Integer.toString(programs.indexOf(p))).toList();
    return new Answer(slots.isEmpty() ? "none" : String.join(" ", slots));
  }

  /// The text of what bpf_sk_assign gave.
  static Answer resultText(long result) {
    Errno errno = Errno.ofNegated(result);
    return errno != null ? Answer.of(errno) : result == 0 ? Answer.OK : new Answer("absent");
  }

  @Override
  public List<Answer> look(List<Packet> packets) {
    return packets.stream().map(this::look).toList();
  }

  private Answer look(Packet packet) {
    return answer(ns.lookups().lookupWithoutPacket(cpu(), tuple(packet)));
  }

  private Answer arrive(Packet packet) {
    return answer(ns.lookups().lookup(cpu(), tuple(packet)));
  }

  private SockName accepted(TcpSock listener, Packet syn) {
    TcpSock child = listener.accept(tuple(syn));
    try {
      return new SockName(child.address(), child.port());
    } finally {
      child.close();
    }
  }

  private WorldCpu cpu() {
    return world.cpu(setting.cpu());
  }

  private Tuple tuple(Packet packet) {
    return packet.tuple(setting.ifindex(packet.device()));
  }

  private static Answer answer(LookupResult result) {
    Sock found = sockOf(result);
    return found == null ? Answer.NONE : new Answer(found.name());
  }

  /// A datagram was delivered to the socket of a name, or to none. It is told apart from [#play]:
  /// of a group the kernel may have picked another member.
  void delivered(Step.Send send, String name) {
    Packet packet = Objects.requireNonNull(packet(send));
    if (socks.get(name) instanceof UdpSock receiver) {
      receiver.received(packet.dst().address().family(), setting.cpu());
    }
  }

  /// The packet of a step, or null.
  @Nullable Packet packet(Step step) {
    return switch (step) {
      case Step.Look look -> look.packet();
      case Step.Send send -> arrival(Protocol.UDP, send.src(), send.dst());
      case Step.Shake shake -> arrival(Protocol.TCP, shake.src(), shake.dst());
      default -> null;
    };
  }

  /// What else the kernel may answer to a packet, as things stand: other members of a group, and
  /// sockets that it finds where they should not be ([UdpSock#misplaced]). Programs do not count
  /// this run.
  Set<String> alternatives(Step step) {
    Packet packet = Objects.requireNonNull(packet(step));
    boolean arrives = !(step instanceof Step.Look);
    List<byte[]> values = new ArrayList<>();
    for (int slot = 0; slot < Step.SLOTS; slot++) {
      values.add(value(slot));
    }
    LookupTrace trace = ns.lookups().explain(cpu(), tuple(packet), arrives, p -> p);
    for (int slot = 0; slot < Step.SLOTS; slot++) {
      table.updateElem(KernelMap.index(slot), values.get(slot), 0);
    }
    Set<String> names = new HashSet<>();
    Sock found = sockOf(trace.result());
    for (io.bpf4j.lookup.Step told : trace.steps()) {
      if (told instanceof io.bpf4j.lookup.Step.Reuseport group
          && group.pick() != null
          && (group.run() == null || group.run().picked() == null)
          && group.pick().equals(found)) {
        picks(group.via().group(), names);
      }
    }
    for (Sock sock : socks.values()) {
      if (sock instanceof UdpSock udp && udp.misplaced() && between(udp, packet)) {
        names.add(udp.name());
      }
    }
    return names;
  }

  /// Whether a packet comes from a socket's peer to the socket.
  private static boolean between(Sock sock, Packet packet) {
    IpAddr peer = sock.peerAddress();
    return peer != null
        && unmapped(peer).equals(packet.src().address())
        && packet.src().port().equals(sock.peerPort())
        && unmapped(sock.address()).equals(packet.dst().address())
        && packet.dst().port().equals(sock.port());
  }

  private void picks(@Nullable ReuseportGroup group, Set<String> names) {
    int size = group == null ? 0 : group.members().size();
    for (int i = 0; i < size; i++) {
      // The smallest hash that starts at this index.
      int hash = (int) (((long) i << 32) / size + 1);
      Sock pick = group == null ? null : group.pick(hash, setting.cpu());
      if (pick != null) {
        names.add(pick.name());
      }
    }
  }

  private static @Nullable Sock sockOf(LookupResult result) {
    return switch (result) {
      case LookupResult.Established(Sock sock) -> sock;
      case LookupResult.Listener(Sock sock) -> sock;
      case LookupResult.Steered(Sock sock, Link _) -> sock;
      case LookupResult.DroppedBy _, LookupResult.DroppedByGroup _, LookupResult.NoSocket _ -> null;
    };
  }

  private Packet arrival(Protocol protocol, SockName src, SockName dst) {
    Device owner = ns.owner(unmapped(dst.address()));
    return new Packet(
        protocol,
        new SockName(unmapped(src.address()), src.port()),
        new SockName(unmapped(dst.address()), dst.port()),
        owner == null ? "lo" : owner.name());
  }

  /// An AF_INET6 client that talks to a mapped address sends IPv4.
  static IpAddr unmapped(IpAddr address) {
    return address.isV4Mapped() ? IpAddr.v4((int) address.lo()) : address;
  }

  @Override
  public void clear() {
    links.values().forEach(Link::detach);
    links.clear();
    socks.values().forEach(Sock::close);
    socks.clear();
    if (world.sockCount() > MOST_SOCKETS) {
      Made made = make();
      world = made.world;
      ns = made.ns;
      elsewhere = made.elsewhere;
      table = made.table;
      maps = made.maps;
      programs = made.programs;
      filters = made.filters;
    }
    forget();
  }

  private void forget() {
    for (int slot = 0; slot < Step.SLOTS; slot++) {
      table.updateElem(KernelMap.index(slot), TableProgram.value(TableProgram.PASS), 0);
    }
  }

  @Override
  public void close() {
    clear();
  }
}
