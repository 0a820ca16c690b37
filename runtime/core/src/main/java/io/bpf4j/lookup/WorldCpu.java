package io.bpf4j.lookup;

import io.bpf4j.helper.HostCpu;
import io.bpf4j.helper.TraceLog;
import io.bpf4j.mem.Region;
import io.bpf4j.reuseport.ClassicView;
import io.bpf4j.sklookup.Verdicts;
import io.bpf4j.sock.Probe;
import io.bpf4j.sock.ReuseportGroup;
import io.bpf4j.sock.Sock;
import io.bpf4j.sock.SockSlots;
import io.bpf4j.sock.SockSource;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/// A CPU of a world: the slot that a lookup runs on, for one thread at a time. Its clock stands
/// where it was last set; its random numbers come from the world's seed.
public final class WorldCpu extends HostCpu implements SockSource, ClassicView.Randoms {
  private final SockSlots slots;
  private final TraceLog traceLog;
  private final SplittableRandom random;
  private final GroupRuns groups = new GroupRuns(this);
  private final Probe probe = new Probe(groups);
  private final Verdicts verdicts = new Verdicts();
  private long nanos;

  public WorldCpu(int index, SockSlots slots, TraceLog traceLog, long seed) {
    super(index);
    this.slots = slots;
    this.traceLog = traceLog;
    this.random = new SplittableRandom(seed);
    this.probe.cpu = index;
  }

  @Override
  public long clockNanos() {
    return nanos;
  }

  /// Sets the clock: simulated nanoseconds since boot.
  public void clockNanos(long nanos) {
    this.nanos = nanos;
  }

  @Override
  public int nextRandom() {
    return random.nextInt();
  }

  @Override
  public TraceLog traceLog() {
    return traceLog;
  }

  /// Sockets, and the packet while a program of a reuseport group runs.
  @Override
  public @Nullable Region hostRegion(long address) {
    Region sockets = slots.regionOf(address);
    return sockets != null ? sockets : groups.regionOf(address);
  }

  @Override
  public @Nullable ReuseportGroup asked() {
    return groups.asked();
  }

  @Override
  public @Nullable Sock askedThrough() {
    return groups.through();
  }

  /// Sets what the packets of the next lookups carry behind their transport header, which programs
  /// of reuseport groups can read.
  public void payload(byte[] bytes) {
    groups.packet().payload(bytes);
  }

  @Override
  public @Nullable Sock ofPointer(long pointer) {
    return slots.ofPointer(pointer);
  }

  Probe probe() {
    return probe;
  }

  GroupRuns groups() {
    return groups;
  }

  Verdicts verdicts() {
    return verdicts;
  }
}
