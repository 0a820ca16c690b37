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
    }
    return true;
  }

  private long packet(PacketBatch b, int i) {
    LocalAddresses host = netns.get(b.netns[i]);
    int family = b.family[i];
    boolean tracked = !everyPacketFirst && b.protocol[i] == TCP;
    byte way = b.way[i];
    if (way == PacketBatch.OTHER_HOST) {
      totals.countForOthers();
      return NOT_LOCAL;
    }
    boolean fromHost =
        way == PacketBatch.OUTGOING
            || (way == PacketBatch.UNKNOWN && host.isLocal(family, b.srcHi[i], b.srcLo[i]));
    if (tracked && fromHost) {
      tracker.outbound(b, i);
    }
    if (host.isForAll(family, b.dstHi[i], b.dstLo[i])) {
      totals.countMulticast();
      return NOT_LOCAL;
    }
    if (way == PacketBatch.OUTGOING || !host.isLocal(family, b.dstHi[i], b.dstLo[i])) {
      if (fromHost) {
        totals.countSentByHost();
      } else {
        totals.countForOthers();
      }
      return NOT_LOCAL;
    }
    long answer = tracked ? segment(b, i) : lookups.lookup(b, i);
    totals.count(answer);
    return answer;
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
