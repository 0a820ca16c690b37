package io.bpf4j.lookup;

import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.net.Tuple;
import io.bpf4j.sklookup.LinkTable;
import io.bpf4j.sklookup.RunArray;
import io.bpf4j.sklookup.SkLookupCtx;
import io.bpf4j.sklookup.Verdicts;
import io.bpf4j.sock.ListenTable;
import io.bpf4j.sock.Probe;
import io.bpf4j.sock.Sock;
import io.bpf4j.sock.SockSlots;
import io.bpf4j.sock.SockSpace;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// The socket lookup of one network namespace. It takes no lock and allocates nothing; any number
/// of CPUs may look up while sockets, maps and links change, and each sees a state that was there
/// at some moment of its lookup, as under RCU.
///
/// The order (net/ipv4/inet_hashtables.c __inet_lookup, net/ipv4/udp.c __udp4_lib_lookup, and their
/// IPv6 twins):
///
/// | TCP | UDP |
/// |---|---|
/// | connections | connected sockets |
/// | | the packet's address: a connected socket is taken |
/// | programs | programs |
/// | listeners at the packet's address | what was found at the packet's address |
/// | listeners at the wildcard | sockets at the wildcard |
///
/// A socket that a program selected gives way to its reuseport group, unless the program forbade
/// it; nothing else is checked again. The program of a group may refuse the packet, which ends the
/// lookup; but of UDP, what the sk_lookup programs select overrides what a group said before them.
public final class SocketLookup {
  private static final long UNDECIDED = -1;

  private final SockSpace space;
  private final LinkTable links;
  private final SockSlots slots;

  public SocketLookup(SockSpace space, LinkTable links, SockSlots slots) {
    this.space = space;
    this.links = links;
    this.slots = slots;
  }

  /// Looks up a packet.
  ///
  /// @param cpu the slot to run on; no other thread may use it meanwhile
  /// @param family 2 or 10
  /// @param protocol 6 or 17
  /// @param srcHi upper half of the source address, in the form of [io.bpf4j.net.IpAddr]
  /// @param iif index of the receiving interface
  /// @return a [LookupAnswer]
  /// @throws io.bpf4j.error.ProgramFault when a program was stopped
  public long lookup(
      WorldCpu cpu,
      int family,
      int protocol,
      long srcHi,
      long srcLo,
      int sport,
      long dstHi,
      long dstLo,
      int dport,
      int iif) {
    cpu.probe().set(family, protocol, srcHi, srcLo, sport, dstHi, dstLo, dport, iif);
    return lookup(cpu, links.runArray(), null);
  }

  /// Looks up a packet, and tells of every step. The packet's lookup is a real one: what programs
  /// write to maps is written.
  ///
  /// @param traced gives for a program the same program on an engine that reports helper calls
  /// @throws io.bpf4j.error.ProgramFault when a program was stopped
  public LookupTrace explain(WorldCpu cpu, Tuple tuple, UnaryOperator<RunnableProgram> traced) {
    return explain(cpu, tuple, true, traced);
  }

  /// The same for a lookup with or without a packet ([#lookupWithoutPacket]).
  public LookupTrace explain(
      WorldCpu cpu, Tuple tuple, boolean packet, UnaryOperator<RunnableProgram> traced) {
    cpu.probe().set(tuple);
    cpu.probe().packet = packet;
    Recorder recorder = new Recorder(space, slots, cpu, traced);
    RunArray array = links.runArray();
    try {
      long answer = lookup(cpu, array, recorder);
      return new LookupTrace(tuple, recorder.steps(), result(answer, array));
    } finally {
      cpu.tracer(null);
    }
  }

  /// Looks up a packet and gives the answer as objects.
  ///
  /// @throws io.bpf4j.error.ProgramFault when a program was stopped
  public LookupResult lookup(WorldCpu cpu, Tuple tuple) {
    cpu.probe().set(tuple);
    RunArray array = links.runArray();
    return result(lookup(cpu, array, null), array);
  }

  /// Looks up what no packet is there for: as `bpf_sk_lookup_tcp`, `bpf_sk_lookup_udp` and
  /// `bpf_skc_lookup_tcp` do in other programs, and the kernel for ICMP errors. The programs of
  /// reuseport groups are not run.
  ///
  /// @throws io.bpf4j.error.ProgramFault when a program was stopped
  public LookupResult lookupWithoutPacket(WorldCpu cpu, Tuple tuple) {
    cpu.probe().set(tuple);
    cpu.probe().packet = false;
    RunArray array = links.runArray();
    return result(lookup(cpu, array, null), array);
  }

  /// Runs programs that need not be attached on a context, as [SkLookupTestRun] tells.
  ///
  /// @throws io.bpf4j.error.ErrnoException EINVAL, E2BIG, ERANGE, EAFNOSUPPORT for the context
  /// @throws io.bpf4j.error.ProgramFault when a program was stopped
  public SkLookupTestRun.Choice testRun(WorldCpu cpu, List<RunnableProgram> programs, byte[] ctx) {
    return SkLookupTestRun.choose(cpu, space, programs, ctx);
  }

