package io.bpf4j.sim.replay;

import io.bpf4j.error.InputException;
import io.bpf4j.sim.scenario.FloodSpec;
import io.bpf4j.sim.scenario.InterfaceSpec;
import io.bpf4j.sim.scenario.NetnsSpec;
import io.bpf4j.sim.scenario.Scenario;
import io.bpf4j.sim.scenario.TraceSpec;
import io.bpf4j.sim.trace.Captures;
import io.bpf4j.sim.trace.Packet;
import io.bpf4j.sim.trace.PacketSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The packets of a scenario, batch by batch: its traces, then its floods, and from the start again
/// when more are wanted than they hold.
public final class Traffic implements AutoCloseable {
  /// The pause between two rounds, by the clock of the traces.
  private static final long PAUSE_NANOS = 1_000_000;

  private final Scenario scenario;
  private final List<TraceSpec> traces;
  private final List<FloodSpec> floods;
  private final Function<TraceSpec, PacketSource> opener;
  private final long wanted;
  private final long seed;
  private final List<TraceSummary> summaries = new ArrayList<>();

  private long given;
  private int next;
  private int round;
  private long roundStart;
  private long shiftNanos;
  private long lastNanos;
  private boolean firstPacket;
  private @Nullable PacketSource source;
  private @Nullable TraceSpec trace;
  private @Nullable FloodGenerator flood;
  private int[] iifOfInterface = new int[4];

  /// @param traces what is replayed; [Scenario#traces] or others
  /// @param floods what is made up after that
  /// @param wanted how many packets, in as many rounds as that takes; 0 for one round of all
  /// @param seed of the floods
  public Traffic(
      Scenario scenario, List<TraceSpec> traces, List<FloodSpec> floods, long wanted, long seed) {
    this(scenario, traces, floods, wanted, seed, spec -> Captures.open(spec.file()));
  }

  Traffic(
      Scenario scenario,
      List<TraceSpec> traces,
      List<FloodSpec> floods,
      long wanted,
      long seed,
      Function<TraceSpec, PacketSource> opener) {
    this.scenario = scenario;
    this.traces = List.copyOf(traces);
    this.floods = List.copyOf(floods);
    this.wanted = wanted;
    this.seed = seed;
    this.opener = opener;
  }

  /// What the traces held that were read to their end, or as far as was wanted; of the first round.
  public List<TraceSummary> summaries() {
    return List.copyOf(summaries);
  }

  /// The name of a trace or flood by its number, [PacketBatch#source].
  String name(int number) {
    return number < traces.size()
        ? traces.get(number).file().toString()
        : floods.get(number - traces.size()).name();
  }

  /// Fills a batch with packets of one source; whether there were any left.
  ///
  /// @throws InputException when a trace cannot be opened
  boolean fill(PacketBatch batch) {
    batch.size = 0;
    while (batch.size == 0) {
      if (wanted != 0 && given == wanted) {
        closeSource();
        return false;
      }
      if (source == null && flood == null && !open()) {
        return false;
      }
      batch.source = next - 1;
      if (!(source != null ? fillFromTrace(batch) : fillFromFlood(batch))) {
        closeSource();
        flood = null;
      }
    }
    if (wanted != 0 && given + batch.size > wanted) {
      batch.size = (int) (wanted - given);
    }
    given += batch.size;
    return true;
  }

  /// Opens the next source; whether there is one.
  private boolean open() {
    if (next == traces.size() + floods.size() && !nextRound()) {
      return false;
    }
    if (next < traces.size()) {
      trace = traces.get(next);
      if (round > 0 && trace.file().toString().equals("-")) {
        throw new InputException(
            "standard input", "", "can be read once only: " + wanted + " packets are not in it");
      }
      source = opener.apply(trace);
      firstPacket = true;
      Arrays.fill(iifOfInterface, 0);
    } else {
      FloodSpec floodSpec = floods.get(next - traces.size());
      NetnsSpec netns = scenario.netns(floodSpec.netns());
      flood =
          new FloodGenerator(
              floodSpec,
              seed + round,
              index(netns),
              arrival(netns, floodSpec.iface()).ifindex(),
              lastNanos + PAUSE_NANOS);
    }
    next++;
    return true;
  }

  private boolean nextRound() {
    if (wanted == 0 || given == roundStart) {
      return false;
    }
    round++;
    roundStart = given;
    next = 0;
    return true;
  }

  private int index(NetnsSpec netns) {
    return scenario.netns().indexOf(netns);
  }

  private static InterfaceSpec arrival(NetnsSpec netns, @Nullable String name) {
    InterfaceSpec named = name == null ? null : netns.interfaceNamed(name);
    return named == null ? netns.mainInterface() : named;
  }

  private boolean fillFromTrace(PacketBatch batch) {
    PacketSource from = source;
    TraceSpec spec = trace;
    if (from == null || spec == null) {
      return false;
    }
    NetnsSpec netns = scenario.netns(spec.netns());
    int index = index(netns);
    int fixed = spec.iface() == null ? 0 : arrival(netns, spec.iface()).ifindex();
    while (!batch.full()) {
      Packet packet = from.next();
      if (packet == null) {
        return batch.size > 0;
      }
      time(packet.timeNanos());
      batch.add(packet, shiftNanos, index, fixed != 0 ? fixed : iif(packet, netns));
    }
    return true;
  }

  /// A later round, or a trace that was recorded before the one replayed last, is moved behind it:
  /// the clock of connections does not run backwards.
  private void time(long nanos) {
    if (nanos == 0) {
      return;
    }
    if (firstPacket) {
      shiftNanos = nanos < lastNanos ? lastNanos + PAUSE_NANOS - nanos : 0;
      firstPacket = false;
    }
    lastNanos = Math.max(lastNanos, nanos + shiftNanos);
  }

  /// The interface a packet arrived at by what the trace says: an index, or a name.
  private int iif(Packet packet, NetnsSpec netns) {
    if (packet.ifindex() != 0) {
      return packet.ifindex();
    }
    int id = packet.interfaceId();
    if (id >= iifOfInterface.length) {
      iifOfInterface = Arrays.copyOf(iifOfInterface, 2 * id);
    }
    if (iifOfInterface[id] == 0) {
      iifOfInterface[id] = arrival(netns, packet.interfaceName()).ifindex();
    }
    return iifOfInterface[id];
  }

  private boolean fillFromFlood(PacketBatch batch) {
    FloodGenerator generator = flood;
    if (generator == null || !generator.fill(batch)) {
      return false;
    }
    lastNanos = generator.nanos();
    return true;
  }

  private void closeSource() {
    PacketSource open = source;
    if (open != null) {
      if (round == 0) {
        summaries.add(TraceSummary.of(open));
      }
      open.close();
    }
    source = null;
    trace = null;
  }

  @Override
  public void close() {
    closeSource();
  }
}
