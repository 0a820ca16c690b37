package io.bpf4j.map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.bpf4j.mem.Cpu;
import io.bpf4j.mem.Memory;
import io.bpf4j.prog.MapSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What programs are answered by map helpers, on our maps and on the kernel of this machine: a
/// socket filter is made for each operation and run once.
final class LiveProgramMapTest {
  private static final int OPERATIONS = 600;
  private static final int VALUE_BYTES = 8;
  private static final long[] FLAGS = {0, 0, 0, 1, 1, 2, 2, 3, 4, 5, 6, 8, 1L << 32, 1L << 63, -1};

  @BeforeAll
  static void liveKernel() {
    String why = LiveBpf.unavailable();
    assumeTrue(why == null, why);
  }

  @ParameterizedTest
  @CsvSource({"HASH,4,0", "HASH,16,0", "HASH,12,1", "ARRAY,4,0", "PERCPU_ARRAY,4,0", "LPM,8,1"})
  void programsAreAnsweredAsByTheKernel(String name, int keySize, int flags) throws Exception {
    int type =
        switch (name) {
          case "HASH" -> MapTypes.HASH;
          case "ARRAY" -> MapTypes.ARRAY;
          case "PERCPU_ARRAY" -> MapTypes.PERCPU_ARRAY;
          default -> MapTypes.LPM_TRIE;
        };
    MapSpec spec = MapSpec.of("m", type, keySize, VALUE_BYTES, 4, flags);
    RuntimeMap ours = Maps.create(spec, LiveMaps.possibleCpus());
    Cpu cpu = new Cpu(0);
    long key = OffHeap.of(new byte[keySize]);
    long value = OffHeap.of(new byte[VALUE_BYTES]);
    Random random = new Random(type);
    try (LiveMaps live = LiveMaps.open(spec, ours.userValueSize())) {
      for (int i = 0; i < OPERATIONS; i++) {
        byte[] keyBytes = new byte[keySize];
        keyBytes[0] =
            (byte) (type == MapTypes.LPM_TRIE ? 8 * random.nextInt(6) : random.nextInt(6));
        keyBytes[keySize - 1] ^= (byte) (type == MapTypes.LPM_TRIE ? random.nextInt(2) : 0);
        Memory.putBytes(key, keyBytes);
        long updateFlags = FLAGS[random.nextInt(FLAGS.length)];
        Memory.putLong(value, i);
        int helper = 1 + random.nextInt(3);
        long mine =
            switch (helper) {
              case 1 -> Math.min(1, ours.lookup(cpu, key));
              case 2 -> ours.update(cpu, key, value, updateFlags);
              default -> ours.delete(cpu, key);
            };
        int theirs = LiveBpf.run(program(live.fd(), helper, keyBytes, i, updateFlags));
        assertThat((int) mine)
            .as(
                "%s, operation %d: helper %d, flags 0x%x, key %s",
                name, i, helper, updateFlags, Arrays.toString(keyBytes))
            .isEqualTo(theirs);
      }
    }
  }

  /// Puts key and value on the stack, calls the helper, and returns its result; of a lookup whether
  /// it found something.
  private static byte[] program(int fd, int helper, byte[] key, long value, long flags) {
    int room = key.length + 7 & ~7;
    byte[] padded = Arrays.copyOf(key, room);
    ByteBuffer code = ByteBuffer.allocate(1024).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < room; i += 8) {
      wide(code, 1, 0, ByteBuffer.wrap(padded, i, 8).order(ByteOrder.LITTLE_ENDIAN).getLong());
      insn(code, 0x7b, 10, 1, i - room, 0);
    }
    wide(code, 1, 0, value);
    insn(code, 0x7b, 10, 1, -room - 8, 0);
    wide(code, 1, 1, fd);
    insn(code, 0xbf, 2, 10, 0, 0);
    insn(code, 0x07, 2, 0, 0, -room);
    insn(code, 0xbf, 3, 10, 0, 0);
    insn(code, 0x07, 3, 0, 0, -room - 8);
    wide(code, 4, 0, flags);
    insn(code, 0x85, 0, 0, 0, helper);
    if (helper == 1) {
      insn(code, 0x15, 0, 0, 1, 0);
      insn(code, 0xb7, 0, 0, 0, 1);
    }
    insn(code, 0x95, 0, 0, 0, 0);
    return Arrays.copyOf(code.array(), code.position());
  }

  private static void wide(ByteBuffer code, int dst, int src, long value) {
    insn(code, 0x18, dst, src, 0, (int) value);
    insn(code, 0, 0, 0, 0, (int) (value >>> 32));
  }

  private static void insn(ByteBuffer code, int opcode, int dst, int src, int offset, int imm) {
    code.put((byte) opcode).put((byte) (dst | src << 4)).putShort((short) offset).putInt(imm);
  }
}
