package io.bpf4j.worlds;

import io.bpf4j.error.Errno;
import io.bpf4j.error.ErrnoException;
import io.bpf4j.isa.Assembler;
import io.bpf4j.isa.InsnEncoder;
import io.bpf4j.isa.Insns;
import io.bpf4j.linux.KernelLink;
import io.bpf4j.linux.KernelMap;
import io.bpf4j.linux.KernelNetns;
import io.bpf4j.linux.KernelProg;
import io.bpf4j.linux.KernelSocket;
import io.bpf4j.linux.LoadRequest;
import io.bpf4j.linux.SockOption;
import io.bpf4j.net.IpAddr;
import io.bpf4j.net.Prefix;
import io.bpf4j.net.Protocol;
import io.bpf4j.prog.ProgType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The live side: a network namespace of this machine's kernel with `lo` and `left`, and a second
/// one. Everything runs on the namespace's thread.
///
/// TCP sockets connect, disconnect and close in the state that checkpoint/restore uses
/// (TCP_REPAIR): nothing is sent, no peer is needed and no TIME_WAIT stays behind.
final class LiveSide implements Side {
  /// The shortest wait that is one: a tick of the clock.
  static final Duration TICK = Duration.ofNanos(1000);

  private static final int REPAIR = 1;
  private static final int NO_REPAIR = -1;
  private static final int BACKLOG = 8;

  private final Deque<AutoCloseable> kept = new ArrayDeque<>();
  private final KernelNetns ns;
  private final KernelNetns elsewhere;
  private final int leftIndex;
  private final KernelMap table;
  private final Map<Place.In, KernelMap> maps = new EnumMap<>(Place.In.class);
  private final List<KernelMap> bound = new ArrayList<>();
  private final List<KernelProg> programs = new ArrayList<>();
  private final List<KernelProg> filters = new ArrayList<>();
  private final Map<Integer, Integer> slotOfId = new HashMap<>();
  private final TcLookups lookups;

  private final Map<String, LiveSock> socks = new HashMap<>();
  private final Map<String, KernelLink> links = new HashMap<>();

  /// The names of sockets by SO_MARK less 1.
  private final List<String> names = new ArrayList<>();

  /// A socket and what TCP_REPAIR would forget of it.
  static final class LiveSock {
    final KernelSocket socket;
    boolean reuseAddr;
    boolean established;

    LiveSock(KernelSocket socket) {
      this.socket = socket;
    }
  }

  /// Makes the namespaces, maps and programs.
  ///
  /// @throws ErrnoException when something is not permitted
  LiveSide() {
    try {
      ns = keep(KernelNetns.open());
      ns.addVethPair(Setting.LEFT, "right");
      leftIndex = ns.interfaceIndex(Setting.LEFT);
      new Setting(0, leftIndex)
          .addresses()
          .forEach((device, addresses) ->
              addresses.forEach(a -> ns.addAddress(device, a, Prefix.width(a.family()))));
      elsewhere = keep(KernelNetns.open());
      new Setting(0, leftIndex)
          .addresses()
          .values()
          .forEach(addresses ->
              addresses.forEach(a -> elsewhere.addAddress("lo", a, Prefix.width(a.family()))));
      Traffic.awaitRoute(ns, IpAddr.parse("fd00::2"));
      table = keep(KernelMap.create(SimSide.TABLE));
      bound.add(table);
      for (Place.In in : Place.In.values()) {
        KernelMap map = keep(KernelMap.create(in.spec()));
        maps.put(in, map);
        bound.add(map);
      }
      for (int slot = 0; slot < Step.SLOTS; slot++) {
        boolean picks = slot >= Step.FIRST_PICKER;
        KernelProg prog =
            keep(
                picks
                    ? load(ProgType.SK_REUSEPORT, TableProgram.picker(slot))
                    : load(ProgType.SK_LOOKUP, TableProgram.insns(slot)));
        programs.add(prog);
        slotOfId.put(prog.id(), slot);
        if (picks) {
          filters.add(keep(load(ProgType.SOCKET_FILTER, TableProgram.filter(slot))));
        }
      }
      forget();
      TcLookups made = inside(TcLookups::new);
      lookups = made;
      // Its memory is of the thread that made it.
      atClose(() ->
          ns.<@Nullable Void, RuntimeException>call(() -> {
            made.close();
            return null;
          }));
      // The kernel patches its code when the first link of all comes and the last goes, which is
      // slow. This one stays.
      keep(elsewhere.attach(keep(passing())));
    } catch (RuntimeException | Error e) {
      closeKept();
      throw e;
    }
  }

