package io.bpf4j.sim.replay;

import io.bpf4j.error.ProgramFault;
import io.bpf4j.netns.Netns;
import io.bpf4j.netns.World;
import io.bpf4j.sim.scenario.NetnsSpec;
import io.bpf4j.sim.scenario.ReplayOptions;
import io.bpf4j.sim.scenario.Scenario;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Streams the packets of traffic through the lookup, and keeps the connections they open. With one
/// thread, reading and looking up take turns on the caller's; with more, the caller reads and deals
/// the packets out.
public final class Replay {
  /// Batches on their way to a lane: enough that neither side waits for the other all the time.
  private static final int QUEUE = 16;

  private static final PacketBatch END = new PacketBatch();

  private final List<Lane> lanes;
  private final int sockets;
  private final int links;

  private Replay(
      List<NetnsSpec> netns,
      ReplayOptions options,
      List<? extends Lookups> lookups,
      int sockets,
      int links,
      @Nullable PacketListener listener) {
    if (listener != null && lookups.size() != 1) {
      throw new IllegalArgumentException("a listener wants the packets in order: one thread");
    }
    List<LocalAddresses> local = netns.stream().map(LocalAddresses::new).toList();
    int share = Math.ceilDiv(options.maxConnections(), lookups.size());
    this.lanes =
        lookups.stream()
            .map(l -> new Lane(l, local, options, share, new Totals(sockets, links), listener))
            .toList();
    this.sockets = sockets;
    this.links = links;
  }

  /// A replay through a world.
  ///
  /// @param netns the world's namespaces in the order of the scenario
  /// @param threads each looks up on the CPU of its number
  /// @param listener is told of each packet; only with one thread
  public static Replay of(
      Scenario scenario,
      World world,
      List<Netns> netns,
      int threads,
      @Nullable PacketListener listener) {
    List<WorldLookups> lookups =
        IntStream.range(0, threads).mapToObj(cpu -> new WorldLookups(world, netns, cpu)).toList();
    return of(
        scenario.netns(),
        scenario.replay(),
        lookups,
        world.sockCount(),
        world.linkCount(),
        listener);
  }

  /// A replay through other lookups, one for each thread.
  static Replay of(
      List<NetnsSpec> netns,
      ReplayOptions options,
      List<? extends Lookups> lookups,
      int sockets,
      int links,
      @Nullable PacketListener listener) {
    return new Replay(netns, options, lookups, sockets, links, listener);
  }

  /// What came of a replay.
  ///
  /// @param totals the counts
  /// @param nanos how long it took, reading included
  /// @param stopped whether it was asked to end early
  /// @param fault what stopped it, or null
  public record Outcome(Totals totals, long nanos, boolean stopped, @Nullable Fault fault) {}

  /// Replays a traffic.
  ///
  /// @param stop asked between batches whether to end early
  /// @param progress told between batches how many packets were read
  public Outcome run(Traffic traffic, BooleanSupplier stop, LongConsumer progress) {
    Reader reader = new Reader(traffic, stop, progress);
    long start = System.nanoTime();
    boolean stopped = lanes.size() == 1 ? alone(reader) : dealing(reader);
    long nanos = System.nanoTime() - start;
    Totals totals = new Totals(sockets, links);
    for (Lane lane : lanes) {
      lane.finish();
      totals.add(lane.totals());
    }
    return new Outcome(totals, nanos, stopped, fault(traffic));
  }

  /// Replays a traffic up to a frame of its first trace.
  ///
  /// @return the frame's packet, or null when the traffic ends before it or the frame has none
  /// @throws ProgramFault when a program was stopped on the way
  public @Nullable OnePacket runTo(Traffic traffic, long frame) {
    PacketBatch batch = new PacketBatch();
    while (traffic.fill(batch)) {
      int size = batch.size;
      int at = 0;
      while (at < size && batch.frame[at] < frame) {
        at++;
      }
      for (int i = 0; i < at; i++) {
        Lane lane = lane(batch, i);
        if (!lane.process(batch, i)) {
          throw Objects.requireNonNull(lane.fault());
        }
      }
      if (at < size) {
        return batch.frame[at] == frame ? new OnePacket(batch, at) : null;
      }
    }
    return null;
  }

  /// Takes the first packets of a traffic that are looked up, and the connections of all before
  /// them into account. With one thread.
  ///
  /// @param max how many at most
  public LookupSample sample(Traffic traffic, int max) {
    PacketBatch batch = new PacketBatch();
    PacketBatch sample = new PacketBatch(max);
    Lane lane = lanes.getFirst();
    while (!sample.full() && traffic.fill(batch)) {
      for (int i = 0; i < batch.size && !sample.full(); i++) {
        if (lane.disposition(batch, i) instanceof Disposition.LookUp) {
          sample.add(batch, i);
        }
        if (!lane.process(batch, i)) {
          throw Objects.requireNonNull(lane.fault());
        }
      }
    }
    return new LookupSample(lane.lookups(), sample);
  }

