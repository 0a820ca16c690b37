package io.bpf4j.map;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.mem.Cpu;
import io.bpf4j.mem.Memory;
import io.bpf4j.prog.MapSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Readers that take no lock beside a writer that changes everything around what they look for.
final class MapConcurrencyTest {
  private static final int STABLE = 32;

  /// More than most machines' CPUs left over, so that readers are interrupted in mid-lookup.
  private static final int READERS = 2 + Runtime.getRuntime().availableProcessors();

  private static final long NANOS = 700_000_000L;

  /// Makes the key of a number at an address.
  @FunctionalInterface
  private interface Keys {
    void write(long address, int number);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 4, 8, 16, 20})
  void keysThatStayAreNeverMissedInAHash(int keySize) throws Exception {
    // Small enough that probe sequences overlap and removals move slots all the time.
    RuntimeMap map = Maps.create(MapSpec.of("h", MapTypes.HASH, keySize, 8, 2 * STABLE, 0), 2);
    stress(map, keySize, (at, n) -> Memory.store(at, keySize < 4 ? 2 : 4, n));
  }

  /// The worst case for a lookup without a lock: all keys share a home slot, so that a reader goes
  /// through a long run, in which every removal moves what stands behind it.
  @Test
  void keysOfOneLongRunAreNeverMissedInAHash() throws Exception {
    int slots = 4 * STABLE;
    int[] numbers =
        IntStream.iterate(1, n -> n + 1)
            .filter(n -> (Words.mix(n) & slots - 1) == 0)
            .limit(4 * STABLE)
            .toArray();
    RuntimeMap map = Maps.create(MapSpec.of("h", MapTypes.HASH, 4, 8, 2 * STABLE, 0), 2);
    stress(map, 4, (at, n) -> Memory.putInt(at, numbers[n]));
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 16, 20})
  void prefixesThatStayAreNeverMissedInATrie(int dataSize) throws Exception {
    RuntimeMap map =
        Maps.create(
            MapSpec.of(
                "t", MapTypes.LPM_TRIE, 4 + dataSize, 8, 2 * STABLE, MapFlags.BPF_F_NO_PREALLOC),
            2);
    stress(
        map,
        4 + dataSize,
        (at, n) -> {
          // Stable keys are full prefixes; the others end anywhere, above them and between them.
          Memory.putInt(at, n < STABLE ? 8 * dataSize : n % (8 * dataSize));
          Memory.putInt(at + dataSize, Integer.reverseBytes(n < STABLE ? n : n % STABLE));
        });
  }

  private static void stress(RuntimeMap map, int keyBytes, Keys keys) throws Exception {
    Cpu cpu = new Cpu(0);
    long key = OffHeap.of(new byte[keyBytes]);
    long value = OffHeap.of(new byte[8]);
    // Some keys that will go stand before those that stay.
    for (int n = 3 * STABLE / 2; n-- > 0; ) {
      keys.write(key, n);
      Memory.putLong(value, n);
      assertThat(map.update(cpu, key, value, 0)).isZero();
    }
    AtomicBoolean stop = new AtomicBoolean();
    try (ExecutorService pool = Executors.newCachedThreadPool()) {
      Future<Long> writer = pool.submit(() -> churn(map, keyBytes, keys, stop));
      List<Future<Long>> readers = new ArrayList<>();
      for (int i = 0; i < READERS; i++) {
        readers.add(pool.submit(() -> read(map, keyBytes, keys)));
      }
      try {
        for (Future<Long> reader : readers) {
          assertThat(reader.get()).isGreaterThan(1000);
        }
      } finally {
        stop.set(true);
      }
      assertThat(writer.get()).isGreaterThan(1000);
    }
    assertThat(map.entries().size()).isBetween(STABLE, 2 * STABLE);
  }

  private static long read(RuntimeMap map, int keyBytes, Keys keys) {
    Cpu cpu = new Cpu(0);
    long key = OffHeap.of(new byte[keyBytes]);
    long end = System.nanoTime() + NANOS;
    long reads = 0;
    while (System.nanoTime() < end) {
      for (int n = 0; n < STABLE; n++) {
        keys.write(key, n);
        long found = map.lookup(cpu, key);
        if (found == 0 || Memory.getLong(found) != n) {
          throw new AssertionError(
              "key " + n + (found == 0 ? " missed" : " has " + Memory.getLong(found)));
        }
        reads++;
      }
    }
    return reads;
  }

  /// Adds, replaces and removes the keys that do not stay.
  private static long churn(RuntimeMap map, int keyBytes, Keys keys, AtomicBoolean stop) {
    Cpu cpu = new Cpu(1);
    long key = OffHeap.of(new byte[keyBytes]);
    long value = OffHeap.of(new byte[8]);
    Random random = new Random(1);
    long changes = 0;
    while (!stop.get()) {
      int n = STABLE + random.nextInt(3 * STABLE);
      keys.write(key, n);
      Memory.putLong(value, n);
      if (random.nextBoolean()) {
        map.update(cpu, key, value, 0);
      } else {
        map.delete(cpu, key);
      }
      changes++;
    }
    return changes;
  }
}
