package io.bpf4j.mem;

import java.lang.foreign.Arena;
import org.jspecify.annotations.Nullable;

/// A CPU slot: everything one run of a program owns exclusively. Off-heap it holds the stacks of
/// eight nested functions and the context; on heap the budget, the bounds of packet memory, and the
/// regions of the host. Hosts extend it with what their helpers need. A slot is used by one thread
/// at a time and is not synchronised; it lives as long as it is reachable.
///
/// ```
/// stackTop - 4096 ........ stackTop - 512 ........ stackTop      ctx ... ctx + 256
///   frame 7 |     ...    | frame 1      | frame 0 |
/// ```
public class Cpu {
  /// The stack of one function (the kernel's MAX_BPF_STACK).
  public static final int FRAME_BYTES = 512;

  /// How deep local calls nest (the kernel's MAX_CALL_FRAMES).
  public static final int MAX_FRAMES = 8;

  /// Room for a program type's context.
  public static final int CTX_BYTES = 256;

  /// Longs the interpreter has a frame for: R0 to R10, rounded up.
  public static final int REGISTERS = 16;

  /// Longs that [#spill] has.
  public static final int SPILLS = 64;

  private final int index;
  private final long stackTop;
  private final long ctx;
  private final Arena arena;
  private final long[] registers = new long[REGISTERS * (MAX_FRAMES + 1)];
  private final long[] @Nullable [] spills = new long[MAX_FRAMES] @Nullable [];
  private long fuel;
  private long memBase;
  private long memLength;
  private @Nullable Region memRegion;
  private @Nullable Packet packet;
  private @Nullable ExecTracer tracer;

  /// A slot whose programs see this number as their CPU.
  public Cpu(int index) {
    this.index = index;
    this.arena = Arena.ofAuto();
    long base = arena.allocate((long) FRAME_BYTES * MAX_FRAMES + CTX_BYTES, 64).address();
    this.stackTop = base + (long) FRAME_BYTES * MAX_FRAMES;
    this.ctx = stackTop;
  }

  /// The CPU number programs see.
  public final int index() {
    return index;
  }

  /// The frame pointer of the outermost function: one past its highest stack byte.
  public final long stackTop() {
    return stackTop;
  }

  /// The address of the context area, [#CTX_BYTES] long.
  public final long ctx() {
    return ctx;
  }

  /// Room for the interpreter's registers: [#REGISTERS] that it works with, and as many again for
  /// each function that waits for a callee.
  public final long[] registers() {
    return registers;
  }

  /// Room for what compiled code keeps of a function's registers and stack slots while it goes from
  /// one of its methods to the next: [#SPILLS] longs for each depth of calls, made when first asked
  /// for.
  ///
  /// @param fp the function's frame pointer
  public final long[] spill(long fp) {
    int depth = (int) ((stackTop - fp) / FRAME_BYTES);
    long[] spill = spills[depth];
    if (spill == null) {
      spill = new long[SPILLS];
      spills[depth] = spill;
    }
    return spill;
  }

  /// Zeroes the frame below a frame pointer. An engine does so when a function is entered, so that
  /// what a program reads before it wrote is the same in every run and every engine.
  public final void clearFrame(long fp) {
    long base = fp - FRAME_BYTES;
    // An int counter: C2 makes vector stores of it.
    for (int offset = 0; offset < FRAME_BYTES; offset += Long.BYTES) {
      Memory.putLong(base + offset, 0);
    }
  }

  /// Back edges and calls left to the current run.
  public final long fuel() {
    return fuel;
  }

  public final void fuel(long left) {
    fuel = left;
  }

  /// First address of the memory handed to the run (packet data, or a plugin's memory); 0 when
  /// there is none.
  public final long memBase() {
    return memBase;
  }

  /// Length of that memory in bytes; 0 when there is none.
  public final long memLength() {
    return memLength;
  }

  /// Declares the memory of the next runs. The caller keeps it alive.
  public final void memory(long base, long length) {
    memBase = base;
    memLength = length;
    memRegion = length == 0 ? null : Region.single(Region.Kind.MEM, "memory", base, length, true);
  }

  /// That memory as a region, or null when there is none.
  public final @Nullable Region memRegion() {
    return memRegion;
  }

  /// The packet of the next runs, for packet loads; null when there is none.
  public final @Nullable Packet packet() {
    return packet;
  }

  public final void packet(@Nullable Packet packet) {
    this.packet = packet;
  }

  /// Who is told of helper calls, or null. Only the interpreter looks.
  public final @Nullable ExecTracer tracer() {
    return tracer;
  }

  public final void tracer(@Nullable ExecTracer tracer) {
    this.tracer = tracer;
  }

  /// The host's region that contains an address, or null: sockets, and whatever else the host shows
  /// to programs beside stack, context, memory and map values.
  public @Nullable Region hostRegion(long address) {
    return null;
  }
}
