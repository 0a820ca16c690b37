package io.bpf4j.verifier;

import io.bpf4j.error.Errno;
import io.bpf4j.error.VerifierException.Reason;
import io.bpf4j.isa.Insn;
import io.bpf4j.isa.PseudoLoad;

/// The stack that a chain of calls needs together: at most 512 bytes, and less before functions
/// that make tail calls (kernel/bpf/verifier.c, check_max_stack_depth).
final class StackDepth {
  private static final int MAX_BEFORE_TAIL_CALL = 256;

  private final Cfg cfg;
  private final int[] own;

  StackDepth(Cfg cfg, int[] own) {
    this.cfg = cfg;
    this.own = own;
  }

  void check() {
    visit(0, 0, 0);
  }

  private void visit(int subprog, int outer, int frame) {
    if (subprog > 0 && cfg.tailCalls[subprog] && outer >= MAX_BEFORE_TAIL_CALL) {
      throw Refusal.access(
          Reason.STACK,
          "tail_calls are not allowed when call stack of previous frames is %d bytes. Too large"
              .formatted(outer));
    }
    int depth = outer + (own[subprog] + 15) / 16 * 16;
    if (depth > Frame.MAX_STACK) {
      throw Refusal.access(
          Reason.STACK,
          "combined stack size of %d calls is %d. Too large".formatted(frame + 1, depth));
    }
    for (int pc = cfg.starts[subprog]; pc < cfg.endOf(subprog); pc = cfg.insns.next(pc)) {
      int callee =
          switch (cfg.insns.at(pc)) {
            case Insn.CallLocal(int offset) -> pc + 1 + offset;
            case Insn.LoadImm64 load when load.source() == PseudoLoad.FUNC -> pc + 1 + load.low();
            default -> -1;
          };
      if (callee < 0) {
        continue;
      }
      if (frame + 1 >= State.MAX_FRAMES) {
        throw Refusal.with(
            Reason.STACK,
            Errno.E2BIG,
            "the call stack of %d frames is too deep !".formatted(frame + 1));
      }
      visit(cfg.subprogAt(callee), depth, frame + 1);
    }
  }
}
