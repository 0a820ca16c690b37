package io.bpf4j.verifier;

import io.bpf4j.isa.Imm;
import io.bpf4j.isa.Insn;
import io.bpf4j.isa.JmpOp;
import io.bpf4j.isa.Reg;
import io.bpf4j.isa.Width;
import org.jspecify.annotations.Nullable;

/// Conditional jumps: a decided one is followed, an open one forks the path, and each side learns
/// from the outcome (kernel/bpf/verifier.c, check_cond_jmp_op).
final class JumpTransfer {
  /// Packets are never larger than this as far as offsets are proved.
  private static final long MAX_PACKET_OFF = 0xffff;

  private final Walk walk;
  private final LinkedRegs links;

  JumpTransfer(Walk walk) {
    this.walk = walk;
    this.links = new LinkedRegs(walk);
  }

  /// The kernel decides how often it is taken: both ways are walked, and numbers that changed from
  /// one round to the next and do not matter are forgotten, so that rounds become alike.
  void mayGoto(int pc, int target) {
    State state = walk.state;
    State previous = state.parent == null ? null : walk.pruning.previousRound(state.parent, pc);
    State through = walk.fork(walk.insns().next(pc));
    through.mayGotoDepth++;
    if (previous != null) {
      walk.pruning.widen(previous, through);
    }
    state.pc = target;
  }

  void jump(int pc, Insn.Jump jump) {
    State state = walk.state;
    Reg srcReg = jump.src() instanceof Reg reg ? reg : null;
    RegState dst = state.reg(jump.dst());
    RegState src =
        jump.src() instanceof Imm(int number)
            ? Scalar.constant(number)
            : state.reg((Reg) jump.src());
    boolean narrow = jump.width() == Width.W32;
    if (dst.is(PtrKind.STACK) || (srcReg != null && src.is(PtrKind.STACK))) {
      walk.pushHistory(
          0, srcReg != null && src.is(PtrKind.STACK), dst.is(PtrKind.STACK), History.NONE);
    }
    int target = pc + 1 + jump.offset();
    int next = walk.insns().next(pc);
    int outcome = decide(jump.op(), dst, src, narrow);
    walk.facts.branched(pc, outcome);
    if (outcome != Branches.EITHER) {
      if (dst instanceof Scalar) {
        walk.markPrecise(jump.dst());
      }
      if (srcReg != null && src instanceof Scalar) {
        walk.markPrecise(srcReg);
      }
      state.pc = outcome == Branches.TAKEN ? target : next;
      return;
    }
    int[] linked = links.collect(srcReg, jump.dst());
    if (linked.length > 1) {
      walk.pushHistory(0, false, false, linked);
    }
    State taken = walk.fork(target);
    state.pc = next;
    // Collecting may have dropped ids of registers beyond the limit.
    RegState dstNow = state.reg(jump.dst());
    RegState srcNow = srcReg == null ? src : state.reg(srcReg);
    if (dstNow instanceof Scalar a && srcNow instanceof Scalar b) {
      numbers(jump, srcReg, a, b, taken, linked);
    }
    pointers(jump, srcReg, dst, src, taken);
  }

  /// Both sides narrow their numbers, and the numbers tied to them.
  private void numbers(
      Insn.Jump jump, @Nullable Reg srcReg, Scalar a, Scalar b, State taken, int[] linked) {
    for (boolean outcome : new boolean[] {false, true}) {
      State side = outcome ? taken : walk.state;
      Bounds first = Bounds.of(a.range());
      Bounds second = jump.dst() == srcReg ? first : Bounds.of(b.range());
      Branches.refine(jump.op(), outcome, first, second, jump.width() == Width.W32);
      Scalar firstNow = a.withRange(first.range());
      side.set(jump.dst(), firstNow);
      if (srcReg != null) {
        Scalar secondNow = b.withRange(second.range());
        side.set(srcReg, secondNow);
        if (b.id() != 0) {
          links.spread(side, srcReg, linked);
        }
      }
      if (a.id() != 0) {
        links.spread(side, jump.dst(), linked);
      }
    }
  }

  private static int decide(JmpOp op, RegState dst, RegState src, boolean narrow) {
    if (dst instanceof Scalar a && src instanceof Scalar b) {
      return Branches.decide(op, a.range(), b.range(), narrow);
    }
    if (!narrow
        && dst instanceof Pointer p
        && src instanceof Pointer q
        && p.kind().isPacketAny()
        && q.kind().isPacketAny()) {
      return packetEnd(op, p, q);
    }
    // A pointer that cannot be null against 0.
    RegState pointer = isConst(src, narrow) ? dst : src;
    RegState number = isConst(src, narrow) ? src : dst;
    if (!(pointer instanceof Pointer p)
        || !(number instanceof Scalar s)
        || !s.range().isConst(narrow)
        || s.range().value(narrow) != 0
        || !certain(p)) {
      return Branches.EITHER;
    }
    return switch (op) {
      case JEQ -> Branches.NOT_TAKEN;
      case JNE -> Branches.TAKEN;
      default -> Branches.EITHER;
    };
  }

  private static boolean isConst(RegState reg, boolean narrow) {
    return reg instanceof Scalar s && s.range().isConst(narrow);
  }

  private static boolean certain(Pointer p) {
    return !p.nullable()
        && switch (p.kind()) {
          case SOCK, TCP_SOCK, MAP_VALUE, MAP_KEY, SOCK_COMMON, MEM, MAP -> true;
          default -> false;
        };
  }

