package io.bpf4j.mem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.lang.foreign.Arena;
import java.lang.invoke.MethodHandle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MemoryBackendTest {
  private static boolean available(MemoryBackend backend) {
    return backend == MemoryBackend.FFM || backend.unsafe() != null;
  }

  @ParameterizedTest
  @EnumSource
  void everySizeIsReadAndWrittenAtAnyAddress(MemoryBackend backend) throws Throwable {
    assumeThat(available(backend)).as(backend + " is allowed by this JVM").isTrue();
    try (Arena arena = Arena.ofConfined()) {
      long address = arena.allocate(32, 8).address();
      for (int shift = 0; shift < 8; shift++) {
        MethodHandle put = backend.setter(long.class);
        put.invoke(address + shift, 0x8182_8384_8586_8788L);
        assertThat((long) backend.getter(long.class).invoke(address + shift))
            .isEqualTo(0x8182_8384_8586_8788L);
        assertThat((int) backend.getter(int.class).invoke(address + shift)).isEqualTo(0x8586_8788);
        assertThat((short) backend.getter(short.class).invoke(address + shift))
            .isEqualTo((short) 0x8788);
        assertThat((byte) backend.getter(byte.class).invoke(address + shift))
            .isEqualTo((byte) 0x88);
        backend.setter(short.class).invoke(address + shift + 2, (short) 0x1122);
        backend.setter(byte.class).invoke(address + shift, (byte) 0x33);
        backend.setter(int.class).invoke(address + shift + 4, 0x44556677);
        assertThat((long) backend.getter(long.class).invoke(address + shift))
            .isEqualTo(0x4455_6677_1122_8733L);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void atomicsAndPlainAccessesSeeTheSameMemory(MemoryBackend backend) throws Throwable {
    assumeThat(available(backend)).as(backend + " is allowed by this JVM").isTrue();
    try (Arena arena = Arena.ofConfined()) {
      long address = arena.allocate(8, 8).address();
      backend.setter(long.class).invoke(address, 40L);
      assertThat(AtomicMemory.add(address, 8, 2)).isEqualTo(40);
      assertThat((long) backend.getter(long.class).invoke(address)).isEqualTo(42);
      assertThat(AtomicMemory.compareExchange(address, 4, 0xffff_ffff_0000_002aL, -1))
          .as("4 bytes compare the low half")
          .isEqualTo(42);
      assertThat((long) backend.getter(long.class).invoke(address)).isEqualTo(0xffff_ffffL);
    }
  }
}
