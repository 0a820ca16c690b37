package io.bpf4j.map;

import static io.bpf4j.map.MapFlags.BPF_F_INNER_MAP;
import static io.bpf4j.map.MapFlags.BPF_F_MMAPABLE;
import static io.bpf4j.map.MapFlags.BPF_F_NO_COMMON_LRU;
import static io.bpf4j.map.MapFlags.BPF_F_NO_PREALLOC;
import static io.bpf4j.map.MapFlags.BPF_F_NUMA_NODE;
import static io.bpf4j.map.MapFlags.BPF_F_RDONLY;
import static io.bpf4j.map.MapFlags.BPF_F_RDONLY_PROG;
import static io.bpf4j.map.MapFlags.BPF_F_WRONLY;
import static io.bpf4j.map.MapFlags.BPF_F_WRONLY_PROG;
import static io.bpf4j.map.MapFlags.BPF_F_ZERO_SEED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bpf4j.error.Errno;
import io.bpf4j.error.ErrnoException;
import io.bpf4j.error.UnsupportedException;
import io.bpf4j.platform.MapTypeInfo;
import io.bpf4j.prog.BpfMap;
import io.bpf4j.prog.MapSpec;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// The shapes of spec section "creation constraints", accepted and refused.
final class MapsTest {
  private static void accepted(int type, int key, int value, int entries, int flags) {
    try {
      Maps.create(MapSpec.of("m", type, key, value, entries, flags), 2);
    } catch (UnsupportedException e) {
      // The shape is right; the type cannot be created here yet.
      assertThat(MapTypes.ROWS.get(type - 1).implemented()).isFalse();
    }
  }

  private static void refused(Errno errno, int type, int key, int value, int entries, int flags) {
    refused(errno, MapSpec.of("m", type, key, value, entries, flags));
  }

  private static void refused(Errno errno, MapSpec spec) {
    assertThatThrownBy(() -> Maps.create(spec, 2))
        .isInstanceOfSatisfying(
            ErrnoException.class, e -> assertThat(e.errno()).as("%s", spec).isEqualTo(errno));
  }

  @Test
  void arraysHaveFourByteKeysAndValuesOfAtLeastOneByte() {
    accepted(MapTypes.ARRAY, 4, 1, 1, 0);
    refused(Errno.EINVAL, MapTypes.ARRAY, 8, 1, 1, 0);
    refused(Errno.EINVAL, MapTypes.ARRAY, 4, 0, 1, 0);
    refused(Errno.EINVAL, MapTypes.ARRAY, 4, 1, 0, 0);
    refused(Errno.E2BIG, MapTypes.ARRAY, 4, -1, 1, 0);
  }

  @Test
  void arraysTakeAccessFlagsButNoPrealloc() {
    for (int flag :
        new int[] {
          BPF_F_RDONLY,
          BPF_F_WRONLY,
          BPF_F_RDONLY_PROG,
          BPF_F_WRONLY_PROG,
          BPF_F_MMAPABLE,
          BPF_F_NUMA_NODE,
          BPF_F_INNER_MAP
        }) {
      accepted(MapTypes.ARRAY, 4, 8, 1, flag);
    }
    refused(Errno.EINVAL, MapTypes.ARRAY, 4, 8, 1, BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG);
    refused(Errno.EINVAL, MapTypes.ARRAY, 4, 8, 1, BPF_F_RDONLY | BPF_F_WRONLY);
    refused(Errno.EINVAL, MapTypes.ARRAY, 4, 8, 1, BPF_F_NO_PREALLOC);
  }

  @Test
  void arraysLargerThanTheMemoryAreEnomem() {
    refused(Errno.ENOMEM, MapTypes.ARRAY, 4, Integer.MAX_VALUE, -1, 0);
  }

  @Test
  void perCpuValuesHaveAtMost32768Bytes() {
    accepted(MapTypes.PERCPU_ARRAY, 4, 32768, 1, 0);
    refused(Errno.E2BIG, MapTypes.PERCPU_ARRAY, 4, 32769, 1, 0);
    refused(Errno.E2BIG, MapTypes.PERCPU_HASH, 4, 32769, 1, 0);
    for (int flag : new int[] {BPF_F_MMAPABLE, BPF_F_NUMA_NODE, BPF_F_INNER_MAP}) {
      refused(Errno.EINVAL, MapTypes.PERCPU_ARRAY, 4, 8, 1, flag);
    }
  }

  @Test
  void hashesTakeKeysAndValuesOfAnySizeAboveZero() {
    accepted(MapTypes.HASH, 1, 1, 1, 0);
    accepted(MapTypes.HASH, 600, 1, 1, BPF_F_NO_PREALLOC | BPF_F_ZERO_SEED);
    refused(Errno.EINVAL, MapTypes.HASH, 0, 1, 1, 0);
    refused(Errno.EINVAL, MapTypes.HASH, 1, 0, 1, 0);
    refused(Errno.EINVAL, MapTypes.HASH, 1, 1, 0, 0);
    refused(Errno.EINVAL, MapTypes.HASH, 4, 4, 1, BPF_F_MMAPABLE);
    refused(Errno.EINVAL, MapTypes.HASH, 4, 4, 1, BPF_F_NO_COMMON_LRU);
    refused(Errno.E2BIG, MapTypes.HASH, 4, 4, Integer.MIN_VALUE, 0);
  }

  @Test
  void lruTypesArePreallocated() {
    accepted(MapTypes.LRU_HASH, 4, 4, 1, BPF_F_NO_COMMON_LRU);
    refused(Errno.ENOTSUPP, MapTypes.LRU_HASH, 4, 4, 1, BPF_F_NO_PREALLOC);
  }