  /// What a packet is after the traffic so far, before any lookup.
  public Disposition disposition(OnePacket packet) {
    return lane(packet.batch(), 0).disposition(packet.batch(), 0);
  }

  private Lane lane(PacketBatch batch, int i) {
    return lanes.get(laneNumber(batch, i, lanes.size()));
  }

  /// The upper half of the hash: the lower bits choose the place in the connection table.
  private static int laneNumber(PacketBatch batch, int i, int lanes) {
    return (int) Long.remainderUnsigned(batch.hash[i] >>> 32, lanes);
  }

  private @Nullable Fault fault(Traffic traffic) {
    for (Lane lane : lanes) {
      ProgramFault cause = lane.fault();
      if (cause != null) {
        return new Fault(lane.faultFrame(), traffic.name(lane.faultSource()), cause);
      }
    }
    return null;
  }

  /// Takes batches from the traffic, and looks in between whether to go on.
  private static final class Reader {
    private final Traffic traffic;
    private final BooleanSupplier stop;
    private final LongConsumer progress;
    private long read;

    Reader(Traffic traffic, BooleanSupplier stop, LongConsumer progress) {
      this.traffic = traffic;
      this.stop = stop;
      this.progress = progress;
    }

    boolean stopped() {
      return stop.getAsBoolean();
    }

    boolean next(PacketBatch batch) {
      boolean any = traffic.fill(batch);
      read += batch.size;
      progress.accept(read);
      return any;
    }
  }

  /// Whether it was asked to end early.
  private boolean alone(Reader reader) {
    PacketBatch batch = new PacketBatch();
    Lane lane = lanes.getFirst();
    while (!reader.stopped()) {
      if (!reader.next(batch) || !lane.process(batch)) {
        return false;
      }
    }
    return true;
  }

  /// A lane with its thread, the batches sent to it, and those that come back empty.
  private static final class Worker implements Runnable {
    private final Lane lane;
    private final AtomicReference<@Nullable Throwable> failure;
    private final BlockingQueue<PacketBatch> full = new ArrayBlockingQueue<>(QUEUE + 1);
    private final BlockingQueue<PacketBatch> empty = new ArrayBlockingQueue<>(QUEUE + 1);
    private PacketBatch filling = new PacketBatch();

    Worker(Lane lane, AtomicReference<@Nullable Throwable> failure) {
      this.lane = lane;
      this.failure = failure;
      for (int i = 0; i < QUEUE; i++) {
        empty.add(new PacketBatch());
      }
    }

    @Override
    public void run() {
      try {
        boolean working = true;
        for (PacketBatch batch = full.take(); batch != END; batch = full.take()) {
          // After a fault the queue is only emptied, so that the reader never waits for ever.
          if (working && failure.get() == null && !lane.process(batch)) {
            working = false;
            ProgramFault fault = lane.fault();
            failure.compareAndSet(null, fault);
          }
          batch.size = 0;
          empty.put(batch);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (RuntimeException | Error e) {
        failure.set(e);
        drain();
      }
    }

    private void drain() {
      try {
        for (PacketBatch batch = full.take(); batch != END; batch = full.take()) {
          batch.size = 0;
          empty.put(batch);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    void add(PacketBatch from, int i) throws InterruptedException {
      if (filling.size > 0 && filling.source != from.source) {
        send();
      }
      filling.source = from.source;
      filling.add(from, i);
      if (filling.full()) {
        send();
      }
    }

    void send() throws InterruptedException {
      if (filling.size > 0) {
        full.put(filling);
        filling = empty.take();
      }
    }

    void end() throws InterruptedException {
      send();
      full.put(END);
    }
  }

  private boolean dealing(Reader reader) {
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    List<Worker> workers = lanes.stream().map(lane -> new Worker(lane, failure)).toList();
    List<Thread> threads = new ArrayList<>();
    for (Worker worker : workers) {
      threads.add(Thread.ofPlatform().name("replay-" + threads.size()).daemon().start(worker));
    }
    boolean stopped;
    try {
      stopped = deal(reader, workers, failure);
      for (Worker worker : workers) {
        worker.end();
      }
      for (Thread thread : threads) {
        thread.join();
      }
    } catch (InterruptedException e) {
      threads.forEach(Thread::interrupt);
      Thread.currentThread().interrupt();
      return true;
    } catch (RuntimeException e) {
      threads.forEach(Thread::interrupt);
      throw e;
    }
    switch (failure.get()) {
      case null -> {}
      case ProgramFault _ -> {}
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case Throwable e -> throw new IllegalStateException(e);
    }
    return stopped;
  }

  private static boolean deal(
      Reader reader, List<Worker> workers, AtomicReference<@Nullable Throwable> failure)
      throws InterruptedException {
    PacketBatch batch = new PacketBatch();
    while (!reader.stopped()) {
      if (failure.get() != null || !reader.next(batch)) {
        return false;
      }
      for (int i = 0; i < batch.size; i++) {
        workers.get(laneNumber(batch, i, workers.size())).add(batch, i);
      }
    }
    return true;
  }
}
