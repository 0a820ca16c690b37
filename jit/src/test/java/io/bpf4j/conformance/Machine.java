package io.bpf4j.conformance;

import io.bpf4j.engine.Engine;
import io.bpf4j.engine.EngineOptions;
import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.isa.Assembler;
import io.bpf4j.isa.Insn;
import io.bpf4j.isa.Insns;
import io.bpf4j.mem.Cpu;
import io.bpf4j.mem.Memory;
import io.bpf4j.mem.Region;
import io.bpf4j.prog.BpfMap;
import io.bpf4j.prog.LineInfo;
import io.bpf4j.prog.ProgType;
import io.bpf4j.prog.Program;
import io.bpf4j.prog.Subprog;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// An engine with a CPU slot and memory: what a contract runs programs on. The slot's host has one
/// socket.
public final class Machine {
  private final Engine engine;
  private final ToyCpu cpu = new ToyCpu();
  private final Arena arena = Arena.ofAuto();
  private EngineOptions options = EngineOptions.DEFAULT;

  /// A slot that knows one socket, on a stretch of two cells of which the second is free.
  private static final class ToyCpu extends Cpu {
    private final Arena arena = Arena.ofAuto();
    private final long sock;

    ToyCpu() {
      super(0);
      sock = arena.allocate(32, 16).address();
    }

    @Override
    public @Nullable Region hostRegion(long address) {
      Region region = new Region(Region.Kind.SOCK, "sockets", sock, 32, 16, 8, false);
      return region.contains(address) ? region : null;
    }
  }

  public Machine(Engine engine) {
    this.engine = engine;
  }

  public Cpu cpu() {
    return cpu;
  }

  /// The address of the one socket.
  public long sock() {
    return cpu.sock;
  }

  public Machine fuel(long fuel) {
    options = new EngineOptions(fuel);
    return this;
  }

  /// Gives the next runs a memory with these bytes, whose address is answered.
  public long memory(byte... bytes) {
    long address = arena.allocate(Math.max(1, bytes.length) + 64L, 64).address() + 32;
    Memory.putBytes(address, bytes);
    cpu.memory(bytes.length == 0 ? 0 : address, bytes.length);
    return address;
  }

  /// Gives the next runs a memory with these numbers, whose address is answered.
  public long memory(long... longs) {
    long address = memory(new byte[8 * longs.length]);
    for (int i = 0; i < longs.length; i++) {
      Memory.putLong(address + 8L * i, longs[i]);
    }
    return address;
  }

  public RunnableProgram load(String source) {
    return load(Assembler.assemble(source));
  }

  public RunnableProgram load(Insns insns) {
    return load(Program.raw("toy", insns));
  }

  public RunnableProgram load(Insn... insns) {
    return load(Insns.of(Arrays.asList(insns)));
  }

  public RunnableProgram load(Program program) {
    return engine.load(program, ToyPlatform.PLATFORM, options);
  }

  /// A program with maps and the toy's context; line info says every instruction is on line 7.
  public RunnableProgram typed(String source, BpfMap... maps) {
    Insns insns = Assembler.assemble(source);
    List<LineInfo> lines = List.of(new LineInfo(0, "src/toy.bpf.c", 7, 3, "  the line"));
    return load(
        new Program(
            "toy",
            ProgType.SOCKET_FILTER,
            insns,
            List.of(maps),
            List.of(new Subprog("toy", 0)),
            lines,
            "GPL"));
  }

  /// A bare program with maps.
  public RunnableProgram withMaps(String source, BpfMap... maps) {
    Insns insns = Assembler.assemble(source);
    return load(
        new Program(
            "toy",
            ProgType.UNSPEC,
            insns,
            List.of(maps),
            List.of(new Subprog("toy", 0)),
            List.of(),
            "GPL"));
  }

  /// Runs a bare program with the memory in R1 and its length in R2.
  public long run(RunnableProgram program) {
    return program.run(cpu, cpu.memBase(), cpu.memLength());
  }

  public long run(String source) {
    return run(load(source));
  }

  /// Runs a typed program.
  public long runTyped(RunnableProgram program) {
    return program.run(cpu, cpu.ctx(), 0);
  }
}
