package io.bpf4j.codegen;

import io.bpf4j.isa.AtomicOp;
import io.bpf4j.isa.Imm;
import io.bpf4j.isa.Insn;
import io.bpf4j.isa.Operand;
import io.bpf4j.isa.Reg;
import io.bpf4j.mem.Cpu;
import io.bpf4j.mem.Region;
import io.bpf4j.platform.LoadRule;
import org.objectweb.asm.Label;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/// Accesses to memory: the test that [Access] leaves, inline, then the raw access; what the test
/// does not settle goes to [io.bpf4j.engine.Checks] in cold code, which answers for the access or
/// throws.
final class MemoryLowering implements Opcodes {
  private static final String BOUND_CPU = "(Lio/bpf4j/engine/Bound;Lio/bpf4j/mem/Cpu;";
  private static final String OP_TYPE = Type.getDescriptor(AtomicOp.class);

  private final Analysis analysis;
  private final Emitter out;

  MemoryLowering(Analysis analysis, Emitter out) {
    this.analysis = analysis;
    this.out = out;
  }

  /// Where an access goes: a base register and a distance.
  private record Place(Reg base, int offset, int size) {}

  private Access access(int pc, Place place, boolean write) {
    Kind base = analysis.kinds().before(pc, place.base());
    return Access.of(analysis, analysis.kinds(), pc, base, place.offset(), place.size(), write);
  }

  void load(int pc, Insn.Load load) {
    Place place = new Place(load.base(), load.offset(), load.size().bytes());
    switch (access(pc, place, false)) {
      case Access.Local(int slot) -> local(slot, load);
      case Access.Field(LoadRule rule, long delta) -> field(rule, delta, load);
      case Access.Unknown _ -> {
        checkedLoad(pc, place, load.signed(), false);
        out.store(load.dst());
      }
      case Access access -> {
        Label slow = new Label();
        Label done = new Label();
        boolean kept = test(access, place, slow);
        out.access();
        address(place, kept);
        out.get(place.size(), load.signed());
        out.store(load.dst());
        if (!(access instanceof Access.Free)) {
          out.cold(() -> {
            out.place(slow);
            checkedLoad(pc, place, load.signed(), kept);
            out.store(load.dst());
            out.jump(GOTO, done);
          });
          out.place(done);
        }
      }
    }
  }

  private void local(int slot, Insn.Load load) {
    out.load(Vars.SLOTS + slot);
    if (load.signed()) {
      signExtend(load.size().bytes());
    }
    out.store(load.dst());
  }

  /// As [LoadRule#load] does it.
  private void field(LoadRule rule, long delta, Insn.Load load) {
    out.access();
    out.load(load.base());
    add(delta + rule.offset());
    out.get(rule.bytes(), rule.signed());
    if (load.signed()) {
      signExtend(load.size().bytes());
    }
    out.store(load.dst());
  }

  private void signExtend(int bytes) {
    out.insn(L2I);
    if (bytes == 1) {
      out.insn(I2B);
    } else if (bytes == 2) {
      out.insn(I2S);
    }
    out.insn(I2L);
  }

  void store(int pc, Insn.Store store) {
    Place place = new Place(store.base(), store.offset(), store.size().bytes());
    switch (access(pc, place, true)) {
      case Access.Local(int slot) -> {
        slotValue(store.src(), place.size());
        out.store(Vars.SLOTS + slot);
      }
      case Access.Unknown _ -> checkedStore(pc, place, store.src(), false);
      case Access access -> {
        Label slow = new Label();
        Label done = new Label();
        boolean kept = test(access, place, slow);
        out.access();
        address(place, kept);
        narrow(store.src(), place.size());
        out.put(place.size());
        if (!(access instanceof Access.Free)) {
          out.cold(() -> {
            out.place(slow);
            checkedStore(pc, place, store.src(), kept);
            out.jump(GOTO, done);
          });
          out.place(done);
        }
      }
    }
  }

  /// A promoted slot holds its bytes zero-extended.
  private void slotValue(Operand src, int size) {
    long mask = size == 8 ? -1 : (1L << (8 * size)) - 1;
    switch (src) {
      case Imm(int value) -> out.push(value & mask);
      case Reg reg -> {
        out.load(reg);
        if (size < 8) {
          out.push(mask);
          out.insn(LAND);
        }
      }
    }
  }

