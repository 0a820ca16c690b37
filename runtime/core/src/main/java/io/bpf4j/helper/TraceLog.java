package io.bpf4j.helper;

import java.util.ArrayDeque;
import java.util.List;

/// The lines that programs printed with `bpf_trace_printk`, oldest first. It keeps the newest
/// [#CAPACITY] and counts the rest, so that a program that prints on every packet cannot fill the
/// heap. Safe for many threads.
public final class TraceLog {
  /// Lines kept.
  public static final int CAPACITY = 10_000;

  private final ArrayDeque<Line> lines = new ArrayDeque<>();
  private long dropped;

  /// A printed line.
  ///
  /// @param cpu the CPU slot that printed it
  /// @param nanos the simulated time
  /// @param text without its newline
  public record Line(int cpu, long nanos, String text) {}

  /// Adds a line.
  public synchronized void append(int cpu, long nanos, String text) {
    if (lines.size() == CAPACITY) {
      lines.removeFirst();
      dropped++;
    }
    lines.addLast(new Line(cpu, nanos, text));
  }

  /// The lines kept, oldest first.
  public synchronized List<Line> lines() {
    return List.copyOf(lines);
  }

  /// How many older lines were thrown away.
  public synchronized long dropped() {
    return dropped;
  }

  /// Forgets everything.
  public synchronized void clear() {
    lines.clear();
    dropped = 0;
  }
}
