package io.bpf4j.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.bpf4j.error.Errno;
import io.bpf4j.map.MapFlags;
import io.bpf4j.map.MapTypes;
import io.bpf4j.net.Family;
import io.bpf4j.net.Protocol;
import io.bpf4j.prog.MapSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

final class KernelMapTest {
  private static final MapSpec HASH = MapSpec.of("ports", MapTypes.HASH, 4, 8, 2, 0);

  @BeforeAll
  static void liveKernel() {
    Live.assumeBpf();
  }

  private static byte[] value(int low) {
    return Arrays.copyOf(KernelMap.index(low), 8);
  }

  @Test
  void elementsAreMadeReadAndRemoved() {
    try (KernelMap map = KernelMap.create(HASH)) {
      map.updateElem(KernelMap.index(7), value(70), MapFlags.BPF_NOEXIST);
      map.updateElem(KernelMap.index(8), value(80), MapFlags.BPF_ANY);
      assertThat(map.lookupElem(KernelMap.index(7))).isEqualTo(value(70));
      assertThat(map.entries()).hasSize(2);
      assertThat(map.lookupAndDeleteElem(KernelMap.index(8), 0)).isEqualTo(value(80));
      map.deleteElem(KernelMap.index(7));
      assertThat(map.entries()).isEmpty();
    }
  }

  @Test
  void failuresCarryTheErrnoTheCallAndTheMap() {
    try (KernelMap map = KernelMap.create(HASH)) {
      byte[] key = KernelMap.index(1);
      Live.refused(Errno.ENOENT, () -> map.lookupElem(key))
          .withMessageContaining("bpf(BPF_MAP_LOOKUP_ELEM) map 'ports'")
          .withMessageContaining("map_fd=" + map.fd());
      Live.refused(Errno.ENOENT, () -> map.deleteElem(key));
      Live.refused(Errno.ENOENT, () -> map.nextKey(null));
      Live.refused(Errno.ENOENT, () -> map.updateElem(key, value(1), MapFlags.BPF_EXIST));
      Live.refused(Errno.EINVAL, () -> map.updateElem(key, value(1), 99))
          .withMessageContaining("flags=0x63");
      map.updateElem(key, value(1), 0);
      Live.refused(Errno.EEXIST, () -> map.updateElem(key, value(1), MapFlags.BPF_NOEXIST));
      map.updateElem(KernelMap.index(2), value(2), 0);
      Live.refused(Errno.E2BIG, () -> map.updateElem(KernelMap.index(3), value(3), 0));
    }
    Live.refused(
            Errno.EINVAL,
            () -> KernelMap.create(MapSpec.of("odd", MapTypes.ARRAY, 3, 8, 1, 0)).close())
        .withMessageContaining("bpf(BPF_MAP_CREATE) map 'odd'")
        .withMessageContaining("map_type=2 key_size=3 value_size=8 max_entries=1");
  }

