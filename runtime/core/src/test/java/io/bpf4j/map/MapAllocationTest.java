package io.bpf4j.map;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.bpf4j.helper.Helpers;
import io.bpf4j.helper.MapHelpers;
import io.bpf4j.mem.Cpu;
import io.bpf4j.mem.Memory;
import io.bpf4j.prog.MapSpec;
import java.lang.invoke.MethodHandle;
import java.lang.management.ManagementFactory;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The program side of maps leaves nothing to the garbage collector.
final class MapAllocationTest {
  private static final int ROUNDS = 200_000;

  @ParameterizedTest
  @CsvSource({"1,4,0", "1,16,0", "1,20,0", "2,4,0", "6,4,0", "11,8,1", "11,20,1", "11,30,1"})
  void operationsOfProgramsAllocateNothing(int type, int keySize, int flags) throws Throwable {
    RuntimeMap map = Maps.create(MapSpec.of("m", type, keySize, 40, 300, flags), 1);
    Cpu cpu = new Cpu(0);
    long key = OffHeap.of(new byte[keySize]);
    long value = OffHeap.of(new byte[40]);
    operate(map, cpu, key, value);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    operate(map, cpu, key, value);
    long bytes = threads.getCurrentThreadAllocatedBytes() - before;
    // Reading the counter, and a recompilation on the way, may cost a little in all.
    assertThat(bytes).isLessThan(ROUNDS / 100);
  }

  private static void operate(RuntimeMap map, Cpu cpu, long key, long value) throws Throwable {
    MethodHandle lookup =
        Objects.requireNonNull(
            Helpers.ROWS.stream()
                .filter(h -> h.id() == MapHelpers.LOOKUP_ELEM)
                .findFirst()
                .orElseThrow()
                .impl());
    for (int i = 0; i < ROUNDS; i++) {
      if (map.spec().type() == MapTypes.LPM_TRIE) {
        Memory.putInt(key, i % 33);
        Memory.putInt(key + 4, i * 0x9e3779b9);
      } else {
        Memory.putInt(key, i % 400);
      }
      map.update(cpu, key, value, 0);
      map.lookup(cpu, key);
      long found = (long) lookup.invokeExact(cpu, map.pointer(), key, 0L, 0L, 0L);
      if (i % 3 == 0 || found == 0) {
        map.delete(cpu, key);
      }
    }
  }
}
