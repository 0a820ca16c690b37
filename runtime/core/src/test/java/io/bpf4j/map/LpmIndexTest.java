package io.bpf4j.map;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.mem.Cpu;
import io.bpf4j.mem.Memory;
import io.bpf4j.prog.MapSpec;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Lookups of whole keys against a list of prefixes that is searched from its start to its end.
final class LpmIndexTest {
  private static final Cpu CPU = new Cpu(0);
  private static final int CAPACITY = 600;

  private final Arena arena = Arena.ofAuto();

  /// A prefix as the model keeps it: its bits as text, so that nothing of the index is used.
  private static String bits(byte[] data, int length) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < length; i++) {
      out.append(data[i >> 3] >> (7 - (i & 7)) & 1);
    }
    return out.toString();
  }

  private static int longest(Map<String, Integer> model, byte[] data) {
    String whole = bits(data, data.length * 8);
    for (int length = whole.length(); length >= 0; length--) {
      Integer value = model.get(whole.substring(0, length));
      if (value != null) {
        return value;
      }
    }
    return -1;
  }

  /// Data that shares its first bits with other data of the run, some more, some less.
  private static byte[] data(SplittableRandom random, int size, List<byte[]> known) {
    byte[] data = new byte[size];
    random.nextBytes(data);
    if (!known.isEmpty() && random.nextInt(4) != 0) {
      byte[] like = known.get(random.nextInt(known.size()));
      int same = random.nextInt(size * 8 + 1);
      for (int i = 0; i < same; i++) {
        int bit = 0x80 >> (i & 7);
        data[i >> 3] = (byte) ((data[i >> 3] & ~bit) | (like[i >> 3] & bit));
      }
    }
    return data;
  }

  private long key(int length, byte[] data) {
    long address = arena.allocate(4 + data.length, 8).address();
    Memory.putInt(address, length);
    Memory.putBytes(address + 4, data);
    return address;
  }

  private static RuntimeMap trie(int dataSize, int capacity) {
    return Maps.create(
        MapSpec.of("t", MapTypes.LPM_TRIE, 4 + dataSize, 4, capacity, MapFlags.BPF_F_NO_PREALLOC),
        1);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 7, 8, 9, 12, 16, 17, 19, 23, 24, 25, 32})
  void theLongestPrefixIsFoundWhateverWasAddedAndRemoved(int size) {
    SplittableRandom random = new SplittableRandom(size);
    RuntimeMap map = trie(size, CAPACITY);
    Map<String, Integer> model = new HashMap<>();
    List<byte[]> known = new ArrayList<>();
    long value = arena.allocate(8, 8).address();
    for (int i = 0; i < 2_000; i++) {
      byte[] data = data(random, size, known);
      int length = random.nextInt(size * 8 + 1);
      if (random.nextInt(5) == 0 && !known.isEmpty()) {
        data = known.get(random.nextInt(known.size()));
      }
      String prefix = bits(data, length);
      if (random.nextInt(3) == 0) {
        boolean there = model.remove(prefix) != null;
        assertThat(map.delete(CPU, key(length, data)) == 0).isEqualTo(there);
      } else if (model.size() < CAPACITY || model.containsKey(prefix)) {
        Memory.putInt(value, i);
        assertThat(map.update(CPU, key(length, data), value, 0)).isZero();
        model.put(prefix, i);
        known.add(data);
      }
      for (int look = 0; look < 3; look++) {
        byte[] wanted = look == 0 ? data : data(random, size, known);
        long found = map.lookup(CPU, key(size * 8, wanted));
        assertThat(found == 0 ? -1 : Memory.getInt(found)).isEqualTo(longest(model, wanted));
      }
    }
    for (String prefix : List.copyOf(model.keySet())) {
      byte[] data = new byte[size];
      for (int i = 0; i < prefix.length(); i++) {
        data[i >> 3] |= (byte) ((prefix.charAt(i) - '0') << (7 - (i & 7)));
      }
      assertThat(map.delete(CPU, key(prefix.length(), data))).isZero();
      model.remove(prefix);
      long found = map.lookup(CPU, key(size * 8, data));
      assertThat(found == 0 ? -1 : Memory.getInt(found)).isEqualTo(longest(model, data));
    }
    assertThat(map.entries()).isEmpty();
  }

  @Test
  void whatIsRemovedIsUsedAgainAndDoesNotPileUp() {
    LpmIndex index = new LpmIndex("t", () -> {});
    SplittableRandom random = new SplittableRandom(7);
    List<long[]> keys = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      keys.add(new long[] {random.nextLong(), random.nextLong(), 0});
    }
    long before = 0;
    for (int round = 0; round < 50; round++) {
      for (int i = 0; i < keys.size(); i++) {
        index.put(40 + i % 80, keys.get(i), 1 + i);
      }
      for (int i = 0; i < keys.size(); i++) {
        index.remove(40 + i % 80, keys.get(i));
      }
      before = round == 4 ? index.bytes() : before;
    }
    assertThat(index.bytes()).isEqualTo(before);
    assertThat(index.find(keys.getFirst()[0], keys.getFirst()[1])).isZero();
  }
}
