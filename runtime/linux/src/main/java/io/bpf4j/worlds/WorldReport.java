package io.bpf4j.worlds;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;

/// What a search for worlds has found so far. Any thread may read and write it.
public final class WorldReport {
  private final LongAdder worlds = new LongAdder();
  private final LongAdder lookups = new LongAdder();
  private final LongAdder steps = new LongAdder();
  private final List<Found> differences = new CopyOnWriteArrayList<>();

  WorldReport() {}

  /// A world on which the sides differ.
  ///
  /// @param what the answers
  /// @param file the script, made small
  public record Found(String what, Path file) {}

  void tried(long lookups, long steps) {
    worlds.increment();
    this.lookups.add(lookups);
    this.steps.add(steps);
  }

  void difference(String what, Path file) {
    differences.add(new Found(what, file));
  }

  /// Worlds that were made on both sides.
  public long worlds() {
    return worlds.sum();
  }

  /// Lookups that were compared.
  public long lookups() {
    return lookups.sum();
  }

  /// Steps that were compared, lookups included.
  public long steps() {
    return steps.sum();
  }

  public List<Found> differences() {
    return List.copyOf(differences);
  }
}
