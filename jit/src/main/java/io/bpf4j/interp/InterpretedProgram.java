package io.bpf4j.interp;

import io.bpf4j.engine.Bound;
import io.bpf4j.engine.Checks;
import io.bpf4j.engine.CompileReport;
import io.bpf4j.engine.Engine;
import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.isa.AtomicOp;
import io.bpf4j.isa.Insn;
import io.bpf4j.isa.Reg;
import io.bpf4j.mem.Cpu;
import io.bpf4j.mem.ExecTracer;
import io.bpf4j.mem.Memory;
import io.bpf4j.mem.Packet;
import io.bpf4j.platform.LoadRule;
import io.bpf4j.prog.Program;

/// A pre-decoded program and the loop that runs it.
///
/// Registers are `r[0]` to `r[10]` of the CPU slot's array. Above them the array holds, for each
/// function that waits for a callee, its R1 to R9, where it goes on, and what its loops counted.
/// The frame pointer is kept in a local beside `r[10]`, which nothing writes.
///
/// [#run] must stay below 8,000 bytes of bytecode, or HotSpot compiles it never; what is rare or
/// slow anyway has methods of its own.
final class InterpretedProgram implements RunnableProgram {
  /// Where a waiting function's place to go on is saved, in its stretch of the registers.
  private static final int RETURN = 10;

  /// Where a function's `may_goto` count: beside the registers it works with, and in its stretch
  /// while it waits.
  private static final int LOOPS = 11;

  private final Bound bound;
  private final CompileReport report;
  private final int[] code;
  private final long[] pool;
  private final LoadRule[] rules;

  /// Programs that never read R10 have no way to their stack, so it need not be cleared.
  private final boolean usesStack;

  InterpretedProgram(Bound bound, Predecoded predecoded, CompileReport report) {
    this.bound = bound;
    this.report = report;
    this.code = predecoded.code();
    this.pool = predecoded.pool();
    this.rules = predecoded.rules();
    this.usesStack = predecoded.usesStack();
  }

  @Override
  public Program program() {
    return bound.program();
  }

  @Override
  public CompileReport report() {
    return report;
  }

