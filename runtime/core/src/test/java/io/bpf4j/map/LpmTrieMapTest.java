package io.bpf4j.map;

import static io.bpf4j.map.ArrayMapTest.assertErrno;
import static io.bpf4j.map.OffHeap.prefix;
import static io.bpf4j.map.OffHeap.u32;
import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.error.Errno;
import io.bpf4j.mem.Cpu;
import io.bpf4j.mem.Memory;
import io.bpf4j.mem.Region;
import io.bpf4j.prog.MapSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LpmTrieMapTest {
  private static final Cpu CPU = new Cpu(0);

  private static RuntimeMap trie(int dataSize, int entries) {
    return Maps.create(
        MapSpec.of("t", MapTypes.LPM_TRIE, 4 + dataSize, 4, entries, MapFlags.BPF_F_NO_PREALLOC),
        1);
  }

  @Test
  void theLongestPrefixWins() {
    RuntimeMap map = trie(4, 4);
    map.updateElem(prefix(0, 0, 0, 0, 0), u32(1), 0);
    map.updateElem(prefix(8, 10, 0, 0, 0), u32(2), 0);
    map.updateElem(prefix(24, 10, 1, 2, 0), u32(3), 0);
    assertThat(map.lookupElem(prefix(32, 10, 1, 2, 200))).isEqualTo(u32(3));
    assertThat(map.lookupElem(prefix(32, 10, 9, 2, 200))).isEqualTo(u32(2));
    assertThat(map.lookupElem(prefix(32, 11, 1, 2, 3))).isEqualTo(u32(1));
    assertThat(Memory.getInt(map.lookup(CPU, OffHeap.of(prefix(32, 10, 1, 2, 9))))).isEqualTo(3);
  }

  @Test
  void prefixesLongerThanTheKeysDoNotMatch() {
    RuntimeMap map = trie(4, 4);
    map.updateElem(prefix(24, 10, 1, 2, 0), u32(3), 0);
    assertErrno(Errno.ENOENT, () -> map.lookupElem(prefix(16, 10, 1, 2, 0)));
    map.updateElem(prefix(8, 10, 0, 0, 0), u32(2), 0);
    assertThat(map.lookupElem(prefix(16, 10, 1, 2, 0))).isEqualTo(u32(2));
    assertThat(map.lookupElem(prefix(24, 10, 1, 2, 0))).isEqualTo(u32(3));
  }

  @Test
  void aPrefixLengthBeyondTheDataIsNoMatchOrEinval() {
    RuntimeMap map = trie(4, 4);
    map.updateElem(prefix(0, 0, 0, 0, 0), u32(1), 0);
    byte[] tooLong = prefix(33, 0, 0, 0, 0);
    assertThat(map.lookup(CPU, OffHeap.of(tooLong))).isZero();
    assertErrno(Errno.ENOENT, () -> map.lookupElem(tooLong));
    assertErrno(Errno.EINVAL, () -> map.updateElem(tooLong, u32(1), 0));
    assertErrno(Errno.EINVAL, () -> map.deleteElem(tooLong));
    assertThat(map.delete(CPU, OffHeap.of(prefix(-1, 0, 0, 0, 0))))
        .isEqualTo(Errno.EINVAL.negated());
  }

  @Test
  void noexistAndExistMeanTheExactPrefix() {
    RuntimeMap map = trie(4, 4);
    map.updateElem(prefix(8, 10, 0, 0, 0), u32(1), MapFlags.BPF_NOEXIST);
    assertErrno(
        Errno.ENOENT, () -> map.updateElem(prefix(16, 10, 0, 0, 0), u32(1), MapFlags.BPF_EXIST));
    assertErrno(
        Errno.EEXIST, () -> map.updateElem(prefix(8, 10, 9, 9, 9), u32(1), MapFlags.BPF_NOEXIST));
    map.updateElem(prefix(8, 10, 9, 9, 9), u32(5), MapFlags.BPF_EXIST);
    assertThat(map.entries()).hasSize(1);
    assertThat(map.lookupElem(prefix(32, 10, 0, 0, 1))).isEqualTo(u32(5));
  }

  @Test
  void aFullTrieIsEnospcButReplaces() {
    RuntimeMap map = trie(4, 2);
    map.updateElem(prefix(8, 1, 0, 0, 0), u32(1), 0);
    map.updateElem(prefix(8, 2, 0, 0, 0), u32(2), 0);
    assertErrno(Errno.ENOSPC, () -> map.updateElem(prefix(8, 3, 0, 0, 0), u32(3), 0));
    for (int i = 0; i < 200; i++) {
      map.updateElem(prefix(8, 2, 0, 0, 0), u32(i), 0);
    }
    assertThat(map.lookupElem(prefix(8, 2, 0, 0, 0))).isEqualTo(u32(199));
    map.deleteElem(prefix(8, 1, 0, 0, 0));
    map.updateElem(prefix(8, 3, 0, 0, 0), u32(3), 0);
  }

  @Test
  void anIntermediateNodeTakesAValueOnlyWhenThereIsRoom() {
    RuntimeMap map = trie(1, 2);
    map.updateElem(prefix(8, 0b0000_0000), u32(1), 0);
    map.updateElem(prefix(8, 0b0001_0000), u32(2), 0);
    assertErrno(Errno.ENOSPC, () -> map.updateElem(prefix(3, 0), u32(3), 0));
    assertErrno(Errno.ENOENT, () -> map.updateElem(prefix(3, 0), u32(3), MapFlags.BPF_EXIST));
    assertErrno(Errno.ENOENT, () -> map.deleteElem(prefix(3, 0)));
  }

  @Test
  void deletingMeansTheExactPrefix() {
    RuntimeMap map = trie(4, 4);
    map.updateElem(prefix(8, 10, 0, 0, 0), u32(1), 0);
    assertErrno(Errno.ENOENT, () -> map.deleteElem(prefix(9, 10, 0, 0, 0)));
    assertErrno(Errno.ENOENT, () -> map.deleteElem(prefix(7, 10, 0, 0, 0)));
    map.deleteElem(prefix(8, 10, 7, 7, 7));
    assertThat(map.entries()).isEmpty();
  }

  @Test
  void mostSpecificPrefixesAreWalkedFirst() {
    RuntimeMap map = trie(4, 5);
    byte[] all = prefix(0, 0, 0, 0, 0);
    byte[] net = prefix(8, 10, 0, 0, 0);
    byte[] low = prefix(24, 10, 1, 0, 0);
    byte[] high = prefix(24, 10, 2, 0, 0);
    for (byte[] key : List.of(net, all, high, low)) {
      map.updateElem(key, u32(0), 0);
    }
    assertThat(map.nextKey(null)).isEqualTo(low);
    assertThat(map.nextKey(low)).isEqualTo(high);
    assertThat(map.nextKey(high)).isEqualTo(net);
    assertThat(map.nextKey(net)).isEqualTo(all);
    assertErrno(Errno.ENOENT, () -> map.nextKey(all));
    assertThat(map.nextKey(prefix(9, 1, 2, 3, 4))).isEqualTo(low);
    assertThat(map.entries().stream().map(e -> (Object) e.getKey()).toList())
        .containsExactly(low, high, net, all);
  }

  @Test
  void readingAndDeletingAtOnceIsNotOffered() {
    assertErrno(Errno.ENOTSUPP, () -> trie(4, 1).lookupAndDeleteElem(prefix(8, 0, 0, 0, 0), 0));
  }

  @Test
  void aReplacedValuesBytesOutliveTheUpdate() {
    RuntimeMap map = trie(4, 2);
    map.updateElem(prefix(8, 10, 0, 0, 0), u32(1), 0);
    long held = map.lookup(CPU, OffHeap.of(prefix(32, 10, 0, 0, 0)));
    map.updateElem(prefix(8, 10, 0, 0, 0), u32(2), 0);
    assertThat(Memory.getInt(held)).isEqualTo(1);
  }

  @Test
  void programsCanTouchValuesOnly() {
    RuntimeMap map = trie(4, 2);
    map.updateElem(prefix(8, 10, 0, 0, 0), u32(1), 0);
    Region region = map.valueRegions(0).getFirst();
    long value = map.lookup(CPU, OffHeap.of(prefix(32, 10, 0, 0, 0)));
    assertThat(region.holds(value, 4)).isTrue();
    assertThat(region.holds(value + 4, 1)).isFalse();
  }

  /// A prefix of the model.
  private record Entry(byte[] key, int value) {
    boolean matches(byte[] other) {
      int length = key[0] & 0xff;
      return length <= (other[0] & 0xff) && common(other) >= length;
    }

    int common(byte[] other) {
      int bits = 0;
      while (bits < (key.length - 4) * 8
          && (key[4 + bits / 8] >> (7 - bits % 8) & 1)
              == (other[4 + bits / 8] >> (7 - bits % 8) & 1)) {
        bits++;
      }
      return bits;
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 6, 8, 9, 12, 16, 17, 24})
  void everyDataSizeAgreesWithAListOfPrefixes(int dataSize) {
    RuntimeMap map = trie(dataSize, 40);
    List<Entry> model = new ArrayList<>();
    Random random = new Random(dataSize);
    long key = OffHeap.of(new byte[4 + dataSize]);
    long value = OffHeap.of(new byte[4]);
    for (int step = 0; step < 20_000; step++) {
      byte[] bytes = randomKey(random, dataSize);
      Memory.putBytes(key, bytes);
      Memory.putInt(value, step);
      Entry same =
          model.stream()
              .filter(e -> e.key()[0] == bytes[0] && e.common(bytes) >= (bytes[0] & 0xff))
              .findFirst()
              .orElse(null);
      if (random.nextInt(3) != 0) {
        long expected = same != null || model.size() < 40 ? 0 : Errno.ENOSPC.negated();
        assertThat(map.update(CPU, key, value, 0)).isEqualTo(expected);
        if (expected == 0) {
          model.remove(same);
          model.add(new Entry(bytes, step));
        }
      } else {
        assertThat(map.delete(CPU, key)).isEqualTo(same != null ? 0 : Errno.ENOENT.negated());
        model.remove(same);
      }
      byte[] wanted = randomKey(random, dataSize);
      Memory.putBytes(key, wanted);
      int best = -1;
      int expected = -1;
      for (Entry entry : model) {
        if (entry.matches(wanted) && (entry.key()[0] & 0xff) > best) {
          best = entry.key()[0] & 0xff;
          expected = entry.value();
        }
      }
      long found = map.lookup(CPU, key);
      assertThat(found == 0 ? -1 : Memory.getInt(found)).as("step %d", step).isEqualTo(expected);
    }
    assertThat(map.entries()).hasSize(model.size());
  }

  private static byte[] randomKey(Random random, int dataSize) {
    byte[] key = new byte[4 + dataSize];
    key[0] = (byte) random.nextInt(dataSize * 8 + 1);
    for (int i = 4; i < key.length; i++) {
      key[i] = (byte) (random.nextInt(4) == 0 ? 1 << random.nextInt(8) : 0);
    }
    return key;
  }

  @Test
  void aMillionPrefixesFit() {
    int million = 1_000_000;
    RuntimeMap map = trie(4, million);
    Random random = new Random(5);
    long key = OffHeap.of(new byte[8]);
    long value = OffHeap.of(new byte[4]);
    int made = 0;
    while (made < million) {
      Memory.putInt(key, 32 - random.nextInt(17));
      Memory.putInt(key + 4, random.nextInt());
      Memory.putInt(value, made);
      if (map.update(CPU, key, value, MapFlags.BPF_NOEXIST) == 0) {
        made++;
      }
    }
    assertThat(map.update(CPU, OffHeap.of(prefix(1, 0, 0, 0, 0)), value, 0))
        .isEqualTo(Errno.ENOSPC.negated());
    assertThat(map.lookup(CPU, key)).isNotZero();
  }
}
