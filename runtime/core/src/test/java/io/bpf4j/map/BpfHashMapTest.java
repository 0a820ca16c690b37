package io.bpf4j.map;

import static io.bpf4j.map.ArrayMapTest.assertErrno;
import static io.bpf4j.map.OffHeap.u32;
import static io.bpf4j.map.OffHeap.u64;
import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.error.Errno;
import io.bpf4j.mem.Cpu;
import io.bpf4j.mem.Memory;
import io.bpf4j.mem.Region;
import io.bpf4j.prog.MapSpec;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class BpfHashMapTest {
  private static final Cpu CPU = new Cpu(0);

  private static RuntimeMap hash(int keySize, int valueSize, int entries) {
    return Maps.create(MapSpec.of("h", MapTypes.HASH, keySize, valueSize, entries, 0), 2);
  }

  @Test
  void anAbsentKeyIsNullForProgramsAndEnoentForUsers() {
    RuntimeMap map = hash(4, 8, 4);
    assertThat(map.lookup(CPU, OffHeap.of(u32(0)))).isZero();
    assertThat(map.delete(CPU, OffHeap.of(u32(0)))).isEqualTo(Errno.ENOENT.negated());
    assertErrno(Errno.ENOENT, () -> map.lookupElem(u32(0)));
    assertErrno(Errno.ENOENT, () -> map.deleteElem(u32(0)));
  }

  @Test
  void noexistAndExistAreHonoured() {
    RuntimeMap map = hash(4, 8, 4);
    long key = OffHeap.of(u32(1));
    long value = OffHeap.of(u64(5));
    assertThat(map.update(CPU, key, value, MapFlags.BPF_EXIST)).isEqualTo(Errno.ENOENT.negated());
    assertThat(map.update(CPU, key, value, MapFlags.BPF_NOEXIST)).isZero();
    assertThat(map.update(CPU, key, value, MapFlags.BPF_NOEXIST)).isEqualTo(Errno.EEXIST.negated());
    assertThat(map.update(CPU, key, value, MapFlags.BPF_EXIST)).isZero();
    for (long flags : new long[] {3, 4, 8, 1L << 32, -1}) {
      assertThat(map.update(CPU, key, value, flags)).isEqualTo(Errno.EINVAL.negated());
    }
  }

  @Test
  void aFullMapRefusesNewKeysAndReplacesOldOnes() {
    for (int flags : new int[] {0, MapFlags.BPF_F_NO_PREALLOC}) {
      RuntimeMap map = Maps.create(MapSpec.of("h", MapTypes.HASH, 4, 8, 2, flags), 1);
      map.updateElem(u32(1), u64(1), 0);
      map.updateElem(u32(2), u64(2), 0);
      assertErrno(Errno.E2BIG, () -> map.updateElem(u32(3), u64(3), 0));
      map.updateElem(u32(2), u64(22), 0);
      assertThat(map.lookupElem(u32(2))).isEqualTo(u64(22));
      map.deleteElem(u32(1));
      map.updateElem(u32(3), u64(3), 0);
      assertThat(map.entries()).hasSize(2);
    }
  }

  @Test
  void readingAndDeletingAtOnceGivesTheValue() {
    RuntimeMap map = hash(4, 8, 2);
    map.updateElem(u32(1), u64(9), 0);
    assertThat(map.lookupAndDeleteElem(u32(1), 0)).isEqualTo(u64(9));
    assertErrno(Errno.ENOENT, () -> map.lookupAndDeleteElem(u32(1), 0));
    assertErrno(Errno.EINVAL, () -> map.lookupAndDeleteElem(u32(1), 1));
  }

  @Test
  void theKeyAfterAnUnknownOneIsTheFirst() {
    RuntimeMap map = hash(4, 8, 8);
    assertErrno(Errno.ENOENT, () -> map.nextKey(null));
    map.updateElem(u32(1), u64(1), 0);
    map.updateElem(u32(2), u64(2), 0);
    assertThat(map.nextKey(u32(99))).isEqualTo(map.nextKey(null));
  }

  @Test
  void aWalkThatUpdatesAndDeletesMeetsEveryKeyOnce() {
    RuntimeMap map = hash(4, 8, 500);
    Random random = new Random(1);
    Set<Integer> expected = new HashSet<>();
    while (expected.size() < 500) {
      int key = random.nextInt(2000);
      expected.add(key);
      map.updateElem(u32(key), u64(0), 0);
    }
    Set<Integer> met = new HashSet<>();
    byte[] key = map.nextKey(null);
    while (key != null) {
      assertThat(met.add(Arrays.hashCode(key))).isTrue();
      byte[] next = met.size() == 500 ? null : map.nextKey(key);
      if (random.nextBoolean()) {
        map.deleteElem(key);
      } else {
        map.updateElem(key, u64(1), 0);
      }
      key = next;
    }
    assertThat(met).hasSize(500);
  }

  @Test
  void theBytesOfAReplacedValueOutliveTheUpdate() {
    RuntimeMap map = hash(4, 8, 2);
    long key = OffHeap.of(u32(1));
    map.update(CPU, key, OffHeap.of(u64(1)), 0);
    long held = map.lookup(CPU, key);
    map.update(CPU, key, OffHeap.of(u64(2)), 0);
    assertThat(Memory.getLong(held)).isEqualTo(1);
    assertThat(Memory.getLong(map.lookup(CPU, key))).isEqualTo(2);
  }

  @Test
  void theBytesOfADeletedValueStayUntilTheMemoryIsUsedAgain() {
    RuntimeMap map = hash(8, 8, 2);
    long key = OffHeap.of(u64(1));
    map.update(CPU, key, OffHeap.of(u64(77)), 0);
    long held = map.lookup(CPU, key);
    map.delete(CPU, key);
    assertThat(Memory.getLong(held)).isEqualTo(77);
  }

  @Test
  void programsCanTouchValuesButNotKeys() {
    RuntimeMap map = hash(4, 12, 4);
    Region region = map.valueRegions(0).getFirst();
    for (int i = 0; i < 4; i++) {
      map.updateElem(u32(i), new byte[12], 0);
      long value = map.lookup(CPU, OffHeap.of(u32(i)));
      assertThat(value & 7).isZero();
      assertThat(region.holds(value, 12)).isTrue();
      assertThat(region.holds(value + 12, 1)).isFalse();
      assertThat(region.holds(value + 16, 4)).isFalse();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 7, 8, 11, 16, 17, 24, 33})
  void everyKeySizeAgreesWithATreeMapOverManyOperations(int keySize) throws Throwable {
    RuntimeMap map = hash(keySize, 8, 100);
    MethodHandle bound = map.lookupHandle();
    Map<String, Long> model = new HashMap<>();
    Random random = new Random(keySize);
    long key = OffHeap.of(new byte[keySize]);
    long value = OffHeap.of(new byte[8]);
    for (int step = 0; step < 20_000; step++) {
      byte[] bytes = new byte[keySize];
      // Differences in the first and in the last byte only, and collisions of many keys.
      bytes[0] = (byte) random.nextInt(16);
      bytes[keySize - 1] ^= (byte) (random.nextInt(16) << 4);
      String name = Arrays.toString(bytes);
      Memory.putBytes(key, bytes);
      Memory.putLong(value, step);
      if (random.nextInt(3) != 0 && step / 1000 % 3 != 0) {
        long expected = model.containsKey(name) || model.size() < 100 ? 0 : Errno.E2BIG.negated();
        assertThat(map.update(CPU, key, value, 0)).isEqualTo(expected);
        if (expected == 0) {
          model.put(name, (long) step);
        }
      } else {
        long expected = model.remove(name) != null ? 0 : Errno.ENOENT.negated();
        assertThat(map.delete(CPU, key)).isEqualTo(expected);
      }
      long found = map.lookup(CPU, key);
      Long there = model.get(name);
      assertThat(found == 0 ? null : Memory.getLong(found)).isEqualTo(there);
      assertThat((long) bound.invokeExact(CPU, key)).isEqualTo(found);
    }
    assertThat(map.entries()).hasSize(model.size());
  }

  @Test
  void maskedAddressesSpreadOverTheTable() {
    // All keys differ in high bits only: a weak hash would put them into one run.
    RuntimeMap map = hash(8, 8, 1 << 16);
    long key = OffHeap.of(new byte[8]);
    long value = OffHeap.of(new byte[8]);
    long start = System.nanoTime();
    for (long i = 0; i < 1 << 16; i++) {
      Memory.putLong(key, i << 48);
      assertThat(map.update(CPU, key, value, 0)).isZero();
    }
    for (long i = 0; i < 1 << 16; i++) {
      Memory.putLong(key, i << 48);
      assertThat(map.lookup(CPU, key)).isNotZero();
    }
    assertThat(System.nanoTime() - start).isLessThan(5_000_000_000L);
  }
}