  @Override
  public long run(Cpu cpu, long r1, long r2) {
    long[] r = cpu.registers();
    int[] code = this.code;
    long fp = start(cpu, r, r1, r2);
    long fuel = bound.options().fuel();
    int depth = 0;
    int ip = 0;
    while (true) {
      int dst = code[ip + 1] & 0xff;
      int src = code[ip + 1] >>> 8;
      int c = code[ip + 2];
      int imm = code[ip + 3];
      int next = ip + Predecoded.STEP;
      switch (code[ip]) {
        case Op.ADD32_IMM -> r[dst] = u32((int) r[dst] + imm);
        case Op.ADD32_REG -> r[dst] = u32((int) r[dst] + (int) r[src]);
        case Op.ADD64_IMM -> r[dst] += imm;
        case Op.ADD64_REG -> r[dst] += r[src];
        case Op.SUB32_IMM -> r[dst] = u32((int) r[dst] - imm);
        case Op.SUB32_REG -> r[dst] = u32((int) r[dst] - (int) r[src]);
        case Op.SUB64_IMM -> r[dst] -= imm;
        case Op.SUB64_REG -> r[dst] -= r[src];
        case Op.MUL32_IMM -> r[dst] = u32((int) r[dst] * imm);
        case Op.MUL32_REG -> r[dst] = u32((int) r[dst] * (int) r[src]);
        case Op.MUL64_IMM -> r[dst] *= imm;
        case Op.MUL64_REG -> r[dst] *= r[src];
        case Op.DIV32_IMM -> r[dst] = u32(div((int) r[dst], imm));
        case Op.DIV32_REG -> r[dst] = u32(div((int) r[dst], (int) r[src]));
        case Op.DIV64_IMM -> r[dst] = div(r[dst], (long) imm);
        case Op.DIV64_REG -> r[dst] = div(r[dst], r[src]);
        case Op.OR32_IMM -> r[dst] = u32((int) r[dst] | imm);
        case Op.OR32_REG -> r[dst] = u32((int) r[dst] | (int) r[src]);
        case Op.OR64_IMM -> r[dst] |= imm;
        case Op.OR64_REG -> r[dst] |= r[src];
        case Op.AND32_IMM -> r[dst] = u32((int) r[dst] & imm);
        case Op.AND32_REG -> r[dst] = u32((int) r[dst] & (int) r[src]);
        case Op.AND64_IMM -> r[dst] &= imm;
        case Op.AND64_REG -> r[dst] &= r[src];
        case Op.LSH32_IMM -> r[dst] = u32((int) r[dst] << imm);
        case Op.LSH32_REG -> r[dst] = u32((int) r[dst] << (int) r[src]);
        case Op.LSH64_IMM -> r[dst] <<= imm;
        case Op.LSH64_REG -> r[dst] <<= r[src];
        case Op.RSH32_IMM -> r[dst] = u32((int) r[dst] >>> imm);
        case Op.RSH32_REG -> r[dst] = u32((int) r[dst] >>> (int) r[src]);
        case Op.RSH64_IMM -> r[dst] >>>= imm;
        case Op.RSH64_REG -> r[dst] >>>= r[src];
        case Op.MOD32_IMM -> r[dst] = u32(mod((int) r[dst], imm));
        case Op.MOD32_REG -> r[dst] = u32(mod((int) r[dst], (int) r[src]));
        case Op.MOD64_IMM -> r[dst] = mod(r[dst], (long) imm);
        case Op.MOD64_REG -> r[dst] = mod(r[dst], r[src]);
        case Op.XOR32_IMM -> r[dst] = u32((int) r[dst] ^ imm);
        case Op.XOR32_REG -> r[dst] = u32((int) r[dst] ^ (int) r[src]);
        case Op.XOR64_IMM -> r[dst] ^= imm;
        case Op.XOR64_REG -> r[dst] ^= r[src];
        case Op.ARSH32_IMM -> r[dst] = u32((int) r[dst] >> imm);
        case Op.ARSH32_REG -> r[dst] = u32((int) r[dst] >> (int) r[src]);
        case Op.ARSH64_IMM -> r[dst] >>= imm;
        case Op.ARSH64_REG -> r[dst] >>= r[src];
        case Op.SDIV32_IMM -> r[dst] = u32(sdiv((int) r[dst], imm));
        case Op.SDIV32_REG -> r[dst] = u32(sdiv((int) r[dst], (int) r[src]));
        case Op.SDIV64_IMM -> r[dst] = sdiv(r[dst], (long) imm);
        case Op.SDIV64_REG -> r[dst] = sdiv(r[dst], r[src]);
        case Op.SMOD32_IMM -> r[dst] = u32(smod((int) r[dst], imm));
        case Op.SMOD32_REG -> r[dst] = u32(smod((int) r[dst], (int) r[src]));
        case Op.SMOD64_IMM -> r[dst] = smod(r[dst], (long) imm);
        case Op.SMOD64_REG -> r[dst] = smod(r[dst], r[src]);

        case Op.JEQ32_IMM -> next = (int) r[dst] == imm ? c : next;
        case Op.JEQ32_REG -> next = (int) r[dst] == (int) r[src] ? c : next;
        case Op.JEQ64_IMM -> next = r[dst] == imm ? c : next;
        case Op.JEQ64_REG -> next = r[dst] == r[src] ? c : next;
        case Op.JGT32_IMM -> next = Integer.compareUnsigned((int) r[dst], imm) > 0 ? c : next;
        case Op.JGT32_REG ->
            next = Integer.compareUnsigned((int) r[dst], (int) r[src]) > 0 ? c : next;
        case Op.JGT64_IMM -> next = Long.compareUnsigned(r[dst], imm) > 0 ? c : next;
        case Op.JGT64_REG -> next = Long.compareUnsigned(r[dst], r[src]) > 0 ? c : next;
        case Op.JGE32_IMM -> next = Integer.compareUnsigned((int) r[dst], imm) >= 0 ? c : next;
        case Op.JGE32_REG ->
            next = Integer.compareUnsigned((int) r[dst], (int) r[src]) >= 0 ? c : next;
        case Op.JGE64_IMM -> next = Long.compareUnsigned(r[dst], imm) >= 0 ? c : next;
        case Op.JGE64_REG -> next = Long.compareUnsigned(r[dst], r[src]) >= 0 ? c : next;
        case Op.JSET32_IMM -> next = ((int) r[dst] & imm) != 0 ? c : next;
        case Op.JSET32_REG -> next = ((int) r[dst] & (int) r[src]) != 0 ? c : next;
        case Op.JSET64_IMM -> next = (r[dst] & imm) != 0 ? c : next;
        case Op.JSET64_REG -> next = (r[dst] & r[src]) != 0 ? c : next;
        case Op.JNE32_IMM -> next = (int) r[dst] != imm ? c : next;
        case Op.JNE32_REG -> next = (int) r[dst] != (int) r[src] ? c : next;
        case Op.JNE64_IMM -> next = r[dst] != imm ? c : next;
        case Op.JNE64_REG -> next = r[dst] != r[src] ? c : next;
        case Op.JSGT32_IMM -> next = (int) r[dst] > imm ? c : next;
        case Op.JSGT32_REG -> next = (int) r[dst] > (int) r[src] ? c : next;
        case Op.JSGT64_IMM -> next = r[dst] > imm ? c : next;
        case Op.JSGT64_REG -> next = r[dst] > r[src] ? c : next;
        case Op.JSGE32_IMM -> next = (int) r[dst] >= imm ? c : next;
        case Op.JSGE32_REG -> next = (int) r[dst] >= (int) r[src] ? c : next;
        case Op.JSGE64_IMM -> next = r[dst] >= imm ? c : next;
        case Op.JSGE64_REG -> next = r[dst] >= r[src] ? c : next;
        case Op.JLT32_IMM -> next = Integer.compareUnsigned((int) r[dst], imm) < 0 ? c : next;
        case Op.JLT32_REG ->
            next = Integer.compareUnsigned((int) r[dst], (int) r[src]) < 0 ? c : next;
        case Op.JLT64_IMM -> next = Long.compareUnsigned(r[dst], imm) < 0 ? c : next;
        case Op.JLT64_REG -> next = Long.compareUnsigned(r[dst], r[src]) < 0 ? c : next;
        case Op.JLE32_IMM -> next = Integer.compareUnsigned((int) r[dst], imm) <= 0 ? c : next;
        case Op.JLE32_REG ->
            next = Integer.compareUnsigned((int) r[dst], (int) r[src]) <= 0 ? c : next;
        case Op.JLE64_IMM -> next = Long.compareUnsigned(r[dst], imm) <= 0 ? c : next;
        case Op.JLE64_REG -> next = Long.compareUnsigned(r[dst], r[src]) <= 0 ? c : next;
        case Op.JSLT32_IMM -> next = (int) r[dst] < imm ? c : next;
        case Op.JSLT32_REG -> next = (int) r[dst] < (int) r[src] ? c : next;
        case Op.JSLT64_IMM -> next = r[dst] < imm ? c : next;
        case Op.JSLT64_REG -> next = r[dst] < r[src] ? c : next;
        case Op.JSLE32_IMM -> next = (int) r[dst] <= imm ? c : next;
        case Op.JSLE32_REG -> next = (int) r[dst] <= (int) r[src] ? c : next;
        case Op.JSLE64_IMM -> next = r[dst] <= imm ? c : next;
        case Op.JSLE64_REG -> next = r[dst] <= r[src] ? c : next;

        case Op.MOV32_IMM -> r[dst] = u32(imm);
        case Op.MOV32_REG -> r[dst] = u32((int) r[src]);
        case Op.MOV64_IMM -> r[dst] = imm;
        case Op.MOV64_REG -> r[dst] = r[src];
        case Op.MOVSX8_32 -> r[dst] = u32((byte) r[src]);
        case Op.MOVSX16_32 -> r[dst] = u32((short) r[src]);
        case Op.MOVSX8_64 -> r[dst] = (byte) r[src];
        case Op.MOVSX16_64 -> r[dst] = (short) r[src];
        case Op.MOVSX32_64 -> r[dst] = (int) r[src];
        case Op.NEG32 -> r[dst] = u32(-(int) r[dst]);
        case Op.NEG64 -> r[dst] = -r[dst];
        case Op.ZEXT16 -> r[dst] &= 0xffff;
        case Op.ZEXT32 -> r[dst] = u32((int) r[dst]);
        case Op.SWAP16 -> r[dst] = Short.toUnsignedLong(Short.reverseBytes((short) r[dst]));
        case Op.SWAP32 -> r[dst] = u32(Integer.reverseBytes((int) r[dst]));
        case Op.SWAP64 -> r[dst] = Long.reverseBytes(r[dst]);
        case Op.NOP -> {}
        case Op.LDDW -> {
          r[dst] = pool[c];
          next += Predecoded.STEP;
        }

        case Op.LDX8 -> r[dst] = load(cpu, fp, r[src] + c, 1, false, ip);
        case Op.LDX16 -> r[dst] = load(cpu, fp, r[src] + c, 2, false, ip);
        case Op.LDX32 -> r[dst] = load(cpu, fp, r[src] + c, 4, false, ip);
        case Op.LDX64 -> r[dst] = load(cpu, fp, r[src] + c, 8, false, ip);
        case Op.LDSX8 -> r[dst] = (byte) load(cpu, fp, r[src] + c, 1, true, ip);
        case Op.LDSX16 -> r[dst] = (short) load(cpu, fp, r[src] + c, 2, true, ip);
        case Op.LDSX32 -> r[dst] = (int) load(cpu, fp, r[src] + c, 4, true, ip);
        case Op.ST8 -> store(cpu, fp, r[dst] + c, 1, imm, ip);
        case Op.ST16 -> store(cpu, fp, r[dst] + c, 2, imm, ip);
        case Op.ST32 -> store(cpu, fp, r[dst] + c, 4, imm, ip);
        case Op.ST64 -> store(cpu, fp, r[dst] + c, 8, imm, ip);
        case Op.STX8 -> store(cpu, fp, r[dst] + c, 1, r[src], ip);
        case Op.STX16 -> store(cpu, fp, r[dst] + c, 2, r[src], ip);
        case Op.STX32 -> store(cpu, fp, r[dst] + c, 4, r[src], ip);
        case Op.STX64 -> store(cpu, fp, r[dst] + c, 8, r[src], ip);
        case Op.RAW_LDX8 -> r[dst] = Byte.toUnsignedLong(Memory.getByte(r[src] + c));
        case Op.RAW_LDX16 -> r[dst] = Short.toUnsignedLong(Memory.getShort(r[src] + c));
        case Op.RAW_LDX32 -> r[dst] = u32(Memory.getInt(r[src] + c));
        case Op.RAW_LDX64 -> r[dst] = Memory.getLong(r[src] + c);
        case Op.RAW_LDSX8 -> r[dst] = Memory.getByte(r[src] + c);
        case Op.RAW_LDSX16 -> r[dst] = Memory.getShort(r[src] + c);
        case Op.RAW_LDSX32 -> r[dst] = Memory.getInt(r[src] + c);
        case Op.RAW_ST8 -> Memory.putByte(r[dst] + c, (byte) imm);
        case Op.RAW_ST16 -> Memory.putShort(r[dst] + c, (short) imm);
        case Op.RAW_ST32 -> Memory.putInt(r[dst] + c, imm);
        case Op.RAW_ST64 -> Memory.putLong(r[dst] + c, imm);
        case Op.RAW_STX8 -> Memory.putByte(r[dst] + c, (byte) r[src]);
        case Op.RAW_STX16 -> Memory.putShort(r[dst] + c, (short) r[src]);
        case Op.RAW_STX32 -> Memory.putInt(r[dst] + c, (int) r[src]);
        case Op.RAW_STX64 -> Memory.putLong(r[dst] + c, r[src]);
        case Op.FIELD -> r[dst] = field(r[src], c, imm);
        case Op.CALL_PROVED -> r[0] = callHelper(cpu, r, fp, imm, true, ip);
        case Op.ATOMIC -> atomic(cpu, r, fp, ip);
        case Op.LOAD_ACQUIRE -> loadAcquire(cpu, r, fp, ip);
        case Op.STORE_RELEASE -> storeRelease(cpu, r, fp, ip);

        case Op.GOTO -> next = c;
        case Op.MAY_GOTO -> next = mayGoto(r) ? c : next;
        case Op.CALL_HELPER -> r[0] = callHelper(cpu, r, fp, imm, false, ip);
        case Op.CALL_LOCAL, Op.CALL_REG -> {
          int target = code[ip] == Op.CALL_LOCAL ? c : callTarget(r[dst], ip);
          if (target < 0) {
            r[0] = callHelper(cpu, r, fp, ~target, false, ip);
          } else {
            fuel = spend(fuel, ip);
            depth = deeper(depth, ip);
            fp = enter(cpu, r, depth, next);
            ip = target;
            continue;
          }
        }
        case Op.EXIT, Op.PACKET_LOAD -> {
          if (code[ip] == Op.PACKET_LOAD && packetLoad(cpu, r, ip)) {
            break;
          }
          if (depth == 0) {
            cpu.fuel(fuel);
            return r[0];
          }
          ip = leave(r, depth);
          depth--;
          fp = r[10];
          continue;
        }
        default -> throw new IllegalStateException("op " + code[ip]);
      }
      if (next <= ip) {
        fuel = spend(fuel, ip);
      }
      ip = next;
    }
  }