  private LookupResult result(long answer, RunArray array) {
    int socket = LookupAnswer.socket(answer);
    int link = LookupAnswer.link(answer);
    return switch (LookupAnswer.kind(answer)) {
      case ESTABLISHED -> new LookupResult.Established(slots.at(socket));
      case STEERED -> new LookupResult.Steered(slots.at(socket), array.byIndex(link));
      case LISTENER -> new LookupResult.Listener(slots.at(socket));
      case DROPPED -> new LookupResult.DroppedBy(array.byIndex(link));
      case DROPPED_BY_GROUP ->
          new LookupResult.DroppedByGroup(slots.at(socket), link < 0 ? null : array.byIndex(link));
      case NONE -> new LookupResult.NoSocket();
    };
  }

  private long lookup(WorldCpu cpu, RunArray array, @Nullable Recorder log) {
    return cpu.probe().tcp() ? tcp(cpu, array, log) : udp(cpu, array, log);
  }

  private long tcp(WorldCpu cpu, RunArray array, @Nullable Recorder log) {
    Probe p = cpu.probe();
    Sock sock = space.tcpConnections().find(p);
    if (log != null) {
      log.connections(sock);
    }
    if (sock != null) {
      return LookupAnswer.of(LookupKind.ESTABLISHED, sock.index(), -1);
    }
    ListenTable table = space.tcpListeners();
    long decided = hook(cpu, array, table, log);
    if (decided != UNDECIDED) {
      return decided;
    }
    sock = scan(table, p, false, log);
    if (sock == null && !p.refused()) {
      sock = scan(table, p, true, log);
    }
    return found(sock, p.refusedBy());
  }

  private long udp(WorldCpu cpu, RunArray array, @Nullable Recorder log) {
    Probe p = cpu.probe();
    Sock sock = space.udpConnected().find(p);
    if (log != null) {
      log.connections(sock);
    }
    if (sock != null) {
      return LookupAnswer.of(LookupKind.ESTABLISHED, sock.index(), -1);
    }
    ListenTable table = space.udpSockets();
    sock = scan(table, p, false, log);
    Sock refusedBy = p.refusedBy();
    if (sock != null && sock.connected()) {
      return LookupAnswer.of(LookupKind.ESTABLISHED, sock.index(), -1);
    }
    long decided = hook(cpu, array, table, log);
    if (decided != UNDECIDED) {
      return decided;
    }
    if (sock == null && refusedBy == null) {
      sock = scan(table, p, true, log);
      refusedBy = p.refusedBy();
    }
    return found(sock, refusedBy);
  }

  private static long found(@Nullable Sock sock, @Nullable Sock refusedBy) {
    if (sock != null) {
      LookupKind kind = sock.connected() ? LookupKind.ESTABLISHED : LookupKind.LISTENER;
      return LookupAnswer.of(kind, sock.index(), -1);
    }
    return refusedBy == null
        ? LookupAnswer.NONE
        : LookupAnswer.of(LookupKind.DROPPED_BY_GROUP, refusedBy.index(), -1);
  }

  private static @Nullable Sock scan(
      ListenTable table, Probe p, boolean wildcard, @Nullable Recorder log) {
    if (log != null) {
      log.beginScan(wildcard);
    }
    Sock sock = p.tcp() ? table.scanTcp(p, wildcard, log) : table.scanUdp(p, wildcard, log);
    if (log != null) {
      log.endScan(sock);
    }
    return sock;
  }

  /// Runs the programs and combines their verdicts.
  ///
  /// @return the answer, or UNDECIDED when the regular lookup goes on
  private long hook(WorldCpu cpu, RunArray array, ListenTable table, @Nullable Recorder log) {
    int size = array.size();
    if (size == 0) {
      return UNDECIDED;
    }
    Verdicts verdicts = cpu.verdicts();
    long ctx = cpu.ctx();
    SkLookupCtx.write(ctx, cpu.probe());
    verdicts.begin();
    for (int i = 0; i < size; i++) {
      verdicts.before(ctx);
      long r0 =
          log == null
              ? array.program(i).run(cpu, ctx, 0)
              : log.run(array.link(i), i, array.program(i));
      verdicts.after(ctx, r0, i);
    }
    if (log != null) {
      log.combination(verdicts, array);
    }
    Sock selected = slots.ofPointer(verdicts.selection());
    if (selected != null) {
      int link = array.link(verdicts.selectedBy()).index();
      Probe p = cpu.probe();
      Sock pick = verdicts.noReuseport() ? null : table.pick(selected, p, p.dstHi, p.dstLo, log);
      if (pick == null && !verdicts.noReuseport() && p.refused()) {
        return LookupAnswer.of(LookupKind.DROPPED_BY_GROUP, selected.index(), link);
      }
      return LookupAnswer.of(LookupKind.STEERED, (pick == null ? selected : pick).index(), link);
    }
    return verdicts.drop()
        ? LookupAnswer.of(LookupKind.DROPPED, -1, array.link(verdicts.droppedBy()).index())
        : UNDECIDED;
  }
}
