package io.bpf4j.sim.replay;

import io.bpf4j.error.ProgramFault;
import io.bpf4j.net.Protocol;
import io.bpf4j.sim.scenario.ReplayOptions;
import io.bpf4j.sim.scenario.ResultKind;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One thread's share of a replay: a CPU of the simulated host, the connections of the flows that
/// fall to it, and its counts.
final class Lane {
  private static final byte TCP = (byte) Protocol.TCP.number();
  private static final long NOT_LOCAL = Answer.of(ResultKind.NOT_LOCAL, -1, -1);

  private final Lookups lookups;
  private final List<LocalAddresses> netns;
  private final boolean everyPacketFirst;
  private final ConnectionTable table;
  private final TcpTracker tracker;
  private final Totals totals;
  private final @Nullable PacketListener listener;
  private final PacketView view = new PacketView();
  private @Nullable ProgramFault fault;
  private long faultFrame;
  private int faultSource;

  Lane(
      Lookups lookups,
      List<LocalAddresses> netns,
      ReplayOptions options,
      int maxConnections,
      Totals totals,
      @Nullable PacketListener listener) {
    this.lookups = lookups;
    this.netns = List.copyOf(netns);
    this.everyPacketFirst = options.everyPacketFirst();
    this.table = new ConnectionTable(maxConnections, options.connectionIdle().toNanos());
    this.tracker = new TcpTracker(table, options.assumeEstablished());
    this.totals = totals;
    this.listener = listener;
  }

  Lookups lookups() {
    return lookups;
  }

  /// The counts, to be read when the last batch is done.
  Totals totals() {
    return totals;
  }

  /// Adds what the connection table counted; once, at the end.
  void finish() {
    totals.countConnections(table);
  }

  /// What stopped a program, or null.
  @Nullable ProgramFault fault() {
    return fault;
  }

  long faultFrame() {
    return faultFrame;
  }

  /// The number of the source in the traffic.
  int faultSource() {
    return faultSource;
  }

  /// Whether the batch was done to its end; otherwise there is a [#fault].
  boolean process(PacketBatch batch) {
    for (int i = 0; i < batch.size; i++) {
      if (!process(batch, i)) {
        return false;
      }
    }
    return true;
  }

  /// The same for one packet of a batch.
  boolean process(PacketBatch batch, int i) {
    long answer;
    try {
      answer = packet(batch, i);
    } catch (ProgramFault e) {
      fault = e;
      faultFrame = batch.frame[i];
      faultSource = batch.source;
      return false;
    }
    if (listener != null) {
      listener.packet(view.of(batch, i, answer));
    }
    return true;
  }

  private long packet(PacketBatch b, int i) {
    Disposition.Reason away = notLocal(b, i);
    boolean tracked = tracked(b, i);
    if (tracked && away != Disposition.Reason.OTHER_HOST && fromHost(b, i)) {
      tracker.outbound(b, i);
    }
    if (away != null) {
      totals.countNotLocal(away);
      return NOT_LOCAL;
    }
    long answer = tracked ? segment(b, i) : lookups.lookup(b, i);
    totals.count(answer);
    return answer;
  }

  private boolean tracked(PacketBatch b, int i) {
    return !everyPacketFirst && b.protocol[i] == TCP;
  }

  private boolean fromHost(PacketBatch b, int i) {
    return b.way[i] == PacketBatch.OUTGOING
        || (b.way[i] == PacketBatch.UNKNOWN
            && netns.get(b.netns[i]).isLocal(b.family[i], b.srcHi[i], b.srcLo[i]));
  }

  /// Why a packet is not looked up, or null when it is.
  private Disposition.@Nullable Reason notLocal(PacketBatch b, int i) {
    LocalAddresses host = netns.get(b.netns[i]);
    int family = b.family[i];
    if (b.way[i] == PacketBatch.OTHER_HOST) {
      return Disposition.Reason.OTHER_HOST;
    }
    if (host.isForAll(family, b.dstHi[i], b.dstLo[i])) {
      return Disposition.Reason.MULTICAST;
    }
    if (b.way[i] == PacketBatch.OUTGOING || !host.isLocal(family, b.dstHi[i], b.dstLo[i])) {
      return fromHost(b, i) ? Disposition.Reason.SENT_BY_HOST : Disposition.Reason.OTHER_ADDRESS;
    }
    return null;
  }

  /// What a packet is before any lookup; connections stay as they are, but for one that was idle
  /// too long.
  Disposition disposition(PacketBatch b, int i) {
    Disposition.Reason away = notLocal(b, i);
    if (away != null) {
      return new Disposition.NotLocal(away);
    }
    int owner = tracked(b, i) ? tracker.owner(b, i) : TcpTracker.LOOK_UP;
    return owner == TcpTracker.LOOK_UP
        ? new Disposition.LookUp()
        : new Disposition.OfConnection(owner);
  }

  private long segment(PacketBatch b, int i) {
    int owner = tracker.inbound(b, i);
    if (owner != TcpTracker.LOOK_UP) {
      return Answer.of(ResultKind.ESTABLISHED, owner, -1);
    }
    long answer = lookups.lookup(b, i);
    int socket = Answer.socket(answer);
    if (socket >= 0 && lookups.listening(socket)) {
      tracker.found(b, i, socket);
    }
    return answer;
  }
}