  /// Sets the registers of a run and returns the frame pointer.
  private long start(Cpu cpu, long[] r, long r1, long r2) {
    r[0] = 0;
    r[1] = r1;
    r[2] = r2;
    for (int i = 3; i < 10; i++) {
      r[i] = 0;
    }
    return frame(cpu, r, cpu.stackTop());
  }

  private long frame(Cpu cpu, long[] r, long fp) {
    r[10] = fp;
    r[LOOPS] = 0;
    if (usesStack) {
      cpu.clearFrame(fp);
    }
    return fp;
  }

  private long spend(long fuel, int ip) {
    if (fuel <= 0) {
      throw Checks.budget(bound, pc(ip));
    }
    return fuel - 1;
  }

  private int deeper(int depth, int ip) {
    if (depth + 1 == Cpu.MAX_FRAMES) {
      throw Checks.tooDeep(bound, pc(ip));
    }
    return depth + 1;
  }

  /// Saves what the caller must find again, and returns the callee's frame pointer.
  private long enter(Cpu cpu, long[] r, int depth, int next) {
    int saved = depth * Cpu.REGISTERS;
    System.arraycopy(r, 1, r, saved + 1, 9);
    r[saved + RETURN] = next;
    r[saved + LOOPS] = r[LOOPS];
    r[0] = 0;
    for (int i = 6; i < 10; i++) {
      r[i] = 0;
    }
    return frame(cpu, r, r[10] - Cpu.FRAME_BYTES);
  }

