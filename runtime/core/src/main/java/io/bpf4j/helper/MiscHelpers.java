package io.bpf4j.helper;

import static io.bpf4j.platform.ArgType.ANY;
import static io.bpf4j.platform.ArgType.MEM;
import static io.bpf4j.platform.ArgType.SIZE;

import io.bpf4j.error.Errno;
import io.bpf4j.mem.Cpu;
import io.bpf4j.mem.Memory;
import io.bpf4j.platform.ArgType;
import io.bpf4j.platform.Helper;
import io.bpf4j.platform.RetType;
import java.lang.invoke.MethodHandles;
import java.util.List;

/// Helpers about time, chance, the processor, and printing.
public final class MiscHelpers {
  public static final int KTIME_GET_NS = 5;
  public static final int TRACE_PRINTK = 6;
  public static final int GET_PRANDOM_U32 = 7;
  public static final int GET_SMP_PROCESSOR_ID = 8;

  private static final MethodHandles.Lookup HERE = MethodHandles.lookup();

  /// No format is longer than what the kernel's trace buffer takes (BPF_TRACE_PRINTK_SIZE).
  private static final long MAX_FORMAT = 1024;

  /// Rows 5 to 8.
  public static final List<Helper> ROWS =
      List.of(
          row(KTIME_GET_NS, "ktimeGetNs", false),
          row(TRACE_PRINTK, "tracePrintk", true, MEM, SIZE, ANY, ANY, ANY),
          row(GET_PRANDOM_U32, "getPrandomU32", false),
          row(GET_SMP_PROCESSOR_ID, "getSmpProcessorId", false));

  private MiscHelpers() {}

  private static Helper row(int id, String method, boolean gplOnly, ArgType... args) {
    return new Helper(
        id,
        HelperNames.nameOf(id),
        List.of(args),
        RetType.INTEGER,
        gplOnly,
        FamilyMethod.find(HERE, method),
        null);
  }

  /// `u64 bpf_ktime_get_ns()`: simulated nanoseconds since boot.
  static long ktimeGetNs(Cpu cpu, long r1, long r2, long r3, long r4, long r5) {
    return host(cpu).clockNanos();
  }

  /// `long bpf_trace_printk(fmt, fmt_size, arg1, arg2, arg3)`: the length of the text, or −EINVAL
  /// for a format the kernel refuses (kernel/trace/bpf_trace.c). The text goes to the trace log.
  static long tracePrintk(Cpu cpu, long fmt, long size, long arg1, long arg2, long arg3) {
    HostCpu host = host(cpu);
    byte[] format = Memory.bytes(fmt, (int) Math.min(size, MAX_FORMAT));
    PrintkFormat text = new PrintkFormat(host, format, new long[] {arg1, arg2, arg3});
    if (!text.format()) {
      return Errno.EINVAL.negated();
    }
    String line = text.text();
    host.traceLog()
        .append(
            host.index(),
            host.clockNanos(),
            line.endsWith("\n") ? line.substring(0, line.length() - 1) : line);
    return line.length();
  }

  /// `u32 bpf_get_prandom_u32()`: the next of the slot's seeded sequence.
  static long getPrandomU32(Cpu cpu, long r1, long r2, long r3, long r4, long r5) {
    return Integer.toUnsignedLong(host(cpu).nextRandom());
  }

  /// `u32 bpf_get_smp_processor_id()`: the slot's number.
  static long getSmpProcessorId(Cpu cpu, long r1, long r2, long r3, long r4, long r5) {
    return cpu.index();
  }

  private static HostCpu host(Cpu cpu) {
    if (cpu instanceof HostCpu host) {
      return host;
    }
    throw new IllegalStateException("these helpers need a HostCpu, not a " + cpu.getClass());
  }
}