  private void narrow(Operand src, int size) {
    switch (src) {
      case Imm(int value) -> {
        if (size == 8) {
          out.push((long) value);
        } else {
          out.push(value);
        }
      }
      case Reg reg -> {
        out.load(reg);
        if (size < 8) {
          out.insn(L2I);
        }
      }
    }
  }

  private void wide(Operand src) {
    switch (src) {
      case Imm(int value) -> out.push((long) value);
      case Reg reg -> out.load(reg);
    }
  }

  /// Emits the test of an access, which jumps to `slow` when it fails; says whether it left the
  /// address in [Vars#ADDRESS].
  private boolean test(Access access, Place place, Label slow) {
    return switch (access) {
      case Access.NotNull(long nullBase) -> {
        out.load(place.base());
        out.push(nullBase);
        out.insn(LCMP);
        out.jump(IFEQ, slow);
        yield false;
      }
      case Access.InMemory _ -> {
        boolean kept = keepAddress(place);
        address(place, kept);
        out.load(Vars.MEMORY);
        out.insn(LSUB);
        out.load(Vars.limit(place.size()));
        below(slow);
        yield kept;
      }
      case Access.OnStack _ -> {
        boolean kept = keepAddress(place);
        address(place, kept);
        out.load(Vars.FP);
        out.insn(LSUB);
        out.push((long) Cpu.FRAME_BYTES);
        out.insn(LADD);
        out.load(Vars.SPAN);
        add(1L - place.size());
        below(slow);
        yield kept;
      }
      case Access.InRegion(Region region) -> {
        boolean kept = keepAddress(place);
        address(place, kept);
        inRegion(region, place.size(), slow);
        yield kept;
      }
      case Access.Free _, Access.Local _, Access.Field _, Access.Unknown _ -> false;
    };
  }

  /// Keeps an address that is computed, so that it is computed once.
  private boolean keepAddress(Place place) {
    if (place.offset() == 0) {
      return false;
    }
    address(place, false);
    out.store(Vars.ADDRESS);
    return true;
  }

  /// The test of [Region#holds], on the address on the stack.
  private void inRegion(Region region, int size, Label slow) {
    out.push(region.base());
    out.insn(LSUB);
    long last = region.cellSize() - size;
    if (region.length() <= region.stride()) {
      out.push(last + 1);
      below(slow);
      return;
    }
    out.insn(DUP2);
    out.store(Vars.SCRATCH);
    out.push(region.length());
    below(slow);
    out.load(Vars.SCRATCH);
    out.push(region.stride() - 1);
    out.insn(LAND);
    out.push(last);
    out.insn(LCMP);
    out.jump(IFGT, slow);
  }

  /// Jumps unless the first number on the stack is below the second, unsigned.
  private void below(Label slow) {
    out.callStatic("java/lang/Long", "compareUnsigned", "(JJ)I");
    out.jump(IFGE, slow);
  }

  private void address(Place place, boolean kept) {
    if (kept) {
      out.load(Vars.ADDRESS);
    } else {
      out.load(place.base());
      add(place.offset());
    }
  }

  private void add(long delta) {
    if (delta != 0) {
      out.push(delta);
      out.insn(LADD);
    }
  }

  private void checked(Place place, boolean kept) {
    out.bound();
    out.cpu();
    out.load(Vars.FP);
    address(place, kept);
    out.push(place.size());
  }

  private void checkedLoad(int pc, Place place, boolean signed, boolean kept) {
    checked(place, kept);
    out.push(signed ? 1 : 0);
    out.push(pc);
    out.callStatic(BranchLowering.CHECKS, "load", BOUND_CPU + "JJIZI)J");
  }

  private void checkedStore(int pc, Place place, Operand src, boolean kept) {
    checked(place, kept);
    wide(src);
    out.push(pc);
    out.callStatic(BranchLowering.CHECKS, "store", BOUND_CPU + "JJIJI)V");
  }

