package io.bpf4j.cli;

import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.lookup.WorldCpu;
import io.bpf4j.mem.Memory;
import io.bpf4j.packet.PacketRun;
import io.bpf4j.packet.PacketTypes;
import java.lang.foreign.Arena;

/// A program over one memory or packet, which it may change.
final class DataLane implements BenchLane {
  private final String engine;
  private final RunnableProgram program;
  private final WorldCpu cpu;
  private final byte[] data;
  private final Arena arena = Arena.ofShared();
  private final TimedLoop loop = TimedLoop.copy();

  DataLane(String engine, RunnableProgram program, WorldCpu cpu, byte[] data) {
    this.engine = engine;
    this.program = program;
    this.cpu = cpu;
    this.data = data;
    if (data.length != 0 && !PacketTypes.holds(program.program().type())) {
      long address = arena.allocate(data.length, Long.BYTES).address();
      Memory.putBytes(address, data);
      cpu.memory(address, data.length);
    }
  }

  @Override
  public String program() {
    return program.program().name();
  }

  @Override
  public String engine() {
    return engine;
  }

  @Override
  public double time(boolean random, long runs) {
    if (PacketTypes.holds(program.program().type())) {
      return PacketRun.run(program, cpu, data, (int) Math.min(runs, Integer.MAX_VALUE)).nanos();
    }
    long start = System.nanoTime();
    loop.bare(program, cpu, cpu.memBase(), cpu.memLength(), runs);
    return (double) (System.nanoTime() - start) / runs;
  }

  @Override
  public void close() {
    cpu.memory(0, 0);
    arena.close();
  }
}