  /// A packet pointer that is known to be at or beyond the end.
  private static int packetEnd(JmpOp given, Pointer dst, Pointer src) {
    Pointer packet;
    JmpOp op = given;
    if (src.kind() == PtrKind.PACKET_END) {
      packet = dst;
    } else if (dst.kind() == PtrKind.PACKET_END) {
      packet = src;
      op = Branches.flip(given);
    } else {
      return Branches.EITHER;
    }
    if (packet.reach() >= 0) {
      return Branches.EITHER;
    }
    boolean beyond = packet.reach() == Pointer.BEYOND_END;
    return switch (op) {
      case JLE -> beyond ? Branches.NOT_TAKEN : Branches.EITHER;
      case JGT -> beyond ? Branches.TAKEN : Branches.EITHER;
      case JLT -> Branches.NOT_TAKEN;
      case JGE -> Branches.TAKEN;
      default -> Branches.EITHER;
    };
  }

  private void pointers(
      Insn.Jump jump, @Nullable Reg srcReg, RegState dst, RegState src, State taken) {
    boolean wide = jump.width() == Width.W64;
    boolean equality = jump.op() == JmpOp.JEQ || jump.op() == JmpOp.JNE;
    if (wide
        && srcReg != null
        && equality
        && dst instanceof Pointer p
        && src instanceof Pointer q
        && p.nullable() != q.nullable()) {
      // Equal to one that is not null.
      State equal = jump.op() == JmpOp.JEQ ? taken : walk.state;
      Reg nullable = q.nullable() ? srcReg : jump.dst();
      if (equal.reg(nullable) instanceof Pointer now) {
        equal.set(nullable, now.notNull());
      }
    }
    boolean againstNull = wide && equality && jump.src() instanceof Imm(int number) && number == 0;
    if (againstNull && dst instanceof Pointer p && p.nullable()) {
      settleNull(walk.state, p, jump.op() == JmpOp.JNE);
      settleNull(taken, p, jump.op() == JmpOp.JEQ);
    } else if (wide && srcReg != null && dst instanceof Pointer p && src instanceof Pointer q) {
      packetRange(jump.op(), jump.dst(), srcReg, p, q, taken);
    }
  }

  /// Every copy of a pointer that was compared with null is settled.
  private static void settleNull(State side, Pointer compared, boolean isNull) {
    if (isNull && compared.refId() != 0 && compared.refId() == compared.id()) {
      side.releaseReference(compared.id());
    }
    side.mapRegs(reg -> {
      if (!(reg instanceof Pointer p) || !p.nullable() || p.id() != compared.id()) {
        return reg;
      }
      if (isNull) {
        return Scalar.constant(0);
      }
      Pointer settled = p.notNull();
      boolean keepsId =
          settled.kind() == PtrKind.MAP_VALUE
              && settled.mapDef().holdsAny(MapDef.FieldKind.SPIN_LOCK);
      return keepsId ? settled : settled.withId(0);
    });
  }

  /// A comparison with the packet's end, or of metadata with the packet's start, shows how many
  /// bytes are there.
  private void packetRange(
      JmpOp op, Reg dstReg, Reg srcReg, Pointer dst, Pointer src, State taken) {
    boolean forward =
        (dst.kind() == PtrKind.PACKET && src.kind() == PtrKind.PACKET_END)
            || (dst.kind() == PtrKind.PACKET_META && isStart(src));
    boolean backward =
        (dst.kind() == PtrKind.PACKET_END && src.kind() == PtrKind.PACKET)
            || (isStart(dst) && src.kind() == PtrKind.PACKET_META);
    if (!forward && !backward) {
      return;
    }
    Pointer packet = forward ? dst : src;
    Reg reg = forward ? dstReg : srcReg;
    JmpOp order = forward ? op : Branches.flip(op);
    State below;
    State above;
    switch (order) {
      case JGT, JGE -> {
        above = taken;
        below = walk.state;
      }
      case JLT, JLE -> {
        above = walk.state;
        below = taken;
      }
      default -> {
        return;
      }
    }
    // packet > end, or packet < end as its complement leaves: is the end itself excluded?
    boolean belowIsStrict = order == JmpOp.JLT || order == JmpOp.JGE;
    boolean aboveIsStrict = order == JmpOp.JGT || order == JmpOp.JLE;
    reach(below, packet, belowIsStrict);
    if (above.reg(reg) instanceof Pointer p && p.kind() == PtrKind.PACKET) {
      above.set(reg, p.withReach(aboveIsStrict ? Pointer.BEYOND_END : Pointer.AT_END));
    }
  }

  private static boolean isStart(Pointer p) {
    return p.kind() == PtrKind.PACKET && p.id() == 0 && p.off() == 0 && p.var().isConst(0);
  }

  private static void reach(State side, Pointer packet, boolean strict) {
    if (packet.off() < 0 || (packet.off() == 0 && strict)) {
      return;
    }
    long most = packet.var().umax();
    if (Bounds.uless(MAX_PACKET_OFF, most) || most + packet.off() > MAX_PACKET_OFF) {
      return;
    }
    int reach = packet.off() + (strict ? 1 : 0);
    side.mapRegs(reg ->
        reg instanceof Pointer p
                && p.kind() == packet.kind()
                && !p.nullable()
                && p.id() == packet.id()
                && p.reach() < reach
            ? p.withReach(reach)
            : reg);
  }
}