  /// Restores the caller's registers but R0, and returns where it goes on.
  private static int leave(long[] r, int depth) {
    int saved = depth * Cpu.REGISTERS;
    System.arraycopy(r, saved + 1, r, 1, 9);
    r[10] += Cpu.FRAME_BYTES;
    r[LOOPS] = r[saved + LOOPS];
    return (int) r[saved + RETURN];
  }

  /// Whether the function's loops are spent; counts them.
  private static boolean mayGoto(long[] r) {
    return r[LOOPS]++ >= Engine.MAX_LOOPS;
  }

  /// A load whose upper bits the caller fixes when it is signed; stack and the run's memory, which
  /// need no rule, are tested here.
  private long load(Cpu cpu, long fp, long address, int size, boolean signed, int ip) {
    return plain(cpu, fp, address, size)
        ? Memory.load(address, size)
        : Checks.load(bound, cpu, fp, address, size, signed, pc(ip));
  }

  private void store(Cpu cpu, long fp, long address, int size, long value, int ip) {
    if (plain(cpu, fp, address, size)) {
      Memory.store(address, size, value);
    } else {
      Checks.store(bound, cpu, fp, address, size, value, pc(ip));
    }
  }

  private static boolean plain(Cpu cpu, long fp, long address, int size) {
    if (address >= fp - Cpu.FRAME_BYTES && address <= cpu.stackTop() - size) {
      return true;
    }
    long offset = address - cpu.memBase();
    return offset >= 0 && offset <= cpu.memLength() - size;
  }

