package io.bpf4j.linux;

import io.bpf4j.error.ErrnoException;
import io.bpf4j.isa.InsnEncoder;
import io.bpf4j.isa.Insns;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// Runs bare programs on this machine's kernel, one at a time, and shows all they did: 64 bits of
/// R0, every byte of their memory, and on request their stack. One thread opens, uses and closes
/// it.
///
/// ```java
/// try (KernelRunner runner = KernelRunner.open(RunOptions.memory(64))) {
///   runner.memory().copyFrom(input);
///   if (runner.load(insns, List.of())) {
///     long r0 = runner.run();           // as often as wanted; memory keeps what was stored
///   }                                   // else runner.answer() says why
/// }
/// ```
///
/// The program gets its memory in R1 and the length in R2, as our engines hand it. How its results
/// are seen: [KernelBatch], of which this is one of a single program.
public final class KernelRunner implements AutoCloseable {
  private final KernelBatch batch;

  private KernelRunner(KernelBatch batch) {
    this.batch = batch;
  }

  /// @throws ErrnoException when bpf(2) is not permitted
  public static KernelRunner open(RunOptions options) {
    return new KernelRunner(KernelBatch.open(options, 1));
  }

  /// The program's memory, as it is now: write the input here, read what was stored.
  public MemorySegment memory() {
    return batch.memory(0);
  }

  /// The stack that the entry function left, lowest address first.
  public MemorySegment stack() {
    return batch.stack(0);
  }

  /// The packet that the next run is given.
  public MemorySegment packet() {
    return batch.packet();
  }

  /// How many slots of the harness stand before the program: what to take from an instruction's
  /// number in the verifier's log.
  public int start() {
    return batch.start();
  }

  /// Loads a program, in place of the one before; `maps` are those of its MAP_IDX loads. Whether
  /// the kernel takes it.
  public boolean load(Insns insns, List<KernelMap> maps) {
    return load(InsnEncoder.encode(insns), maps);
  }

  /// [#load] of encoded instructions.
  public boolean load(byte[] insns, List<KernelMap> maps) {
    batch.clear();
    BareProgram bare = BareProgram.of(insns);
    String objection = bare.objection();
    if (objection == null) {
      batch.add(insns, maps);
      return batch.load();
    }
    // The harness would change what this program does, so the kernel gets it as it is.
    if (batch.load(bare.slots())) {
      batch.clear();
      throw new IllegalStateException("the kernel takes a program although " + objection);
    }
    return false;
  }

  /// The kernel's answer to the program that [#load] was given last, with its log: it is asked
  /// again.
  public LoadResult answer() {
    return batch.answer();
  }

  /// Runs the loaded program once and gives R0.
  ///
  /// @throws IllegalStateException when none is loaded
  /// @throws ErrnoException when the kernel cannot run it
  public long run() {
    batch.run();
    return batch.r0(0);
  }

  @Override
  public void close() {
    batch.close();
  }
}
