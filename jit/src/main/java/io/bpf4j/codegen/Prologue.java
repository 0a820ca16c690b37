package io.bpf4j.codegen;

import io.bpf4j.mem.Cpu;
import java.util.BitSet;
import org.objectweb.asm.Opcodes;

/// The start of generated methods: every variable they use gets a value, so that one stack map
/// frame fits all labels.
final class Prologue implements Opcodes {
  /// From this many words on, a loop clears them.
  private static final int MANY_WORDS = 16;

  private Prologue() {}

  /// An upper bound of the bytes that setting these variables takes, frame clearing included.
  static int size(long used) {
    return 16 * Long.bitCount(used & ~Vars.PROGRAM) + 6 * Long.bitCount(used) + 14 * MANY_WORDS;
  }

  /// Sets what checks keep at hand, as far as it is used.
  static void derived(Emitter out, long used) {
    if ((used & Vars.bit(Vars.LIMIT)) != 0) {
      takeFuel(out);
    }
    if ((used & Vars.bit(Vars.MEMORY)) != 0) {
      cpu(out, "memBase");
      out.store(Vars.MEMORY);
    }
    for (int size = 1; size <= 8; size *= 2) {
      if ((used & Vars.bit(Vars.limit(size))) != 0) {
        cpu(out, "memLength");
        out.push(size - 1L);
        out.insn(LSUB);
        out.push(0L);
        out.callStatic("java/lang/Math", "max", "(JJ)J");
        out.store(Vars.limit(size));
      }
    }
    if ((used & Vars.bit(Vars.SPAN)) != 0) {
      cpu(out, "stackTop");
      out.load(Vars.FP);
      out.insn(LSUB);
      out.push((long) Cpu.FRAME_BYTES);
      out.insn(LADD);
      out.store(Vars.SPAN);
    }
    zero(out, used & (Vars.bit(Vars.ADDRESS) | Vars.bit(Vars.SCRATCH)));
  }

  /// Takes the budget from the CPU slot.
  static void takeFuel(Emitter out) {
    cpu(out, "fuel");
    out.insn(L2I);
    out.push(1);
    out.insn(IADD);
    out.storeInt(Vars.LIMIT);
    out.push(0);
    out.storeInt(Vars.SPENT);
  }

  /// Hands what is left of the budget back to the CPU slot.
  static void giveFuel(Emitter out) {
    out.cpu();
    out.loadInt(Vars.LIMIT);
    out.push(1);
    out.insn(ISUB);
    out.loadInt(Vars.SPENT);
    out.insn(ISUB);
    out.insn(I2L);
    out.callVirtual(Layout.CPU, "fuel", "(J)V");
  }

  private static void cpu(Emitter out, String accessor) {
    out.cpu();
    out.callVirtual(Layout.CPU, accessor, "()J");
  }

  /// Sets these variables to zero.
  static void zero(Emitter out, long variables) {
    for (int variable = 0; variable < Vars.COUNT; variable++) {
      if ((variables & Vars.bit(variable)) != 0) {
        out.push(0L);
        out.store(variable);
      }
    }
  }

  /// Clears these words of the own frame.
  static void clear(Emitter out, BitSet words) {
    if (words.cardinality() > MANY_WORDS) {
      out.cpu();
      out.load(Vars.FP);
      out.callVirtual(Layout.CPU, "clearFrame", "(J)V");
      return;
    }
    words.stream()
        .forEach(word -> {
          out.access();
          out.load(Vars.FP);
          out.push((long) word * Long.BYTES - Cpu.FRAME_BYTES);
          out.insn(LADD);
          out.push(0L);
          out.put(8);
        });
  }
}
