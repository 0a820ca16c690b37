package io.bpf4j.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.bpf4j.error.ErrnoException;
import io.bpf4j.isa.InsnEncoder;
import io.bpf4j.isa.Insns;
import io.bpf4j.prog.ProgType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// Runs bare programs on this machine's kernel, many a second, and shows all they did: 64 bits of
/// R0, every byte of their memory, and on request their stack. One thread opens, uses and closes
/// it.
///
/// ```java
/// try (KernelRunner runner = KernelRunner.open(KernelRunner.Options.memory(64))) {
///   runner.memory().copyFrom(input);
///   if (runner.load(insns, List.of())) {
///     long r0 = runner.run();           // as often as wanted; memory keeps what was stored
///   }                                   // else runner.refusal() says why
/// }
/// ```
///
/// The program gets its memory in R1 and the length in R2, as our engines hand it. Both the memory
/// and what the harness stores (`Harness`) are values of array maps that are mapped into this
/// process (BPF_F_MMAPABLE), so that input and results cost no system call: a program costs three,
/// load, run and close. The memory is a map value of exactly its length, so the verifier refuses
/// what leaves it.
public final class KernelRunner implements AutoCloseable {
  private static final int SK_LOOKUP_CTX = 72;
  private static final int AF_INET = 2;

  private final Options options;
  private final int bpf = Syscall.BPF.number();
  private final int close = Syscall.CLOSE.number();
  private final Arena arena = Arena.ofConfined();
  private final MemorySegment state = Libc.state(arena);
  private final Struct load = new Struct(BpfAttr.PROG_LOAD, arena);
  private final Struct test = new Struct(BpfAttr.TEST_RUN, arena);
  private final MemorySegment fds = arena.allocate(JAVA_INT, 64);
  private final MemorySegment packet;
  private final Harness harness;
  private final MappedArray memory;
  private final MappedArray results;
  private List<KernelMap> maps = List.of();
  private long prog = -1;

  /// What programs are run as.
  ///
  /// @param type the program type, which decides about helpers and packet loads
  /// @param memoryBytes how long their memory is; may be 0, then R1 is 0
  /// @param stackBytes how much of the entry function's stack starts as zeros and is shown
  ///   afterwards: a multiple of 8 up to 512; 0 is faster
  /// @param packetBytes length of the packet of types that have one, at least 14
  /// @param handsMemory whether R1 and R2 are memory and length; otherwise R1 is the type's context
  /// @param flags `prog_flags`
  public record Options(
      ProgType type,
      int memoryBytes,
      int stackBytes,
      int packetBytes,
      boolean handsMemory,
      int flags) {
    private static final int STACK = 512;

    public Options {
      if (stackBytes < 0 || stackBytes > STACK || stackBytes % Long.BYTES != 0) {
        throw new IllegalArgumentException(
            "a stack of " + stackBytes + " bytes is no multiple of 8 up to " + STACK);
      }
      if (memoryBytes < 0) {
        throw new IllegalArgumentException("memory of " + memoryBytes + " bytes");
      }
    }

    /// Programs that get memory of this length.
    public static Options memory(int bytes) {
      return new Options(ProgType.SOCKET_FILTER, bytes, 0, 64, true, 0);
    }

    /// Programs of a type that get its context.
    public static Options context(ProgType type, int packetBytes) {
      return new Options(type, 0, 0, packetBytes, false, 0);
    }

    public Options withType(ProgType type) {
      return new Options(type, memoryBytes, stackBytes, packetBytes, handsMemory, flags);
    }

    public Options withStack(int stackBytes) {
      return new Options(type, memoryBytes, stackBytes, packetBytes, handsMemory, flags);
    }
  }

  private KernelRunner(Options options) {
    this.options = options;
    this.harness =
        new Harness(options.stackBytes(), options.memoryBytes(), options.handsMemory(), arena);
    this.packet = arena.allocate(Math.max(options.packetBytes(), SK_LOOKUP_CTX), Long.BYTES);
    this.memory = MappedArray.create("memory", Math.max(options.memoryBytes(), 1));
    this.results = MappedArray.create("results", Harness.STACK_AT + options.stackBytes());
    LoadRequest like = LoadRequest.of("run", options.type(), new byte[0], List.of());
    load.put("prog_type", options.type().number())
        .put("license", arena.allocateFrom("GPL"))
        .put("prog_flags", like.flags() | options.flags())
        .put("expected_attach_type", like.attachType())
        .put("fd_array", fds);
    input();
  }

