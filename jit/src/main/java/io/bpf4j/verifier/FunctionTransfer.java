package io.bpf4j.verifier;

import io.bpf4j.error.Errno;
import io.bpf4j.error.VerifierException.Reason;
import io.bpf4j.isa.Reg;
import java.util.List;

/// Functions of the program: calls walk into static ones and step over global ones, helpers run
/// them as callbacks, and `exit` leaves them or the program (kernel/bpf/verifier.c,
/// check_func_call, push_callback_call, prepare_func_exit, check_return_code).
final class FunctionTransfer {
  private final Walk walk;
  private final Memory memory;

  FunctionTransfer(Walk walk) {
    this.walk = walk;
    this.memory = new Memory(walk);
  }

  /// A local call; true when the path goes on inside the function.
  boolean call(int pc, int target) {
    int subprog = walk.cfg.subprogAt(target);
    State state = walk.state;
    if (walk.isGlobal(subprog)) {
      global(subprog);
      return false;
    }
    Frame caller = state.frame();
    Frame callee = enter(state, pc, subprog);
    for (int i = Reg.R1.ordinal(); i <= Reg.R5.ordinal(); i++) {
      callee.regs[i] = caller.regs[i];
    }
    for (int i = 0; i <= Reg.R5.ordinal(); i++) {
      caller.regs[i] = NotInit.NOT_INIT;
    }
    state.pc = target;
    walk.stackLiveness.chainChanged();
    return true;
  }

  private Frame enter(State state, int callsite, int subprog) {
    if (state.frames.size() >= State.MAX_FRAMES) {
      throw Refusal.tooBig(
          "the call stack of %d frames is too deep".formatted(state.frames.size() + 1));
    }
    Frame callee = Frame.enter(callsite, state.frames.size(), subprog);
    state.frames.add(callee);
    return callee;
  }

  /// A function that is proved by its signature: arguments must fit it, the result is any number.
  private void global(int subprog) {
    FuncDef func = walk.subject.funcs().get(subprog);
    if (walk.state.holdsLock()) {
      throw Refusal.invalid(
          Reason.LOCK,
          "global function calls are not allowed while holding a lock, use static function"
              + " instead");
    }
    if (!func.problem().isEmpty()) {
      throw Refusal.invalid(Reason.ARGUMENT, func.problem());
    }
    List<FuncDef.Arg> args = func.args();
    for (int i = 0; i < args.size(); i++) {
      argument(func, subprog, i, args.get(i));
    }
    walk.calledGlobally[subprog] = true;
    if (walk.cfg.changesPacket[subprog]) {
      CallTransfer.forgetPacket(walk.state);
    }
    walk.state.clobberCallerSaved();
    walk.state.set(Reg.R0, Scalar.UNKNOWN);
  }

  private void argument(FuncDef func, int subprog, int index, FuncDef.Arg arg) {
    Reg reg = Reg.of(index + 1);
    RegState state = walk.state.reg(reg);
    switch (arg) {
      case FuncDef.Arg.Numeric() -> {
        if (!(state instanceof Scalar)) {
          throw invalidArgument(func, subprog, "R%d is not a scalar".formatted(reg.ordinal()));
        }
      }
      case FuncDef.Arg.Context() -> {
        if (!(state instanceof Pointer p) || p.kind() != PtrKind.CTX) {
          throw invalidArgument(func, subprog, "arg#%d expects pointer to ctx".formatted(index));
        }
        memory.unmodified(p, reg);
      }
      case FuncDef.Arg.Memory(long size, boolean nonNull) ->
          memoryArgument(func, subprog, index, reg, size, nonNull);
      case FuncDef.Arg.Other(String what) ->
          throw new Beyond("argument %d of %s: %s".formatted(index, func.name(), what));
    }
  }

  private void memoryArgument(
      FuncDef func, int subprog, int index, Reg reg, long size, boolean nonNull) {
    RegState state = walk.state.reg(reg);
    if (state.isNull()) {
      if (nonNull) {
        throw invalidArgument(func, subprog, "arg#%d is expected to be non-NULL".formatted(index));
      }
      return;
    }
    if (state instanceof Pointer p && p.nullable() && nonNull) {
      throw invalidArgument(func, subprog, "arg#%d is expected to be non-NULL".formatted(index));
    }
    Pointer certain = state instanceof Pointer p ? p.notNull() : null;
    if (certain == null) {
      throw invalidArgument(
          func, subprog, "R%d type=%s expected=fp".formatted(reg.ordinal(), state.typeName()));
    }
    new GlobalMemory(walk, memory).check(certain, reg, size);
  }

  private static Refusal invalidArgument(FuncDef func, int subprog, String rule) {
    return Refusal.invalid(
        Reason.ARGUMENT,
        "%s; Caller passes invalid args into func#%d ('%s')".formatted(rule, subprog, func.name()));
  }