  private void atClose(Runnable closing) {
    kept.push(closing::run);
  }

  private <T extends AutoCloseable> T keep(T closeable) {
    kept.push(closeable);
    return closeable;
  }

  private KernelProg load(ProgType type, Insns insns) {
    return KernelProg.load(LoadRequest.of("script", type, InsnEncoder.encode(insns), bound));
  }

  private static KernelProg passing() {
    return KernelProg.load(
        LoadRequest.of(
            "pass",
            ProgType.SK_LOOKUP,
            InsnEncoder.encode(Assembler.assemble("r0 = 1\nexit")),
            List.of()));
  }

  /// The index of the interface `left`.
  int leftIndex() {
    return leftIndex;
  }

  KernelNetns ns() {
    return ns;
  }

  KernelMap map(Place.In in) {
    return Objects.requireNonNull(maps.get(in));
  }

  KernelMap table() {
    return table;
  }

  KernelProg program(int slot) {
    return programs.get(slot);
  }

  /// The socket of a name, for what scripts cannot say.
  KernelSocket socket(String name) {
    return sock(name).socket;
  }

  private LiveSock sock(String name) {
    return Objects.requireNonNull(socks.get(name), name);
  }

  /// The link of a name.
  KernelLink link(String name) {
    return Objects.requireNonNull(links.get(name), name);
  }

  /// Runs a task on the thread of the namespace.
  <T extends @Nullable Object> T inside(KernelNetns.Task<T, RuntimeException> task) {
    return ns.<T, RuntimeException>call(task);
  }

  @Override
  public Answer play(Step step) {
    return inside(() -> playInside(step));
  }

  private Answer playInside(Step step) {
    return switch (step) {
      case Step.Open open -> open(open);
      case Step.Set set -> Answer.of(() -> set(set));
      case Step.Get get ->
          new Answer(
              Integer.toString(socket(get.sock()).get(SockOption.valueOf(get.option().name()))));
      case Step.Device device ->
          Answer.of(() ->
              socket(device.sock())
                  .set(
                      SockOption.SO_BINDTOIFINDEX,
                      new Setting(0, leftIndex).ifindex(device.device())));
      case Step.Bind bind -> Answer.of(() -> socket(bind.sock()).bind(bind.name()));
      case Step.Listen listen -> Answer.of(() -> socket(listen.sock()).listen(BACKLOG));
      case Step.Connect connect -> Answer.of(() -> connect(sock(connect.sock()), connect));
      case Step.Disconnect disconnect -> Answer.of(() -> disconnect(sock(disconnect.sock())));
      case Step.Shutdown shutdown -> Answer.of(() -> socket(shutdown.sock()).shutdown());
      case Step.Close close -> {
        close(sock(close.sock()));
        socks.remove(close.sock());
        yield Answer.OK;
      }
      case Step.Local local -> new Answer(socket(local.sock()).local().toString());
      case Step.Put(Place place, String sock, int flags) ->
          Answer.of(() -> map(place.map()).updateFd(place.keyBytes(), socket(sock).fd(), flags));
      case Step.Delete(Place place) ->
          Answer.of(() -> map(place.map()).deleteElem(place.keyBytes()));
      case Step.At(Place place) -> at(place);
      case Step.Choose choose -> {
        table.updateElem(KernelMap.index(choose.slot()), TableProgram.value(choose), 0);
        yield Answer.OK;
      }
      case Step.Picker(String sock, int slot, boolean filter) ->
          Answer.of(() ->
              socket(sock)
                  .set(
                      SockOption.SO_ATTACH_REUSEPORT_EBPF,
                      (filter ? filters.get(slot - Step.FIRST_PICKER) : programs.get(slot)).fd()));
      case Step.Unpick(String sock) ->
          Answer.of(() -> socket(sock).set(SockOption.SO_DETACH_REUSEPORT_BPF, 0));
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
          SimSide.resultText(TableProgram.result(value(result.slot()), result.assign()));
      case Step.Look look -> look(List.of(look.packet())).getFirst();
      case Step.Send send -> traffic().send(send);
      case Step.Shake shake -> traffic().shake(shake);
    };
  }

  private byte[] value(int slot) {
    return table.lookupElem(KernelMap.index(slot));
  }

  private Answer open(Step.Open open) {
    KernelNetns in = open.elsewhere() ? elsewhere : ns;
    KernelSocket socket = in.socket(open.family(), open.protocol());
    socks.put(open.sock(), new LiveSock(socket));
    socket.waitAtMost(TICK);
    names.add(open.sock());
    socket.set(SockOption.SO_MARK, names.size());
    if (open.uid() != 0) {
      socket.owner(open.uid());
    }
    return Answer.OK;
  }

