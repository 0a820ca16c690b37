package io.bpf4j.cli;

import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.mem.Cpu;
import io.bpf4j.mem.Memory;
import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/// The loop that is timed: a program over and over, each run on the input it finds in a table of
/// contexts.
///
/// Each program gets a copy of this class ([#copy]), so that HotSpot sees one kind of program in
/// it: in a loop shared by several, every run would pay for finding out which it is, and the order
/// of the lanes would matter.
interface TimedLoop {
  /// Runs the program `runs` times.
  ///
  /// @param inputs address of the first of `count` contexts, each of `size` bytes, a multiple of 8;
  ///   they are copied to the CPU's context before each run. `count` is a power of two
  /// @return the sum of what the runs returned
  long contexts(RunnableProgram program, Cpu cpu, long inputs, int count, int size, long runs);

  /// Runs the program `runs` times on the CPU's context as it stands, of which the first 8 bytes
  /// (the selection) are cleared before each run, as the kernel does in BPF_PROG_TEST_RUN.
  long same(RunnableProgram program, Cpu cpu, long runs);

  /// Runs a program `runs` times with the same registers.
  long bare(RunnableProgram program, Cpu cpu, long r1, long r2, long runs);

  /// A loop of its own.
  static TimedLoop copy() {
    String file = Body.class.getName().substring(Body.class.getPackageName().length() + 1);
    try (InputStream in = TimedLoop.class.getResourceAsStream(file + ".class")) {
      if (in == null) {
        throw new IllegalStateException(file + ".class is not there");
      }
      return (TimedLoop)
          MethodHandles.lookup()
              .defineHiddenClass(in.readAllBytes(), true)
              .lookupClass()
              .getDeclaredConstructor()
              .newInstance();
    } catch (IOException | ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  /// What is copied. The fence costs no instruction on most machines; with it, a program that the
  /// compiler draws into the loop is run each time, not once for all.
  final class Body implements TimedLoop {
    Body() {}

    @Override
    public long contexts(
        RunnableProgram program, Cpu cpu, long inputs, int count, int size, long runs) {
      long sum = 0;
      long ctx = cpu.ctx();
      for (long i = 0; i < runs; i++) {
        long from = inputs + (i & (count - 1)) * size;
        for (int at = 0; at < size; at += Long.BYTES) {
          Memory.putLong(ctx + at, Memory.getLong(from + at));
        }
        VarHandle.releaseFence();
        sum += program.run(cpu, ctx, 0);
      }
      return sum;
    }

    @Override
    public long same(RunnableProgram program, Cpu cpu, long runs) {
      long sum = 0;
      long ctx = cpu.ctx();
      for (long i = 0; i < runs; i++) {
        Memory.putLong(ctx, 0);
        VarHandle.releaseFence();
        sum += program.run(cpu, ctx, 0);
      }
      return sum;
    }

    @Override
    public long bare(RunnableProgram program, Cpu cpu, long r1, long r2, long runs) {
      long sum = 0;
      for (long i = 0; i < runs; i++) {
        VarHandle.releaseFence();
        sum += program.run(cpu, r1, r2);
      }
      return sum;
    }
  }
}