  /// @param width of the load, negative for one that sign-extends
  private long field(long base, int rule, int width) {
    return rules[rule].load(base, Math.abs(width), width < 0);
  }

  private void atomic(Cpu cpu, long[] r, long fp, int ip) {
    Insn.Atomic insn = (Insn.Atomic) insn(ip);
    long address = r[insn.base().ordinal()] + insn.offset();
    long value = r[insn.src().ordinal()];
    long old =
        Checks.atomic(bound, cpu, fp, address, insn.size().bytes(), insn.op(), value, r[0], pc(ip));
    if (insn.fetch()) {
      Reg to = insn.op() == AtomicOp.CMPXCHG ? Reg.R0 : insn.src();
      r[to.ordinal()] = old;
    }
  }

  private void loadAcquire(Cpu cpu, long[] r, long fp, int ip) {
    Insn.LoadAcquire insn = (Insn.LoadAcquire) insn(ip);
    long address = r[insn.base().ordinal()] + insn.offset();
    r[insn.dst().ordinal()] =
        Checks.loadAcquire(bound, cpu, fp, address, insn.size().bytes(), pc(ip));
  }

  private void storeRelease(Cpu cpu, long[] r, long fp, int ip) {
    Insn.StoreRelease insn = (Insn.StoreRelease) insn(ip);
    long address = r[insn.base().ordinal()] + insn.offset();
    long value = r[insn.src().ordinal()];
    Checks.storeRelease(bound, cpu, fp, address, insn.size().bytes(), value, pc(ip));
  }

