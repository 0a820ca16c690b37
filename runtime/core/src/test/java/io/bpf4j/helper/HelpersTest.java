package io.bpf4j.helper;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.error.Errno;
import io.bpf4j.map.MapFlags;
import io.bpf4j.map.MapTypes;
import io.bpf4j.map.Maps;
import io.bpf4j.map.OffHeap;
import io.bpf4j.map.RuntimeMap;
import io.bpf4j.mem.Memory;
import io.bpf4j.platform.Helper;
import io.bpf4j.platform.MapTypeInfo;
import io.bpf4j.prog.MapSpec;
import io.bpf4j.sklookup.SkLookup;
import java.lang.invoke.MethodHandle;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

final class HelpersTest {
  private final FakeCpu cpu = new FakeCpu(3);

  private static Helper row(int id) {
    return Helpers.ROWS.stream().filter(h -> h.id() == id).findFirst().orElseThrow();
  }

  private long call(int id, long r1, long r2, long r3, long r4, long r5) {
    MethodHandle impl = Objects.requireNonNull(row(id).impl());
    try {
      return (long) impl.invokeExact((io.bpf4j.mem.Cpu) cpu, r1, r2, r3, r4, r5);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  private long callBound(int id, RuntimeMap map, long r2, long r3, long r4, long r5) {
    Helper.ForMap binder = Objects.requireNonNull(row(id).forMap());
    MethodHandle bound = Objects.requireNonNull(binder.bind(map));
    assertThat(bound.type()).isEqualTo(Helper.MAP_SHAPE);
    try {
      return (long) bound.invokeExact((io.bpf4j.mem.Cpu) cpu, r2, r3, r4, r5);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void everyHelperOfferedToSkLookupHasOneRow() {
    assertThat(Helpers.ROWS).isSortedAccordingTo(Comparator.comparingInt(Helper::id));
    assertThat(Helpers.ROWS.stream().map(Helper::id))
        .doesNotHaveDuplicates()
        .containsAll(SkLookup.HELPERS);
  }

  @Test
  void rowsHaveTheKernelsNames() {
    assertThat(row(1).name()).isEqualTo("bpf_map_lookup_elem");
    assertThat(row(124).name()).isEqualTo("bpf_sk_assign");
    assertThat(row(211).name()).isEqualTo("bpf_cgrp_storage_delete");
    assertThat(HelperNames.nameOf(96)).isEqualTo("bpf_tcp_sock");
    assertThat(HelperNames.nameOf(0)).isEqualTo("helper");
    assertThat(HelperNames.nameOf(212)).isEqualTo("helper");
    assertThat(HelperNames.idOf("bpf_sk_release")).isEqualTo(86);
    assertThat(HelperNames.idOf("ktime_get_ns")).isEqualTo(5);
    assertThat(HelperNames.idOf("nothing")).isZero();
  }

  @Test
  void helpersThatTakeAMapAreNamedByAMapType() {
    Set<Integer> named =
        MapTypes.ROWS.stream()
            .map(MapTypeInfo::helpers)
            .flatMap(Set::stream)
            .collect(Collectors.toSet());
    List<Integer> taking =
        Helpers.ROWS.stream()
            .filter(h -> h.args().contains(io.bpf4j.platform.ArgType.CONST_MAP_PTR))
            .map(Helper::id)
            .filter(id -> id != 169)
            .toList();
    assertThat(named).containsExactlyInAnyOrderElementsOf(taking);
  }

  @Test
  void mapHelpersFindTheMapByItsPointerAndBoundFormsAgree() {
    RuntimeMap map = Maps.create(MapSpec.of("m", MapTypes.HASH, 4, 8, 4, 0), 4);
    long key = OffHeap.of(OffHeap.u32(1));
    long value = OffHeap.of(OffHeap.u64(9));
    assertThat(call(1, map.pointer(), key, 0, 0, 0)).isZero();
    assertThat(call(2, map.pointer(), key, value, MapFlags.BPF_EXIST, 0))
        .isEqualTo(Errno.ENOENT.negated());
    assertThat(call(2, map.pointer(), key, value, 0, 0)).isZero();
    long found = call(1, map.pointer(), key, 0, 0, 0);
    assertThat(Memory.getLong(found)).isEqualTo(9);
    assertThat(callBound(1, map, key, 0, 0, 0)).isEqualTo(found);
    assertThat(callBound(2, map, key, value, MapFlags.BPF_NOEXIST, 0))
        .isEqualTo(Errno.EEXIST.negated());
    assertThat(callBound(3, map, key, 0, 0, 0)).isZero();
    assertThat(call(3, map.pointer(), key, 0, 0, 0)).isEqualTo(Errno.ENOENT.negated());
  }

  @Test
  void mapsThatProgramsMayNotWriteAnswerEacces() {
    RuntimeMap map =
        Maps.create(MapSpec.of("m", MapTypes.ARRAY, 4, 8, 4, MapFlags.BPF_F_RDONLY_PROG), 1);
    long key = OffHeap.of(OffHeap.u32(1));
    long value = OffHeap.of(OffHeap.u64(9));
    assertThat(call(2, map.pointer(), key, value, 0, 0)).isEqualTo(Errno.EACCES.negated());
    assertThat(call(3, map.pointer(), key, 0, 0, 0)).isEqualTo(Errno.EACCES.negated());
    assertThat(Objects.requireNonNull(row(2).forMap()).bind(map)).isNull();
    assertThat(map.lookupElem(OffHeap.u32(1))).containsOnly(0);
  }

  @Test
  void numbersThatAreNoMapAreAnsweredWithoutHarm() {
    assertThat(call(1, 42, 0, 0, 0, 0)).isZero();
    assertThat(call(2, 42, 0, 0, 0, 0)).isEqualTo(Errno.EINVAL.negated());
    assertThat(call(3, 42, 0, 0, 0, 0)).isEqualTo(Errno.EINVAL.negated());
  }

  @Test
  void timeChanceAndProcessorComeFromTheSlot() {
    assertThat(call(5, 0, 0, 0, 0, 0)).isEqualTo(1000);
    assertThat(call(7, 0, 0, 0, 0, 0)).isEqualTo(0xffff_ffffL);
    assertThat(call(8, 0, 0, 0, 0, 0)).isEqualTo(3);
  }

  @Test
  void printedLinesReachTheLogWithCpuAndTime() {
    long fmt = OffHeap.of("port %d\n\0".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    assertThat(call(6, fmt, 9, 443, 0, 0)).isEqualTo(9);
    assertThat(cpu.traceLog().lines()).containsExactly(new TraceLog.Line(3, 1000, "port 443"));
    assertThat(call(6, fmt, 8, 443, 0, 0)).isEqualTo(Errno.EINVAL.negated());
    assertThat(row(6).gplOnly()).isTrue();
  }

  @Test
  void theLogKeepsTheNewestLines() {
    TraceLog log = new TraceLog();
    for (int i = 0; i < TraceLog.CAPACITY + 5; i++) {
      log.append(0, i, "line " + i);
    }
    assertThat(log.lines()).hasSize(TraceLog.CAPACITY);
    assertThat(log.lines().getFirst().text()).isEqualTo("line 5");
    assertThat(log.dropped()).isEqualTo(5);
  }
}