  /// Tests an atomic access: as a store or a load, and its alignment; false when it is all left to
  /// [io.bpf4j.engine.Checks]. Leaves the address in [Vars#ADDRESS].
  private boolean testAtomic(int pc, Place place, boolean write, Label slow) {
    Access access = access(pc, place, write);
    if (access instanceof Access.Unknown || access instanceof Access.Field) {
      return false;
    }
    test(access, place, slow);
    address(place, false);
    out.insn(DUP2);
    out.store(Vars.ADDRESS);
    out.insn(L2I);
    out.push(place.size() - 1);
    out.insn(IAND);
    out.jump(IFNE, slow);
    return true;
  }

  void atomic(int pc, Insn.Atomic atomic) {
    Place place = new Place(atomic.base(), atomic.offset(), atomic.size().bytes());
    Label slow = new Label();
    Label done = new Label();
    if (!testAtomic(pc, place, true, slow)) {
      checkedAtomic(pc, place, atomic);
      return;
    }
    if (!out.atomic(atomic.op(), place.size(), atomic.src())) {
      out.load(Vars.ADDRESS);
      out.push(place.size());
      if (atomic.op() == AtomicOp.CMPXCHG) {
        out.load(Reg.R0);
      }
      out.load(atomic.src());
      boolean compares = atomic.op() == AtomicOp.CMPXCHG;
      out.callAtomic(method(atomic.op()), compares ? "(JIJJ)J" : "(JIJ)J");
    }
    result(atomic);
    out.cold(() -> {
      out.place(slow);
      checkedAtomic(pc, place, atomic);
      out.jump(GOTO, done);
    });
    out.place(done);
  }

  private static String method(AtomicOp op) {
    return switch (op) {
      case ADD -> "add";
      case OR -> "or";
      case AND -> "and";
      case XOR -> "xor";
      case XCHG -> "exchange";
      case CMPXCHG -> "compareExchange";
    };
  }

  /// Puts the old value, on the stack, where the instruction wants it.
  private void result(Insn.Atomic atomic) {
    if (atomic.op() == AtomicOp.CMPXCHG) {
      out.store(Reg.R0);
    } else if (atomic.fetch()) {
      out.store(atomic.src());
    } else {
      out.insn(POP2);
    }
  }

  private void checkedAtomic(int pc, Place place, Insn.Atomic atomic) {
    checked(place, false);
    out.enumConstant(OP_TYPE, atomic.op().name());
    out.load(atomic.src());
    out.load(Reg.R0);
    out.push(pc);
    out.callStatic(BranchLowering.CHECKS, "atomic", BOUND_CPU + "JJI" + OP_TYPE + "JJI)J");
    result(atomic);
  }

  void loadAcquire(int pc, Insn.LoadAcquire load) {
    Place place = new Place(load.base(), load.offset(), load.size().bytes());
    Label slow = new Label();
    Label done = new Label();
    if (!testAtomic(pc, place, false, slow)) {
      checkedAcquire(pc, place, load.dst());
      return;
    }
    out.load(Vars.ADDRESS);
    out.push(place.size());
    out.callAtomic("loadAcquire", "(JI)J");
    out.store(load.dst());
    out.cold(() -> {
      out.place(slow);
      checkedAcquire(pc, place, load.dst());
      out.jump(GOTO, done);
    });
    out.place(done);
  }

  private void checkedAcquire(int pc, Place place, Reg dst) {
    checked(place, false);
    out.push(pc);
    out.callStatic(BranchLowering.CHECKS, "loadAcquire", BOUND_CPU + "JJII)J");
    out.store(dst);
  }

  void storeRelease(int pc, Insn.StoreRelease store) {
    Place place = new Place(store.base(), store.offset(), store.size().bytes());
    Label slow = new Label();
    Label done = new Label();
    if (!testAtomic(pc, place, true, slow)) {
      checkedRelease(pc, place, store.src());
      return;
    }
    out.load(Vars.ADDRESS);
    out.push(place.size());
    out.load(store.src());
    out.callAtomic("storeRelease", "(JIJ)V");
    out.cold(() -> {
      out.place(slow);
      checkedRelease(pc, place, store.src());
      out.jump(GOTO, done);
    });
    out.place(done);
  }

  private void checkedRelease(int pc, Place place, Reg src) {
    checked(place, false);
    out.load(src);
    out.push(pc);
    out.callStatic(BranchLowering.CHECKS, "storeRelease", BOUND_CPU + "JJIJI)V");
  }
}