  /// Puts what a packet load answers into R0; false, and 0 there, when it misses the packet.
  private boolean packetLoad(Cpu cpu, long[] r, int ip) {
    Insn.LegacyLoad insn = (Insn.LegacyLoad) insn(ip);
    Reg src = insn.src();
    int offset = (src == null ? 0 : (int) r[src.ordinal()]) + insn.offset();
    long value = Checks.packetLoad(bound, cpu, r[6], offset, insn.size().bytes(), pc(ip));
    r[0] = value == Packet.MISS ? 0 : value;
    return value != Packet.MISS;
  }

  private long callHelper(Cpu cpu, long[] r, long fp, int id, boolean proved, int ip) {
    int pc = pc(ip);
    ExecTracer tracer = cpu.tracer();
    if (tracer != null) {
      tracer.beforeHelper(pc, id, new long[] {r[1], r[2], r[3], r[4], r[5]});
    }
    long result =
        proved
            ? Checks.invoke(bound, cpu, id, r[1], r[2], r[3], r[4], r[5])
            : Checks.call(bound, cpu, fp, id, r[1], r[2], r[3], r[4], r[5], pc);
    if (tracer != null) {
      tracer.afterHelper(pc, id, result);
    }
    return result;
  }

  /// Where a call through a register goes: an index into the code, or the complement of a helper's
  /// number.
  private int callTarget(long target, int ip) {
    int found = Checks.callTarget(bound, target, pc(ip));
    return found < 0 ? found : found * Predecoded.STEP;
  }

  private Insn insn(int ip) {
    return bound.program().insns().at(pc(ip));
  }

  private static int pc(int ip) {
    return ip / Predecoded.STEP;
  }

  private static long u32(int value) {
    return Integer.toUnsignedLong(value);
  }

  private static long div(long a, long b) {
    return b == 0 ? 0 : Long.divideUnsigned(a, b);
  }

  private static int div(int a, int b) {
    return b == 0 ? 0 : Integer.divideUnsigned(a, b);
  }

  private static long mod(long a, long b) {
    return b == 0 ? a : Long.remainderUnsigned(a, b);
  }

  private static int mod(int a, int b) {
    return b == 0 ? a : Integer.remainderUnsigned(a, b);
  }

  private static long sdiv(long a, long b) {
    return b == 0 ? 0 : a / b;
  }

  private static int sdiv(int a, int b) {
    return b == 0 ? 0 : a / b;
  }

  private static long smod(long a, long b) {
    return b == 0 ? a : a % b;
  }

  private static int smod(int a, int b) {
    return b == 0 ? a : a % b;
  }
}
