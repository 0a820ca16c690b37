package io.bpf4j.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.bpf4j.prog.ProgType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// What a program left behind after a run by BPF_PROG_TEST_RUN.
///
/// @param retval the low 32 bits of R0: the kernel shows no more. [KernelRunner] makes all 64
///   visible
/// @param durationNanos of one run on average, as the kernel measures it; 0 for types that it does
///   not measure
/// @param data the packet afterwards; empty for types without one
/// @param ctx the context afterwards; empty when none was given or the type shows none
public record TestRun(int retval, int durationNanos, byte[] data, byte[] ctx) {

  /// What a program is run on. Which of them a type takes is the kernel's to say: packets and
  /// `__sk_buff` or `xdp_md` for SOCKET_FILTER, SCHED_CLS and XDP (packets of at least 14 bytes), a
  /// 72-byte `bpf_sk_lookup` for SK_LOOKUP, any bytes as context for SYSCALL, up to 12 numbers of 8
  /// bytes for RAW_TRACEPOINT.
  ///
  /// @param data the packet, or empty
  /// @param ctx the context, or empty
  /// @param repeat how often to run; the results are those of the last
  /// @param flags `BPF_F_TEST_*`
  /// @param cpu with the flag BPF_F_TEST_RUN_ON_CPU
  public record Input(byte[] data, byte[] ctx, int repeat, int flags, int cpu) {
    /// Room for packets that a program makes longer.
    private static final int GROWTH = 512;

    /// One run on a packet.
    public static Input data(byte[] data) {
      return new Input(data, new byte[0], 1, 0, 0);
    }

    /// One run on a context.
    public static Input ctx(byte[] ctx) {
      return new Input(new byte[0], ctx, 1, 0, 0);
    }

    public Input withCtx(byte[] ctx) {
      return new Input(data, ctx, repeat, flags, cpu);
    }

    public Input withRepeat(int repeat) {
      return new Input(data, ctx, repeat, flags, cpu);
    }

    TestRun run(KernelProg prog) {
      try (Arena arena = Arena.ofConfined()) {
        Struct attr =
            new Struct(BpfAttr.TEST_RUN, arena)
                .put("prog_fd", prog.fd())
                .put("flags", flags)
                .put("cpu", cpu);
        if (isRich(prog.type())) {
          attr.put("repeat", repeat);
        }
        MemorySegment dataOut = arena.allocate(data.length + GROWTH, Long.BYTES);
        if (data.length > 0) {
          attr.put("data_size_in", data.length)
              .put("data_in", arena.allocateFrom(JAVA_BYTE, data))
              .put("data_size_out", dataOut.byteSize())
              .put("data_out", dataOut);
        }
        MemorySegment ctxIn = arena.allocate(Math.max(ctx.length, 1), Long.BYTES);
        MemorySegment.copy(ctx, 0, ctxIn, JAVA_BYTE, 0, ctx.length);
        MemorySegment ctxOut = arena.allocate(Math.max(ctx.length, 1), Long.BYTES);
        if (ctx.length > 0) {
          attr.put("ctx_size_in", ctx.length).put("ctx_in", ctxIn);
          if (isRich(prog.type())) {
            attr.put("ctx_size_out", ctx.length).put("ctx_out", ctxOut);
          }
        }
        Bpf.PROG_TEST_RUN.checked(attr, prog.toString());
        return new TestRun(
            attr.getInt("retval"),
            attr.getInt("duration"),
            data.length == 0 ? data : bytes(dataOut, attr.getInt("data_size_out")),
            switch (prog.type()) {
              case SYSCALL -> bytes(ctxIn, ctx.length);
              default -> bytes(ctxOut, attr.getInt("ctx_size_out"));
            });
      }
    }

    private static byte[] bytes(MemorySegment segment, int length) {
      return segment.asSlice(0, length).toArray(JAVA_BYTE);
    }

    /// Whether runs of this type can be repeated and write `ctx_out`; the others refuse to be
    /// asked.
    private static boolean isRich(ProgType type) {
      return type != ProgType.SYSCALL && type != ProgType.RAW_TRACEPOINT;
    }
  }
}