  /// @throws ErrnoException when bpf(2) is not permitted
  public static KernelRunner open(Options options) {
    return new KernelRunner(options);
  }

  private void input() {
    switch (options.type()) {
      case SOCKET_FILTER, SCHED_CLS, SCHED_ACT, XDP, CGROUP_SKB, LWT_IN, LWT_OUT, LWT_XMIT ->
          test.put("data_size_in", options.packetBytes()).put("data_in", packet);
      case SK_LOOKUP -> {
        packet.set(JAVA_INT, Long.BYTES, AF_INET);
        test.put("ctx_size_in", SK_LOOKUP_CTX).put("ctx_in", packet);
      }
      default -> {}
    }
  }

  /// The program's memory, as it is now: write the input here, read what was stored.
  public MemorySegment memory() {
    return memory.bytes().asSlice(0, options.memoryBytes());
  }

  /// The stack that the entry function left, lowest address first.
  public MemorySegment stack() {
    return results.bytes().asSlice(Harness.STACK_AT, options.stackBytes());
  }

  /// The packet that the next run is given.
  public MemorySegment packet() {
    return packet.asSlice(0, options.packetBytes());
  }

  /// How many slots of the harness stand before the program: what to take from an instruction's
  /// number in the verifier's log.
  public int start() {
    return harness.start();
  }

  /// Loads a program, in place of the one before; `programMaps` are those of its MAP_IDX loads.
  /// Whether the kernel took it.
  public boolean load(Insns insns, List<KernelMap> programMaps) {
    return load(InsnEncoder.encode(insns), programMaps);
  }

  /// [#load] of encoded instructions.
  public boolean load(byte[] insns, List<KernelMap> programMaps) {
    unload();
    maps = programMaps;
    harness.wrap(insns, programMaps.size());
    for (int i = 0; i < programMaps.size(); i++) {
      fds.setAtIndex(JAVA_INT, i, programMaps.get(i).fd());
    }
    fds.setAtIndex(JAVA_INT, programMaps.size(), memory.map().fd());
    fds.setAtIndex(JAVA_INT, programMaps.size() + 1, results.map().fd());
    load.put("insn_cnt", harness.slots()).put("insns", harness.code());
    long fd = command(Bpf.PROG_LOAD, load);
    if (fd < 0) {
      return false;
    }
    prog = fd;
    test.put("prog_fd", fd);
    return true;
  }

  /// Why the kernel refuses the program that [#load] was given last: it is asked again, for its
  /// log.
  public LoadResult refusal() {
    List<KernelMap> all = new ArrayList<>(maps);
    all.add(memory.map());
    all.add(results.map());
    byte[] code = new byte[harness.slots() * Long.BYTES];
    MemorySegment.ofArray(code).copyFrom(harness.code().asSlice(0, code.length));
    return KernelProg.tryLoad(
        LoadRequest.of("run", options.type(), code, all)
            .withFlags(options.flags())
            .withLogLevel(1));
  }

  /// Runs the loaded program once and gives R0.
  ///
  /// @throws IllegalStateException when none is loaded
  /// @throws ErrnoException when the kernel cannot run it
  public long run() {
    if (prog < 0) {
      throw new IllegalStateException("no program is loaded");
    }
    results.bytes().set(JAVA_LONG, 0, 0);
    long result = command(Bpf.PROG_TEST_RUN, test);
    if (result < 0) {
      throw Bpf.PROG_TEST_RUN.failure(result, test, "bare program");
    }
    return results.bytes().get(JAVA_LONG, 0);
  }

  private long command(Bpf command, Struct attr) {
    return Libc.syscall(state, bpf, command.number(), attr.address(), attr.size(), 0, 0, 0);
  }

  private void unload() {
    if (prog >= 0) {
      Libc.syscall(state, close, prog, 0, 0, 0, 0, 0);
      prog = -1;
    }
  }

  @Override
  public void close() {
    unload();
    memory.close();
    results.close();
    arena.close();
  }
}