  private void set(Step.Set set) {
    LiveSock sock = sock(set.sock());
    sock.socket.set(SockOption.valueOf(set.option().name()), set.value());
    if (set.option() == io.bpf4j.sock.SockOption.SO_REUSEADDR) {
      sock.reuseAddr = set.value() != 0;
    }
  }

  private static void repair(LiveSock sock, int on) {
    sock.socket.set(SockOption.TCP_REPAIR, on);
    if (on == NO_REPAIR && sock.reuseAddr) {
      sock.socket.set(SockOption.SO_REUSEADDR, 1);
    }
  }

  private static void connect(LiveSock sock, Step.Connect connect) {
    if (sock.socket.protocol() == Protocol.UDP) {
      sock.socket.connect(connect.peer());
      return;
    }
    try {
      repair(sock, REPAIR);
    } catch (ErrnoException e) {
      // A listener: connecting fails anyhow, and sends nothing.
      sock.socket.connect(connect.peer());
      return;
    }
    try {
      sock.socket.connect(connect.peer());
      sock.established = true;
    } finally {
      repair(sock, NO_REPAIR);
    }
  }

  private static void disconnect(LiveSock sock) {
    if (!sock.established) {
      sock.socket.disconnect();
      return;
    }
    repair(sock, REPAIR);
    try {
      sock.socket.disconnect();
      sock.established = false;
    } finally {
      repair(sock, NO_REPAIR);
    }
  }

  private static void close(LiveSock sock) {
    if (sock.established) {
      sock.socket.set(SockOption.TCP_REPAIR, REPAIR);
    }
    sock.socket.close();
  }

  private Answer at(Place place) {
    byte[] value;
    try {
      value = map(place.map()).lookupElem(place.keyBytes());
    } catch (ErrnoException e) {
      return Answer.of(e.errno());
    }
    long cookie = ByteBuffer.wrap(value).order(ByteOrder.nativeOrder()).getLong();
    for (Map.Entry<String, LiveSock> entry : socks.entrySet()) {
      if (entry.getValue().socket.cookie() == cookie) {
        return new Answer(entry.getKey());
      }
    }
    return new Answer("cookie " + cookie);
  }

  private void update(Step.Update update) {
    KernelLink link = link(update.link());
    KernelProg next = programs.get(update.slot());
    if (update.expected() < 0) {
      link.update(next);
    } else {
      link.update(next, programs.get(update.expected()));
    }
  }

  private Answer query() {
    List<String> slots =
        ns.attachedIds().stream().map(id -> String.valueOf(slotOfId.get(id))).toList();
    return new Answer(slots.isEmpty() ? "none" : String.join(" ", slots));
  }

  private Traffic traffic() {
    Map<String, KernelSocket> open = new TreeMap<>();
    socks.forEach((name, sock) -> {
      if (!sock.established) {
        open.put(name, sock.socket);
      }
    });
    return new Traffic(ns, open);
  }

  @Override
  public List<Answer> look(List<Packet> packets) {
    return inside(() -> lookInside(packets));
  }

  /// One run for those that follow each other on one interface.
  private List<Answer> lookInside(List<Packet> packets) {
    List<Answer> answers = new ArrayList<>(packets.size());
    while (answers.size() < packets.size()) {
      int from = answers.size();
      String device = packets.get(from).device();
      int to = from;
      while (to < packets.size() && packets.get(to).device().equals(device)) {
        to++;
      }
      int ifindex = new Setting(0, leftIndex).ifindex(device);
      for (int mark : lookups.marks(ifindex, packets.subList(from, to))) {
        answers.add(
            mark == 0
                ? Answer.NONE
                : new Answer(mark <= names.size() ? names.get(mark - 1) : "mark " + mark));
      }
    }
    return answers;
  }

  @Override
  public void clear() {
    inside(() -> {
      links.values().forEach(KernelLink::close);
      links.clear();
      socks.values().forEach(LiveSide::close);
      socks.clear();
      names.clear();
      forget();
      return true;
    });
  }

  private void forget() {
    for (int slot = 0; slot < Step.SLOTS; slot++) {
      table.updateElem(KernelMap.index(slot), TableProgram.value(TableProgram.PASS), 0);
    }
  }

  @Override
  public void close() {
    clear();
    closeKept();
  }

  private void closeKept() {
    while (!kept.isEmpty()) {
      try {
        kept.pop().close();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /// The errno of a call, or null.
  static @Nullable Errno errno(Answer.Call call) {
    try {
      call.run();
      return null;
    } catch (ErrnoException e) {
      return e.errno();
    }
  }
}