  @Test
  void triesHaveKeysOf5To260BytesAndNeedNoPrealloc() {
    accepted(MapTypes.LPM_TRIE, 5, 1, 1, BPF_F_NO_PREALLOC);
    accepted(MapTypes.LPM_TRIE, 260, 1, 1, BPF_F_NO_PREALLOC);
    refused(Errno.EINVAL, MapTypes.LPM_TRIE, 4, 1, 1, BPF_F_NO_PREALLOC);
    refused(Errno.EINVAL, MapTypes.LPM_TRIE, 261, 1, 1, BPF_F_NO_PREALLOC);
    refused(Errno.EINVAL, MapTypes.LPM_TRIE, 8, 0, 1, BPF_F_NO_PREALLOC);
    refused(Errno.EINVAL, MapTypes.LPM_TRIE, 8, 1, 1, 0);
  }

  @Test
  void socketMapsHaveValuesOf4Or8Bytes() {
    accepted(MapTypes.SOCKMAP, 4, 4, 1, 0);
    accepted(MapTypes.SOCKMAP, 4, 8, 1, BPF_F_NUMA_NODE | BPF_F_RDONLY);
    accepted(MapTypes.SOCKHASH, 512, 8, 1, 0);
    refused(Errno.EINVAL, MapTypes.SOCKMAP, 4, 2, 1, 0);
    refused(Errno.EINVAL, MapTypes.SOCKMAP, 8, 8, 1, 0);
    refused(Errno.EINVAL, MapTypes.SOCKMAP, 4, 8, 1, BPF_F_RDONLY_PROG);
    refused(Errno.E2BIG, MapTypes.SOCKHASH, 513, 8, 1, 0);
    refused(Errno.EINVAL, MapTypes.SOCKHASH, 0, 8, 1, 0);
  }

  @Test
  void keylessTypesHaveNoKey() {
    accepted(MapTypes.QUEUE, 0, 4, 1, 0);
    refused(Errno.EINVAL, MapTypes.QUEUE, 4, 4, 1, 0);
    refused(Errno.EINVAL, MapTypes.STACK, 0, 4, 1, BPF_F_NO_PREALLOC);
    accepted(MapTypes.BLOOM_FILTER, 0, 4, 1, BPF_F_ZERO_SEED);
    accepted(MapTypes.RINGBUF, 0, 0, 4096, 0);
    refused(Errno.EINVAL, MapTypes.RINGBUF, 0, 0, 4097, 0);
    refused(Errno.EINVAL, MapTypes.RINGBUF, 0, 0, 3 * 4096, 0);
    refused(Errno.EINVAL, MapTypes.ARENA, 0, 0, 1, 0);
    refused(Errno.E2BIG, MapTypes.ARENA, 0, 0, (1 << 20) + 1, BPF_F_MMAPABLE);
  }

  @Test
  void mapsOfMapsNeedAnInnerMapThatIsNone() {
    refused(Errno.EINVAL, MapTypes.ARRAY_OF_MAPS, 4, 4, 1, 0);
    refused(
        Errno.EINVAL,
        nested(MapTypes.HASH_OF_MAPS, MapSpec.of("i", MapTypes.HASH_OF_MAPS, 4, 4, 1, 0)));
    refused(
        Errno.ENOTSUPP,
        nested(MapTypes.ARRAY_OF_MAPS, MapSpec.of("i", MapTypes.PROG_ARRAY, 4, 4, 1, 0)));
  }

  private static MapSpec nested(int type, MapSpec inner) {
    return new MapSpec("m", type, 4, 4, 1, 0, 0, null, false, inner, Map.of());
  }

  @Test
  void mapExtraAndUnknownTypesAreEinval() {
    refused(
        Errno.EINVAL, new MapSpec("m", MapTypes.HASH, 4, 4, 1, 0, 1, null, false, null, Map.of()));
    refused(Errno.EINVAL, 0, 4, 4, 1, 0);
    refused(Errno.EINVAL, 34, 4, 4, 1, 0);
    refused(Errno.EINVAL, -1, 4, 4, 1, 0);
  }

  @Test
  void typesThatCannotBeMadeYetAreNamed() {
    assertThatThrownBy(() -> Maps.create(MapSpec.of("q", MapTypes.QUEUE, 0, 4, 1, 0), 1))
        .isInstanceOf(UnsupportedException.class)
        .hasMessage("map 'q': BPF_MAP_TYPE_QUEUE cannot be created yet");
  }

  @Test
  void refusalsNameMapTypeAndRule() {
    assertThatThrownBy(() -> Maps.create(MapSpec.of("ports", MapTypes.ARRAY, 2, 4, 1, 0), 1))
        .hasMessage("map 'ports' create: EINVAL: BPF_MAP_TYPE_ARRAY: key_size must be 4");
  }

  @Test
  void rowsAreInTheOrderOfTheirNumbers() {
    assertThat(MapTypes.ROWS).hasSize(33);
    for (int i = 0; i < MapTypes.ROWS.size(); i++) {
      MapTypeInfo row = MapTypes.ROWS.get(i);
      assertThat(row.number()).isEqualTo(i + 1);
      assertThat(row.name()).startsWith("BPF_MAP_TYPE_");
    }
  }

  @Test
  void aPointerLeadsToItsMapOnly() {
    RuntimeMap map = Maps.create(MapSpec.of("m", MapTypes.ARRAY, 4, 4, 1, 0), 1);
    assertThat(RuntimeMap.ofPointer(map.pointer())).isSameAs(map);
    assertThat(RuntimeMap.ofPointer(map.pointer() + 1)).isNull();
    assertThat(RuntimeMap.ofPointer(0)).isNull();
    assertThat(RuntimeMap.ofPointer(BpfMap.POINTER_TAG | 0x7fff_ffffL << 8)).isNull();
  }
}
