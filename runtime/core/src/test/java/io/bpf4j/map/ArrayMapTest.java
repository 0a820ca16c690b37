package io.bpf4j.map;

import static io.bpf4j.map.OffHeap.u32;
import static io.bpf4j.map.OffHeap.u64;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bpf4j.error.Errno;
import io.bpf4j.error.ErrnoException;
import io.bpf4j.mem.Cpu;
import io.bpf4j.mem.Memory;
import io.bpf4j.mem.Region;
import io.bpf4j.prog.MapSpec;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

final class ArrayMapTest {
  private static final Cpu CPU = new Cpu(0);
  private static final long ANY_VALUE = OffHeap.of(new byte[64]);

  private static RuntimeMap array(int valueSize, int entries, int flags) {
    return Maps.create(MapSpec.of("a", MapTypes.ARRAY, 4, valueSize, entries, flags), 1);
  }

  private static RuntimeMap data(byte[] contents, int flags, boolean frozen) {
    return Maps.create(
        new MapSpec(
            ".rodata",
            MapTypes.ARRAY,
            4,
            contents.length,
            1,
            flags,
            0,
            contents,
            frozen,
            null,
            Map.of()),
        1);
  }

  @Test
  void elementsAreThereFromTheStartAndZero() {
    RuntimeMap map = array(8, 2, 0);
    assertThat(map.lookupElem(u32(1))).containsOnly(0);
    assertThat(Memory.getLong(map.lookup(CPU, OffHeap.of(u32(1))))).isZero();
  }

  @Test
  void anIndexBeyondTheEndIsNullForProgramsAndEnoentForUsers() {
    RuntimeMap map = array(8, 2, 0);
    assertThat(map.lookup(CPU, OffHeap.of(u32(2)))).isZero();
    assertThat(map.lookup(CPU, OffHeap.of(u32(-1)))).isZero();
    assertErrno(Errno.ENOENT, () -> map.lookupElem(u32(2)));
  }

  @Test
  void programsAndUsersSeeEachOthersUpdates() {
    RuntimeMap map = array(8, 2, 0);
    assertThat(map.update(CPU, OffHeap.of(u32(1)), OffHeap.of(u64(7)), 0)).isZero();
    assertThat(map.lookupElem(u32(1))).isEqualTo(u64(7));
    map.updateElem(u32(1), u64(8), MapFlags.BPF_EXIST);
    assertThat(Memory.getLong(map.lookup(CPU, OffHeap.of(u32(1))))).isEqualTo(8);
    assertThat(map.lookupElem(u32(0))).containsOnly(0);
  }

  @Test
  void flagsAreCheckedBeforeTheIndexAndTheIndexBeforeExistence() {
    RuntimeMap map = array(8, 2, 0);
    long outside = OffHeap.of(u32(2));
    assertThat(map.update(CPU, outside, ANY_VALUE, 3)).isEqualTo(Errno.EINVAL.negated());
    assertThat(map.update(CPU, outside, ANY_VALUE, -1)).isEqualTo(Errno.EINVAL.negated());
    assertThat(map.update(CPU, outside, ANY_VALUE, 1)).isEqualTo(Errno.E2BIG.negated());
    assertThat(map.update(CPU, OffHeap.of(u32(1)), ANY_VALUE, 1)).isEqualTo(Errno.EEXIST.negated());
    assertThat(map.update(CPU, OffHeap.of(u32(1)), ANY_VALUE, 4)).isEqualTo(Errno.EINVAL.negated());
    assertThat(map.update(CPU, outside, ANY_VALUE, 4)).isEqualTo(Errno.E2BIG.negated());
  }

  @Test
  void elementsCannotBeDeleted() {
    RuntimeMap map = array(8, 2, 0);
    assertThat(map.delete(CPU, OffHeap.of(u32(0)))).isEqualTo(Errno.EINVAL.negated());
    assertErrno(Errno.EINVAL, () -> map.deleteElem(u32(9)));
  }

  @Test
  void keysAreWalkedByIndex() {
    RuntimeMap map = array(8, 2, 0);
    assertThat(map.nextKey(null)).isEqualTo(u32(0));
    assertThat(map.nextKey(u32(0))).isEqualTo(u32(1));
    assertThat(map.nextKey(u32(77))).isEqualTo(u32(0));
    assertErrno(Errno.ENOENT, () -> map.nextKey(u32(1)));
    assertThat(map.entries()).hasSize(2);
  }

  @Test
  void readingAndDeletingAtOnceIsNotOffered() {
    assertErrno(Errno.ENOTSUPP, () -> array(8, 2, 0).lookupAndDeleteElem(u32(0), 0));
  }

