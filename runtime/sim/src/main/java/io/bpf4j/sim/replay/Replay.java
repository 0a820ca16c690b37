package io.bpf4j.sim.replay;

import io.bpf4j.error.ProgramFault;
import io.bpf4j.sim.scenario.NetnsSpec;
import io.bpf4j.sim.scenario.ReplayOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/// Streams the packets of a traffic through the lookup. With one thread, reading and looking up
/// take turns on the caller's; with more, the caller reads and deals the packets out.
final class Replay {
  /// Batches on their way to a lane: enough that neither side waits for the other all the time.
  private static final int QUEUE = 16;

  private static final PacketBatch END = new PacketBatch();

  private final Traffic traffic;
  private final List<Lane> lanes;
  private final BooleanSupplier stop;
  private final LongConsumer progress;
  private long read;

  private Replay(Traffic traffic, List<Lane> lanes, BooleanSupplier stop, LongConsumer progress) {
    this.traffic = traffic;
    this.lanes = List.copyOf(lanes);
    this.stop = stop;
    this.progress = progress;
  }

  /// What came of a replay.
  ///
  /// @param totals the counts
  /// @param nanos how long it took, reading included
  /// @param stopped whether it was asked to end early
  /// @param fault what stopped it, or null
  record Outcome(Totals totals, long nanos, boolean stopped, @Nullable Fault fault) {}

  /// Replays a traffic.
  ///
  /// @param lookups one for each thread
  /// @param listener is told of each packet; only with one thread
  /// @param stop asked between batches whether to end early
  /// @param progress told between batches how many packets were read
  static Outcome run(
      Traffic traffic,
      List<NetnsSpec> netns,
      ReplayOptions options,
      List<? extends Lookups> lookups,
      int sockets,
      int links,
      @Nullable PacketListener listener,
      BooleanSupplier stop,
      LongConsumer progress) {
    if (listener != null && lookups.size() != 1) {
      throw new IllegalArgumentException("a listener wants the packets in order: one thread");
    }
    List<LocalAddresses> local = netns.stream().map(LocalAddresses::new).toList();
    int share = Math.ceilDiv(options.maxConnections(), lookups.size());
    List<Lane> lanes = new ArrayList<>();
    for (Lookups lookup : lookups) {
      lanes.add(new Lane(lookup, local, options, share, new Totals(sockets, links), listener));
    }
    Replay replay = new Replay(traffic, lanes, stop, progress);
    long start = System.nanoTime();
    boolean stopped = lanes.size() == 1 ? replay.alone() : replay.dealing();
    long nanos = System.nanoTime() - start;
    Totals totals = new Totals(sockets, links);
    for (Lane lane : lanes) {
      lane.finish();
      totals.add(lane.totals());
    }
    return new Outcome(totals, nanos, stopped, replay.fault());
  }

  private @Nullable Fault fault() {
    for (Lane lane : lanes) {
      ProgramFault cause = lane.fault();
      if (cause != null) {
        return new Fault(lane.faultFrame(), traffic.name(lane.faultSource()), cause);
      }
    }
    return null;
  }

  private boolean next(PacketBatch batch) {
    boolean any = traffic.fill(batch);
    read += batch.size;
    progress.accept(read);
    return any;
  }

  /// Whether it was asked to end early.
  private boolean alone() {
    PacketBatch batch = new PacketBatch();
    Lane lane = lanes.getFirst();
    while (!stop.getAsBoolean()) {
      if (!next(batch) || !lane.process(batch)) {
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

  private boolean dealing() {
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    List<Worker> workers = lanes.stream().map(lane -> new Worker(lane, failure)).toList();
    List<Thread> threads = new ArrayList<>();
    for (Worker worker : workers) {
      threads.add(Thread.ofPlatform().name("replay-" + threads.size()).daemon().start(worker));
    }
    boolean stopped;
    try {
      stopped = deal(workers, failure);
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

  private boolean deal(List<Worker> workers, AtomicReference<@Nullable Throwable> failure)
      throws InterruptedException {
    PacketBatch batch = new PacketBatch();
    while (!stop.getAsBoolean()) {
      if (failure.get() != null || !next(batch)) {
        return false;
      }
      for (int i = 0; i < batch.size; i++) {
        // The upper half: the lower bits choose the place in the connection table.
        int lane = (int) Long.remainderUnsigned(batch.hash[i] >>> 32, workers.size());
        workers.get(lane).add(batch, i);
      }
    }
    return true;
  }
}
