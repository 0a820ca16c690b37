package io.bpf4j.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.bpf4j.error.ErrnoException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// Bare programs that are loaded and run on this machine's kernel together, as one program: the
/// fastest way, since making a program known to the kernel and to its compiler takes far longer
/// than verifying or running a few dozen instructions. Each has memory of its own and shows all 64
/// bits of R0, every byte of the memory, and on request its stack. One thread opens, uses and
/// closes it.
///
/// ```java
/// try (KernelBatch batch = KernelBatch.open(RunOptions.memory(64), 32)) {
///   batch.clear();
///   int i = batch.add(insns, List.of());
///   batch.memory(i).copyFrom(input);
///   if (batch.load()) {
///     batch.run();
///     long r0 = batch.r0(i);
///   }
/// }
/// ```
///
/// The memories and what the harness stores ([Harness]) are values of array maps that are mapped
/// into this process (BPF_F_MMAPABLE), so that inputs and results cost no system call: a batch
/// costs three, load, run and close. A memory is a map value of exactly its length, so the verifier
/// refuses what leaves it.
///
/// What a batch cannot show: the kernel takes or refuses all of it; they share its limits (a
/// million verified instructions, 64 maps, 256 functions); and R6 to R9 of a program behind others
/// are not unknown to the verifier, so that it would take a program that reads one of them before
/// writing. [KernelRunner] asks about one program alone.
public final class KernelBatch implements AutoCloseable {
  /// What the kernel lets one program refer to (`MAX_USED_MAPS`).
  private static final int MAX_MAPS = 64;

  private static final int SK_LOOKUP_CTX = 72;
  private static final int AF_INET = 2;

  private final RunOptions options;
  private final LoadRequest like;
  private final int resultBytes;
  private final int bpf = Syscall.BPF.number();
  private final int close = Syscall.CLOSE.number();
  private final Arena arena = Arena.ofConfined();
  private final MemorySegment state = Libc.state(arena);
  private final Struct load = new Struct(BpfAttr.PROG_LOAD, arena);
  private final Struct test = new Struct(BpfAttr.TEST_RUN, arena);
  private final MemorySegment packet;
  private final Harness harness;
  private final List<MappedArray> memories = new ArrayList<>();
  private final MappedArray results;
  private final List<KernelMap> maps = new ArrayList<>();
  private MemorySegment fds;
  private MemorySegment insns;
  private int insnCount;
  private int count;
  private long prog = -1;

  private KernelBatch(RunOptions options, int programs) {
    this.options = options;
    this.like = LoadRequest.of("bare", options.type(), new byte[0], List.of());
    this.resultBytes = Harness.R0_BYTES + options.stackBytes();
    this.harness = new Harness(options.stackBytes(), options.memoryBytes(), options.handsMemory());
    this.packet = arena.allocate(Math.max(options.packetBytes(), SK_LOOKUP_CTX), Long.BYTES);
    this.fds = arena.allocate(JAVA_INT, MAX_MAPS);
    this.insns = arena.allocate(JAVA_LONG, 4096);
    this.results = MappedArray.create("results", programs * resultBytes);
    try {
      for (int i = 0; i < programs; i++) {
        memories.add(MappedArray.create("memory", Math.max(options.memoryBytes(), 1)));
      }
    } catch (RuntimeException e) {
      close();
      throw e;
    }
    load.put("prog_type", options.type().number())
        .put("license", arena.allocateFrom("GPL"))
        .put("prog_flags", like.flags() | options.flags())
        .put("expected_attach_type", like.attachType());
    input();
    clear();
  }

