package io.bpf4j.map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.bpf4j.error.ErrnoException;
import io.bpf4j.error.UnsupportedException;
import io.bpf4j.prog.MapSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Random sequences of operations, on our maps and on the kernel of this machine: the same answers
/// step by step, the same contents in the end.
final class LiveKernelMapTest {
  private static final int STEPS = 3000;
  private static final long[] FLAGS = {0, 0, 0, 0, 1, 1, 2, 2, 3, 4, 5, 8, 1L << 32, -1};

  @BeforeAll
  static void liveKernel() {
    String why = LiveBpf.unavailable();
    assumeTrue(why == null, why);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 8, 12, 16, 20, 40})
  void hashMapsAnswerAsTheKernel(int keySize) throws Exception {
    for (int flags : new int[] {0, MapFlags.BPF_F_NO_PREALLOC}) {
      compare(MapSpec.of("h", MapTypes.HASH, keySize, 12, 20, flags), keySize * 31L + flags);
    }
  }

  @Test
  void arraysAnswerAsTheKernel() throws Exception {
    compare(MapSpec.of("a", MapTypes.ARRAY, 4, 12, 20, 0), 1);
    compare(MapSpec.of("a", MapTypes.ARRAY, 4, 3, 1, 0), 2);
  }

  @Test
  void perCpuArraysAnswerAsTheKernel() throws Exception {
    compare(MapSpec.of("p", MapTypes.PERCPU_ARRAY, 4, 12, 20, 0), 3);
    compare(MapSpec.of("p", MapTypes.PERCPU_ARRAY, 4, 8, 20, 0), 4);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4, 7, 8, 9, 12, 16, 17, 30})
  void triesAnswerAsTheKernel(int dataSize) throws Exception {
    for (int seed = 0; seed < 4; seed++) {
      compare(
          MapSpec.of("t", MapTypes.LPM_TRIE, 4 + dataSize, 12, 25, MapFlags.BPF_F_NO_PREALLOC),
          dataSize * 131L + seed);
    }
  }

  @Test
  void accessModesAnswerAsTheKernel() throws Exception {
    for (int type : new int[] {MapTypes.HASH, MapTypes.ARRAY, MapTypes.LPM_TRIE}) {
      int key = type == MapTypes.LPM_TRIE ? 8 : 4;
      int base = type == MapTypes.LPM_TRIE ? MapFlags.BPF_F_NO_PREALLOC : 0;
      compare(MapSpec.of("r", type, key, 8, 5, base | MapFlags.BPF_F_RDONLY), 5);
      compare(MapSpec.of("w", type, key, 8, 5, base | MapFlags.BPF_F_WRONLY), 6);
    }
  }

  @Test
  void frozenMapsAnswerAsTheKernel() throws Exception {
    MapSpec spec = MapSpec.of("f", MapTypes.ARRAY, 4, 8, 5, 0);
    RuntimeMap ours = Maps.create(spec, 1);
    try (LiveMaps live = LiveMaps.open(spec, 8)) {
      for (int i = 0; i < 2; i++) {
        assertThat(Answer.to(ours::freeze)).isEqualTo(live.freeze());
      }
      byte[] key = new byte[4];
      byte[] value = new byte[8];
      for (long flags : FLAGS) {
        assertThat(Answer.to(() -> ours.updateElem(key, value, flags)))
            .as("update, flags %x", flags)
            .isEqualTo(live.update(key, value, flags));
      }
      assertThat(Answer.to(() -> ours.deleteElem(key))).isEqualTo(live.delete(key));
      assertThat(Answer.to(() -> ours.lookupElem(key))).isEqualTo(live.lookup(key, 0));
    }
  }

  private static void compare(MapSpec spec, long seed) throws Exception {
    int cpus = LiveMaps.possibleCpus();
    RuntimeMap ours = Maps.create(spec, cpus);
    Random random = new Random(seed);
    int valueSize = (int) ours.userValueSize();
    List<byte[]> universe = universe(spec, random);
    try (LiveMaps live = LiveMaps.open(spec, valueSize)) {
      for (int step = 0; step < STEPS; step++) {
        byte[] key = universe.get(random.nextInt(universe.size()));
        long flags = FLAGS[random.nextInt(FLAGS.length)];
        // Full maps and empty ones both come up: the mix of the two drifts.
        int choice = random.nextInt(10);
        boolean filling = step / 200 % 2 == 0;
        if (choice < (filling ? 5 : 2)) {
          byte[] value = new byte[valueSize];
          random.nextBytes(value);
          check(
              spec,
              step,
              "update " + hex(key) + " flags " + flags,
              Answer.to(() -> ours.updateElem(key, value, flags)),
              live.update(key, value, flags));
        } else if (choice < 6) {
          check(
              spec,
              step,
              "delete " + hex(key),
              Answer.to(() -> ours.deleteElem(key)),
              live.delete(key));
        } else if (choice < 8) {
          long lookupFlags = random.nextInt(8) == 0 ? flags : 0;
          check(
              spec,
              step,
              "lookup " + hex(key) + " flags " + lookupFlags,
              Answer.to(() -> ours.lookupElem(key, lookupFlags)),
              live.lookup(key, lookupFlags).cut(valueSize));
        } else if (choice == 8) {
          long lookupFlags = random.nextInt(4) == 0 ? flags : 0;
          check(
              spec,
              step,
              "lookup_and_delete " + hex(key) + " flags " + lookupFlags,
              Answer.to(() -> ours.lookupAndDeleteElem(key, lookupFlags)),
              live.lookupAndDelete(key, lookupFlags).cut(valueSize));
        } else {
          byte[] from = random.nextInt(5) == 0 ? null : key;
          Answer mine = Answer.to(() -> ours.nextKey(from));
          Answer theirs = live.next(from, spec.keySize());
          if (spec.type() == MapTypes.HASH) {
            // The kernel's order is its own; that there is a next key may depend on it.
            if (from == null) {
              assertThat(mine.errno()).isEqualTo(theirs.errno());
            }
          } else {
            check(spec, step, "next of " + (from == null ? "null" : hex(from)), mine, theirs);
          }
        }
      }
      if ((spec.flags() & MapFlags.BPF_F_WRONLY) == 0) {
        assertThat(dump(ours)).as("%s contents", spec).isEqualTo(dump(spec, live, valueSize));
      }
    }
  }

  private static void check(MapSpec spec, int step, String what, Answer ours, Answer kernel) {
    assertThat(ours).as("%s, step %d: %s", spec, step, what).isEqualTo(kernel);
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  private static List<byte[]> universe(MapSpec spec, Random random) {
    List<byte[]> keys = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      byte[] key = new byte[spec.keySize()];
      if (spec.type() == MapTypes.LPM_TRIE) {
        // Few distinct bits, so that prefixes nest; some lengths are too long.
        for (int b = 4; b < key.length; b++) {
          key[b] = (byte) (random.nextInt(3) == 0 ? 1 << random.nextInt(8) : 0);
        }
        int bits = (spec.keySize() - 4) * 8;
        int length = random.nextInt(12) == 0 ? bits + random.nextInt(3) : random.nextInt(bits + 1);
        ByteBuffer.wrap(key)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(random.nextInt(50) == 0 ? -1 : length);
      } else if (spec.type() == MapTypes.HASH) {
        random.nextBytes(key);
      } else {
        int index =
            random.nextInt(20) == 0 ? -random.nextInt(3) : random.nextInt(spec.maxEntries() + 2);
        ByteBuffer.wrap(key).order(ByteOrder.LITTLE_ENDIAN).putInt(index);
      }
      keys.add(key);
    }
    return keys;
  }

  private static Map<String, String> dump(RuntimeMap map) {
    Map<String, String> all = new TreeMap<>();
    map.entries().forEach(e -> all.put(hex(e.getKey()), hex(e.getValue())));
    return all;
  }

  private static Map<String, String> dump(MapSpec spec, LiveMaps live, int valueSize) {
    Map<String, String> all = new TreeMap<>();
    Answer next = live.next(null, spec.keySize());
    while (next.errno() == 0) {
      all.put(hex(next.bytes()), hex(live.lookup(next.bytes(), 0).cut(valueSize).bytes()));
      next = live.next(next.bytes(), spec.keySize());
    }
    return all;
  }

  @Test
  void creationAnswersAsTheKernel() {
    int[] keys = {0, 1, 3, 4, 5, 8, 260, 261, 512, 513};
    int[] values = {0, 1, 3, 4, 8, 32767, 32768, 32769};
    int[] entries = {0, 1, 3, 4096};
    int[] extras = {0, 0, 0, 1, 16};
    Random random = new Random(7);
    List<String> differences = new ArrayList<>();
    for (int round = 0; round < 5_000; round++) {
      int type = random.nextInt(36) - 1;
      if (List.of(7, 12, 13, 14, 16, 17, 19, 21, 24, 25, 26, 28, 29, 32).contains(type)) {
        // Need an inner map, BTF or a device, or are not in the table of shapes.
        continue;
      }
      int flags = 0;
      while (random.nextInt(3) != 0 && Integer.bitCount(flags) < 3) {
        flags |= 1 << random.nextInt(14);
      }
      if (type == MapTypes.LPM_TRIE && random.nextInt(3) != 0) {
        flags |= MapFlags.BPF_F_NO_PREALLOC;
      }
      // A token's file, or a NUMA node that is there: other rules.
      flags &= ~(1 << 16);
      add(
          differences,
          new MapSpec(
              "m",
              type,
              pick(random, keys),
              pick(random, values),
              pick(random, entries),
              flags,
              pick(random, extras),
              null,
              false,
              null,
              Map.of()));
    }
    assertThat(differences).isEmpty();
  }

  @Test
  void sizesAtTheirLimitsAnswerAsTheKernel() {
    List<String> differences = new ArrayList<>();
    for (int delta = -2; delta <= 2; delta++) {
      int most = 4 << 20;
      add(differences, MapSpec.of("h", MapTypes.HASH, 8, most - 48 - 8 + delta, 1, 1));
      add(differences, MapSpec.of("l", MapTypes.LPM_TRIE, 8, most - 256 - 24 + delta, 1, 1));
      add(differences, MapSpec.of("l", MapTypes.LPM_TRIE, 8, most - 256 - 40 + delta, 1, 1));
      add(differences, MapSpec.of("q", MapTypes.QUEUE, 0, most + delta, 1, 0));
    }
    for (int huge : new int[] {Integer.MIN_VALUE, Integer.MIN_VALUE + 1, -1}) {
      add(differences, MapSpec.of("h", MapTypes.HASH, 4, 4, huge, 1));
      add(differences, MapSpec.of("h", MapTypes.HASH, 4, huge, 1, 1));
      add(differences, MapSpec.of("a", MapTypes.ARRAY, 4, huge, 1, 0));
    }
    assertThat(differences).isEmpty();
  }

  private static int pick(Random random, int[] from) {
    return from[random.nextInt(from.length)];
  }

  private static void add(List<String> differences, MapSpec spec) {
    int kernel = LiveMaps.tryCreate(spec);
    int ours = 0;
    try {
      Maps.create(spec, 1);
    } catch (ErrnoException e) {
      ours = -e.errno().number();
    } catch (UnsupportedException e) {
      // The shape was accepted.
    }
    if (kernel != ours && differences.size() < 30) {
      differences.add(
          "%s key %d value %d entries %d flags 0x%x extra %d: ours %d, kernel %d"
              .formatted(
                  MapTypes.nameOf(spec.type()),
                  spec.keySize(),
                  spec.valueSize(),
                  spec.maxEntries(),
                  spec.flags(),
                  spec.mapExtra(),
                  ours,
                  kernel));
    }
  }
}
