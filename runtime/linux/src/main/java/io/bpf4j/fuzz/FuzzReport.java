package io.bpf4j.fuzz;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/// What a search has found so far. Any thread may read and write it.
public final class FuzzReport {
  private final LongAdder programs = new LongAdder();
  private final LongAdder steady = new LongAdder();
  private final Map<String, LongAdder> refusals = new ConcurrentHashMap<>();
  private final List<Mismatch> mismatches = new CopyOnWriteArrayList<>();

  FuzzReport() {}

  /// Executions that differ.
  ///
  /// @param what which and how
  /// @param folder where the reproducer is
  public record Mismatch(String what, java.nio.file.Path folder) {}

  void tried(@Nullable String refusal) {
    programs.increment();
    if (refusal != null) {
      // Numbers differ from program to program.
      String kind = refusal.replaceAll("-?\\b(0x[0-9a-f]+|[0-9]+)\\b", "N");
      refusals.computeIfAbsent(kind, _ -> new LongAdder()).increment();
    }
  }

  void ranSteadily() {
    steady.increment();
  }

  void mismatch(Mismatch mismatch) {
    mismatches.add(mismatch);
  }

  /// Programs that were run and compared.
  public long programs() {
    return programs.sum();
  }

  /// Programs that were run in other JVMs until C2 had compiled them, once for each memory backend.
  public long steady() {
    return steady.sum();
  }

  /// Programs that the kernel's verifier refused, so that only the engines were compared.
  public long refused() {
    return refusals.values().stream().mapToLong(LongAdder::sum).sum();
  }

  /// Why, the most frequent first: `17 R0 !read_ok`.
  public List<String> refusals() {
    return refusals.entrySet().stream()
        .sorted(
            Comparator.comparingLong((Map.Entry<String, LongAdder> e) -> -e.getValue().sum())
                .thenComparing(Map.Entry::getKey))
        .map(e -> e.getValue().sum() + " " + e.getKey())
        .toList();
  }

  public List<Mismatch> mismatches() {
    return List.copyOf(mismatches);
  }
}