  /// A helper that runs a function: the function is walked once from here, and returns to the call,
  /// which then is walked again, until another round brings nothing new.
  void callback(int pc, int id, CallFacts facts) {
    Frame caller = walk.state.frame();
    if (id == Helpers.LOOP) {
      walk.markPrecise(Reg.R1);
      Range count = ((Scalar) walk.state.reg(Reg.R1)).range();
      if (!Bounds.uless(caller.callbackDepth, count.umax())) {
        caller.callbackDepth = 0;
        return;
      }
    }
    if (id == Helpers.USER_RINGBUF_DRAIN) {
      throw new Beyond("callbacks that take a dynptr");
    }
    int start = walk.cfg.starts[facts.subprog];
    State inside = walk.fork(start);
    Frame outer = inside.frame();
    Frame callee = enter(inside, pc, facts.subprog);
    callee.inCallback = true;
    callee.minReturn = 0;
    callee.maxReturn = 1;
    if (id == Helpers.LOOP) {
      callee.set(Reg.R1, Scalar.UNKNOWN);
      callee.set(Reg.R2, outer.reg(Reg.R3));
    } else {
      mapCallback(callee, outer, facts);
    }
    inside.callbackUnrollDepth++;
    outer.callbackDepth++;
    caller.callbackDepth = 0;
  }

  private static void mapCallback(Frame callee, Frame outer, CallFacts facts) {
    MapDef map = facts.map;
    if (map == null || !MapRules.isWalkable(map.type())) {
      throw Refusal.with(Reason.MAP, Errno.ENOTSUPP, "callback function not allowed for map");
    }
    callee.set(Reg.R1, outer.reg(Reg.R1));
    callee.set(Reg.R2, Pointer.toMap(PtrKind.MAP_KEY, map));
    callee.set(Reg.R3, Pointer.toMap(PtrKind.MAP_VALUE, map));
    callee.set(Reg.R4, outer.reg(Reg.R3));
  }

  /// Leaves a function, or the program; true when the path ends.
  boolean exit() {
    State state = walk.state;
    if (state.depth() > 0) {
      leave(state);
      return false;
    }
    Prover.nothingHeld(walk, "BPF_EXIT instruction in main prog");
    checkReturn(state);
    return true;
  }

  /// A legacy load past the packet's end leaves its function with 0, a program called last leaves
  /// it with any number; the path that stays is walked later. False in the outermost function.
  boolean leaveEarly(int pc, Scalar result) {
    State state = walk.state;
    if (state.depth() == 0) {
      return false;
    }
    walk.fork(walk.insns().next(pc));
    state.set(Reg.R0, result);
    leave(state);
    return true;
  }

  private void leave(State state) {
    walk.stackLiveness.update(state);
    Frame callee = state.frame();
    RegState result = callee.reg(Reg.R0);
    if (result.is(PtrKind.STACK)) {
      throw Refusal.invalid(Reason.RETURN, "cannot return stack pointer to the caller");
    }
    if (callee.inCallback) {
      if (!(result instanceof Scalar s)) {
        throw Refusal.access(Reason.RETURN, "R0 not a scalar value");
      }
      walk.markPrecise(Reg.R0);
      inRange(s, callee.minReturn, callee.maxReturn, "At callback return");
    }
    state.frames.removeLast();
    if (callee.inCallback) {
      state.pc = callee.callsite;
      State previous = walk.pruning.previousRound(state, callee.callsite);
      if (previous != null) {
        walk.pruning.widen(previous, state);
      }
    } else {
      state.set(Reg.R0, result);
      state.pc = walk.insns().next(callee.callsite);
    }
    walk.stackLiveness.chainChanged();
  }

  private void checkReturn(State state) {
    RegState result = state.reg(Reg.R0);
    if (result == NotInit.NOT_INIT) {
      throw Walk.uninitialized(Reg.R0);
    }
    if (state.frame().subprog > 0) {
      if (!(result instanceof Scalar)) {
        throw Refusal.invalid(
            Reason.RETURN,
            "At subprogram exit the register R0 is not a scalar value (%s)"
                .formatted(result.typeName()));
      }
      return;
    }
    if (!walk.prog.limitsReturn) {
      return;
    }
    if (!(result instanceof Scalar s)) {
      throw Refusal.invalid(
          Reason.RETURN,
          "At program exit the register R0 is not a known value (%s)".formatted(result.typeName()));
    }
    walk.markPrecise(Reg.R0);
    inRange(s, walk.prog.minReturn, walk.prog.maxReturn, "At program exit");
  }

  private static void inRange(Scalar s, long min, long max, String where) {
    Range range = s.range();
    if (range.smin() >= min && range.smax() <= max) {
      return;
    }
    String known =
        (range.smin() > Long.MIN_VALUE ? " smin=" + range.smin() : "")
            + (range.smax() < Long.MAX_VALUE ? " smax=" + range.smax() : "");
    throw Refusal.invalid(
        Reason.RETURN,
        "%s the register R0 has%s should have been in [%d, %d]"
            .formatted(where, known.isEmpty() ? " unknown scalar value" : known, min, max));
  }
}