  @Test
  void keysAndValuesOfAnotherSizeNeverReachTheKernel() {
    try (KernelMap map = KernelMap.create(HASH)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> map.lookupElem(new byte[3]))
          .withMessage("map 'ports': the key has 3 bytes, the map's have 4");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> map.updateElem(new byte[4], new byte[9], 0))
          .withMessage("map 'ports': the value has 9 bytes, the map's have 8");
    }
  }

  @Test
  void aClosedMapIsNotUsed() {
    KernelMap map = KernelMap.create(HASH);
    map.close();
    map.close();
    assertThatIllegalStateException()
        .isThrownBy(() -> map.lookupElem(new byte[4]))
        .withMessage("map 'ports' is closed");
  }

  @Test
  void keysAreWalkedToTheEnd() {
    MapSpec spec = MapSpec.of("h", MapTypes.HASH, 4, 4, 100, 0);
    try (KernelMap map = KernelMap.create(spec)) {
      List<Integer> expected = new ArrayList<>();
      for (int i = 0; i < 60; i++) {
        map.updateElem(KernelMap.index(i), KernelMap.index(i * i), 0);
        expected.add(i * i);
      }
      assertThat(map.entries().stream().map(Map.Entry::getValue))
          .containsExactlyInAnyOrderElementsOf(expected.stream().map(KernelMap::index).toList());
    }
  }

  @Test
  void perCpuValuesAreOneForEachPossibleCpu() {
    try (KernelMap map = KernelMap.create(MapSpec.of("p", MapTypes.PERCPU_ARRAY, 4, 4, 1, 0))) {
      int cpus = KernelSupport.possibleCpus();
      assertThat(map.userValueSize()).isEqualTo(8 * cpus);
      byte[] values = new byte[8 * cpus];
      for (int cpu = 0; cpu < cpus; cpu++) {
        values[8 * cpu] = (byte) (cpu + 1);
      }
      map.updateElem(new byte[4], values, 0);
      assertThat(map.lookupElem(new byte[4])).isEqualTo(values);
    }
  }

  @Test
  void frozenContentsAreThereAndStay() {
    byte[] contents = {1, 2, 3, 4, 5, 6};
    MapSpec spec =
        new MapSpec(".rodata", MapTypes.ARRAY, 4, 6, 1, 0, 0, contents, true, null, Map.of());
    try (KernelMap map = KernelMap.create(spec)) {
      assertThat(map.lookupElem(new byte[4])).isEqualTo(contents);
      assertThat(map.shape().flags()).isEqualTo(MapFlags.BPF_F_RDONLY_PROG);
      Live.refused(Errno.EPERM, () -> map.updateElem(new byte[4], contents, 0));
      Live.refused(Errno.EPERM, map::freeze);
    }
  }

  @Test
  void triesFindTheLongestPrefix() {
    MapSpec spec = MapSpec.of("lpm", MapTypes.LPM_TRIE, 8, 4, 4, MapFlags.BPF_F_NO_PREALLOC);
    try (KernelMap map = KernelMap.create(spec)) {
      map.updateElem(new byte[] {8, 0, 0, 0, 10, 0, 0, 0}, KernelMap.index(8), 0);
      map.updateElem(new byte[] {16, 0, 0, 0, 10, 1, 0, 0}, KernelMap.index(16), 0);
      assertThat(map.lookupElem(new byte[] {32, 0, 0, 0, 10, 1, 2, 3}))
          .isEqualTo(KernelMap.index(16));
      assertThat(map.lookupElem(new byte[] {32, 0, 0, 0, 10, 9, 2, 3}))
          .isEqualTo(KernelMap.index(8));
    }
  }

  @Test
  void queuesGiveWhatCameFirst() {
    try (KernelMap map = KernelMap.create(MapSpec.of("q", MapTypes.QUEUE, 0, 4, 4, 0))) {
      map.updateElem(new byte[0], KernelMap.index(5), 0);
      map.updateElem(new byte[0], KernelMap.index(6), 0);
      assertThat(map.lookupAndDeleteElem(new byte[0], 0)).isEqualTo(KernelMap.index(5));
      assertThat(map.lookupAndDeleteElem(new byte[0], 0)).isEqualTo(KernelMap.index(6));
      Live.refused(Errno.ENOENT, () -> map.lookupAndDeleteElem(new byte[0], 0));
    }
  }

  @Test
  void mapsOfMapsTakeMapsOfTheirShape() {
    MapSpec inner = MapSpec.of("inner", MapTypes.HASH, 4, 4, 8, 0);
    MapSpec outer =
        new MapSpec("outer", MapTypes.ARRAY_OF_MAPS, 4, 4, 2, 0, 0, null, false, inner, Map.of());
    try (KernelMap map = KernelMap.create(outer);
        KernelMap fits = KernelMap.create(inner);
        KernelMap odd = KernelMap.create(HASH)) {
      map.updateFd(1, fits.fd());
      assertThat(map.lookupElem(KernelMap.index(1))).isEqualTo(KernelMap.index(fits.id()));
      Live.refused(Errno.EINVAL, () -> map.updateFd(0, odd.fd()));
    }
  }

  @Test
  void socketMapsShowCookies() {
    try (KernelMap map = KernelMap.create(MapSpec.of("s", MapTypes.SOCKMAP, 4, 8, 2, 0));
        KernelSocket socket = KernelSocket.open(Family.INET, Protocol.UDP)) {
      socket.bind(SockName.of("127.0.0.1", 0));
      map.updateFd(1, socket.fd());
      assertThat(map.lookupElem(KernelMap.index(1)))
          .isEqualTo(
              ByteBuffer.allocate(8)
                  .order(ByteOrder.LITTLE_ENDIAN)
                  .putLong(socket.cookie())
                  .array());
      Live.refused(Errno.ENOENT, () -> map.lookupElem(KernelMap.index(0)));
    }
  }

  @Test
  void theKernelTellsTheShapeItMade() {
    try (KernelMap map = KernelMap.create(HASH);
        KernelMap other = KernelMap.create(HASH)) {
      assertThat(map.shape()).isEqualTo(HASH);
      assertThat(map.id()).isPositive().isNotEqualTo(other.id());
    }
  }
}