  @Test
  void valuesStandInCellsThatAccessesMayNotLeave() {
    RuntimeMap map = array(12, 3, 0);
    Region region = map.valueRegions(0).getFirst();
    long second = map.lookup(CPU, OffHeap.of(u32(1)));
    assertThat(second - region.base()).isEqualTo(16);
    assertThat(region.holds(second, 12)).isTrue();
    assertThat(region.holds(second + 8, 8)).isFalse();
    assertThat(region.holds(second + 12, 1)).isFalse();
    assertThat(region.writable()).isTrue();
  }

  @Test
  void globalDataHasADirectAddressAndItsContents() {
    RuntimeMap map = data(new byte[] {1, 2, 3, 4, 5}, 0, false);
    assertThat(Memory.bytes(map.directValueAddress(), 5)).containsExactly(1, 2, 3, 4, 5);
    assertThat(map.lookup(CPU, OffHeap.of(u32(0)))).isEqualTo(map.directValueAddress());
    assertThat(array(8, 2, 0).directValueAddress()).isZero();
  }

  @Test
  void readOnlyDataIsClosedToProgramsAndFrozenForUsers() {
    RuntimeMap map = data(new byte[] {1, 2, 3, 4}, MapFlags.BPF_F_RDONLY_PROG, true);
    assertThat(map.valueRegions(0).getFirst().writable()).isFalse();
    assertThat(map.programReadOnly()).isTrue();
    assertErrno(Errno.EPERM, () -> map.updateElem(u32(0), new byte[4], 0));
    assertErrno(Errno.EPERM, map::freeze);
    assertThat(map.lookupElem(u32(0))).containsExactly(1, 2, 3, 4);
  }

  @Test
  void contentsMustFitIntoTheValue() {
    MapSpec spec =
        new MapSpec(".data", MapTypes.ARRAY, 4, 2, 1, 0, 0, new byte[3], false, null, Map.of());
    assertErrno(Errno.EINVAL, () -> Maps.create(spec, 1));
  }

  @Test
  void keysAndValuesOfAnotherSizeAreRefusedInOneLine() {
    assertThatThrownBy(() -> array(8, 2, 0).updateElem(u32(0), new byte[3], 0))
        .hasMessage("map 'a' update: EINVAL: the value has 3 bytes, the map's values have 8");
    assertThatThrownBy(() -> array(8, 2, 0).lookupElem(new byte[2]))
        .hasMessage("map 'a' lookup: EINVAL: the key has 2 bytes, the map's keys have 4");
  }

  @Test
  void perCpuValuesAreSeparate() {
    RuntimeMap map = Maps.create(MapSpec.of("p", MapTypes.PERCPU_ARRAY, 4, 4, 3, 0), 2);
    Cpu one = new Cpu(1);
    long key = OffHeap.of(u32(2));
    assertThat(map.update(CPU, key, OffHeap.of(u32(10)), 0)).isZero();
    assertThat(map.update(one, key, OffHeap.of(u32(11)), 0)).isZero();
    assertThat(Memory.getInt(map.lookup(CPU, key))).isEqualTo(10);
    assertThat(Memory.getInt(map.lookup(one, key))).isEqualTo(11);
    assertThat(map.valueRegions(0).getFirst().holds(map.lookup(CPU, key), 4)).isTrue();
    assertThat(map.valueRegions(0).getFirst().contains(map.lookup(one, key))).isFalse();
    assertThat(map.valueRegions(1).getFirst().holds(map.lookup(one, key), 4)).isTrue();
  }

  @Test
  void usersSeePerCpuValuesOfAllCpusRoundedUpToEightBytes() {
    RuntimeMap map = Maps.create(MapSpec.of("p", MapTypes.PERCPU_ARRAY, 4, 4, 3, 0), 2);
    map.update(new Cpu(1), OffHeap.of(u32(0)), OffHeap.of(u32(11)), 0);
    byte[] both = map.lookupElem(u32(0));
    assertThat(both).hasSize(16);
    assertThat(both[8]).isEqualTo((byte) 11);
    both[0] = 5;
    map.updateElem(u32(0), both, 0);
    assertThat(Memory.getInt(map.lookup(CPU, OffHeap.of(u32(0))))).isEqualTo(5);
  }

  static void assertErrno(Errno errno, ThrowingCallable operation) {
    assertThatThrownBy(operation)
        .isInstanceOfSatisfying(
            ErrnoException.class, e -> assertThat(e.errno()).as(e.getMessage()).isEqualTo(errno));
  }
}