  /// Makes room for this many programs, at most 60.
  ///
  /// @throws ErrnoException when bpf(2) is not permitted
  public static KernelBatch open(RunOptions options, int programs) {
    if (programs < 1 || programs > MAX_MAPS - 4) {
      throw new IllegalArgumentException(
          programs + " programs: a batch holds 1 to " + (MAX_MAPS - 4));
    }
    return new KernelBatch(options, programs);
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

  /// How many programs fit.
  public int capacity() {
    return memories.size();
  }

  /// How many programs were added.
  public int size() {
    return count;
  }

  /// Forgets the programs; memories keep what is in them.
  public void clear() {
    unload();
    harness.clear();
    count = 0;
    maps.clear();
    maps.add(results.map());
    memories.forEach(memory -> maps.add(memory.map()));
  }

  /// Adds a program and gives its number; `programMaps` are those of its MAP_IDX loads.
  ///
  /// @throws IllegalArgumentException for a program that cannot stand next to others because it
  ///   runs or jumps out of its code
  /// @throws IllegalStateException when the batch is full
  public int add(byte[] program, List<KernelMap> programMaps) {
    BareProgram bare = BareProgram.of(program);
    String objection = bare.objection();
    if (objection != null) {
      throw new IllegalArgumentException(objection);
    }
    add(bare, programMaps);
    return count - 1;
  }

  private void add(BareProgram bare, List<KernelMap> programMaps) {
    if (count == capacity()) {
      throw new IllegalStateException("the batch holds its " + count + " programs");
    }
    harness.add(bare, 1 + count, 0, count * resultBytes, maps.size());
    maps.addAll(programMaps);
    count++;
  }

  /// The memory of a program, as it is now: write the input here, read what was stored.
  public MemorySegment memory(int program) {
    return memories.get(program).bytes().asSlice(0, options.memoryBytes());
  }

  /// R0 of a program in the last run.
  public long r0(int program) {
    return results.bytes().get(JAVA_LONG, (long) program * resultBytes);
  }

  /// The stack that a program's entry function left, lowest address first.
  public MemorySegment stack(int program) {
    return results
        .bytes()
        .asSlice((long) program * resultBytes + Harness.R0_BYTES, options.stackBytes());
  }

  /// The packet that the next run is given.
  public MemorySegment packet() {
    return packet.asSlice(0, options.packetBytes());
  }

  /// How many slots of the harness stand before the first program: what to take from an
  /// instruction's number in the verifier's log.
  public int start() {
    return harness.start();
  }

  /// Loads what was added; whether the kernel takes it.
  public boolean load() {
    return load(harness.finish());
  }

  /// Loads slots as they are.
  boolean load(long[] slots) {
    unload();
    if (fds.byteSize() < (long) maps.size() * Integer.BYTES) {
      fds = arena.allocate(JAVA_INT, 2L * maps.size());
    }
    for (int i = 0; i < maps.size(); i++) {
      fds.setAtIndex(JAVA_INT, i, maps.get(i).fd());
    }
    if (insns.byteSize() < (long) slots.length * Long.BYTES) {
      insns = arena.allocate(JAVA_LONG, 2L * slots.length);
    }
    MemorySegment.copy(slots, 0, insns, JAVA_LONG, 0, slots.length);
    insnCount = slots.length;
    load.put("insn_cnt", slots.length).put("insns", insns).put("fd_array", fds);
    long fd = takesFunction(slots) ? loadWithTypes(slots) : command(Bpf.PROG_LOAD, load);
    if (fd < 0) {
      return false;
    }
    prog = fd;
    test.put("prog_fd", fd);
    return true;
  }

  private static boolean takesFunction(long[] slots) {
    for (long insn : slots) {
      if (RawInsn.takesFunction(insn)) {
        return true;
      }
    }
    return false;
  }

  private long loadWithTypes(long[] slots) {
    try (Arena once = Arena.ofConfined();
        FuncInfo funcs = FuncInfo.of(slots, List.of(), "bare", once)) {
      funcs.describe(load);
      return command(Bpf.PROG_LOAD, load);
    } finally {
      load.put("prog_btf_fd", 0).put("func_info", MemorySegment.NULL).put("func_info_cnt", 0);
      load.put("func_info_rec_size", 0);
    }
  }

  /// The kernel's answer to what was loaded last, with its log: it is asked again.
  public LoadResult answer() {
    byte[] code = new byte[insnCount * Long.BYTES];
    MemorySegment.ofArray(code).copyFrom(insns.asSlice(0, code.length));
    return KernelProg.tryLoad(
        LoadRequest.of("bare", options.type(), code, maps)
            .withFlags(options.flags())
            .withLogLevel(1));
  }

  /// Runs all programs once, in their order.
  ///
  /// @throws IllegalStateException when none is loaded
  /// @throws ErrnoException when the kernel cannot run it
  public void run() {
    if (prog < 0) {
      throw new IllegalStateException("no program is loaded");
    }
    results.bytes().asSlice(0, (long) count * resultBytes).fill((byte) 0);
    long result = command(Bpf.PROG_TEST_RUN, test);
    if (result < 0) {
      throw Bpf.PROG_TEST_RUN.failure(result, test, "bare programs");
    }
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
    memories.forEach(MappedArray::close);
    results.close();
    arena.close();
  }
}
