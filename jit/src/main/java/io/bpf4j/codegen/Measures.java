package io.bpf4j.codegen;

import io.bpf4j.isa.Insn;
import org.objectweb.asm.Label;

/// What each instruction of a program costs when it is lowered, found by lowering it into a
/// [SizeCounter]: upper bounds that do not depend on the method the instruction ends up in.
final class Measures {
  private final int[] bytes;
  private final int[] constants;
  private final int[] accesses;
  private final long[] used;
  private final long[] stored;

  Measures(Analysis analysis) {
    Cfg cfg = analysis.cfg();
    int size = cfg.insns().size();
    bytes = new int[size];
    constants = new int[size];
    accesses = new int[size];
    used = new long[size];
    stored = new long[size];
    SizeCounter counter = new SizeCounter();
    // A chunk leaves by the longer sequence, a function has the farther locals.
    Emitter out = new Emitter(counter, ClassPlan.PREFIX, Layout.CHUNK);
    Lowering lowering = new Lowering(analysis, out, Linkage.MEASURE, new Anywhere());
    for (int pc = 0; pc < size; pc++) {
      if (cfg.insns().startsAt(pc) && analysis.kinds().reaches(pc)) {
        counter.reset();
        out.resetCounts();
        lowering.lower(pc);
        out.writeCold();
        bytes[pc] = counter.bytes();
        constants[pc] = counter.constants();
        accesses[pc] = out.accesses();
        used[pc] = out.used();
        if (cfg.insns().at(pc) instanceof Insn.Exit) {
          // It hands the budget back where something before it took it.
          used[pc] &= ~Vars.INTS;
        }
        stored[pc] = out.stored();
      }
    }
  }

  /// A method that keeps a budget and has every label.
  private static final class Anywhere implements Scope {
    private static final ClassPlan.Method METHOD =
        new ClassPlan.Method("f", Layout.FUNCTION_TYPE, 0);

    @Override
    public Label label(int pc) {
      return new Label();
    }

    @Override
    public boolean keepsFuel() {
      return true;
    }

    @Override
    public ClassPlan.Method function(int index) {
      return new ClassPlan.Method("f" + index, Layout.FUNCTION_TYPE, 0);
    }

    @Override
    public ClassPlan.Method dispatcher() {
      return METHOD;
    }
  }

  /// Bytes of bytecode.
  int bytes(int pc) {
    return bytes[pc];
  }

  /// Entries of the constant pool.
  int constants(int pc) {
    return constants[pc];
  }

  /// Accesses to memory.
  int accesses(int pc) {
    return accesses[pc];
  }

  /// The [Vars] it touches.
  long used(int pc) {
    return used[pc];
  }

  /// The [Vars] it assigns.
  long stored(int pc) {
    return stored[pc];
  }
}
