package io.bpf4j.verifier;

import io.bpf4j.error.VerifierException.Reason;
import io.bpf4j.isa.Insn;
import io.bpf4j.isa.Insns;
import io.bpf4j.isa.Reg;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The abstract execution: one function from its entry along every path, depth first, with the open
/// paths on an explicit stack. What the classes of this package share stands here.
final class Walk {
  /// Instructions looked at, over all paths, at most.
  static final int MAX_INSNS = 1_000_000;

  /// Open paths at most.
  private static final int MAX_OPEN = 8192;

  final Subject subject;
  final Rules rules;
  final ProgRules prog;
  final Cfg cfg;
  final int[] liveRegs;
  final StackLiveness stackLiveness;
  final Precision precision;
  final Pruning pruning;
  final Facts facts;
  final WalkLog log;
  private final @Nullable List<Precondition>[] preconditions;
  private final Prover prover = new Prover(this);
  private final Transfer transfer = new Transfer(this);

  /// Deepest stack use of each function, in bytes.
  final int[] stackDepth;

  /// Functions that BTF made known as global and that something calls.
  final boolean[] calledGlobally;

  State state;
  int insnsProcessed;
  int jumpsProcessed;
  private int nextId;
  private int previousPc;
  private boolean historyPushed;
  private final Deque<State> open = new ArrayDeque<>();

  @SuppressWarnings({"unchecked", "rawtypes"})
  Walk(Subject subject, Rules rules, ProgRules prog, Cfg cfg, Facts facts, WalkLog log) {
    this.subject = subject;
    this.rules = rules;
    this.prog = prog;
    this.cfg = cfg;
    this.facts = facts;
    this.log = log;
    this.liveRegs = RegLiveness.of(cfg, subject, rules);
    this.stackLiveness = new StackLiveness(cfg);
    this.state = new State();
    this.precision = new Precision(this);
    this.pruning = new Pruning(this);
    this.preconditions = new List[cfg.insns.size()];
    this.stackDepth = new int[cfg.starts.length];
    this.calledGlobally = new boolean[cfg.starts.length];
  }

  Insns insns() {
    return cfg.insns;
  }

  int freshId() {
    return ++nextId;
  }

  int lastId() {
    return nextId;
  }

  boolean isGlobal(int subprog) {
    return subprog > 0 && !subject.funcs().isEmpty() && subject.funcs().get(subprog).global();
  }

  /// Walks every path from a function's entry.
  void from(Frame entry, int pc) {
    State start = new State();
    start.frames.add(entry);
    start.pc = pc;
    start.firstPc = pc;
    state = start;
    previousPc = -1;
    pruning.startFunction();
    stackLiveness.chainChanged();
    run();
  }

  private void run() {
    while (true) {
      boolean ended = step();
      if (ended && !nextPath()) {
        return;
      }
    }
  }

  /// One instruction of the current path; true when the path ends here.
  private boolean step() {
    int pc = state.pc;
    historyPushed = false;
    if (++insnsProcessed > MAX_INSNS) {
      throw Refusal.tooBig("BPF program is too large. Processed %d insn".formatted(insnsProcessed));
    }
    state.lastPc = previousPc;
    if (cfg.prunePoints.get(pc) && pruning.covered(pc)) {
      log.safe(previousPc, pc);
      return true;
    }
    if (cfg.jumpPoints.get(pc)) {
      pushHistory(0, false, false, History.NONE);
    }
    Insn insn = insns().at(pc);
    log.before(this, insn);
    facts.reached(pc, state);
    stackLiveness.startInsn(state);
    for (Precondition precondition : preconditions(pc, insn)) {
      prover.prove(precondition);
    }
    previousPc = pc;
    boolean ended = transfer.apply(pc, insn);
    stackLiveness.endInsn(pc);
    return ended;
  }

  private List<Precondition> preconditions(int pc, Insn insn) {
    List<Precondition> list = preconditions[pc];
    if (list == null) {
      list = Preconditions.of(insn, subject.type(), rules);
      preconditions[pc] = list;
    }
    return list;
  }

  CallFacts callFacts() {
    return prover.callFacts();
  }

  private boolean nextPath() {
    pruning.pathEnded(state);
    stackLiveness.update(state);
    State next = open.pollFirst();
    if (next == null) {
      return false;
    }
    state = next;
    previousPc = next.lastPc;
    stackLiveness.chainChanged();
    log.resume(previousPc, state.pc);
    return true;
  }

  /// The instruction the path came from, for records of the history.
  int previousPc() {
    return previousPc;
  }

  /// Opens a second path at `target`, a copy of the walked one.
  State fork(int target) {
    State other = state.copy();
    other.pc = target;
    other.lastPc = previousPc;
    push(other);
    if (other.parent != null) {
      other.parent.branches++;
    }
    return other;
  }

  /// Opens a path of its own, with nothing of the walked one.
  void push(State other) {
    open.addFirst(other);
    if (open.size() > MAX_OPEN) {
      throw Refusal.tooBig("The sequence of %d jumps is too complex.".formatted(open.size()));
    }
  }

  /// Records something about the current instruction in the path's history; one record an
  /// instruction.
  void pushHistory(int access, boolean srcStack, boolean dstStack, int[] linked) {
    History top = state.history;
    if (historyPushed && top != null) {
      state.history = top.with(access, srcStack, dstStack, linked);
      return;
    }
    int from = historyFrom();
    state.history = History.on(top, state.pc, from).with(access, srcStack, dstStack, linked);
    historyPushed = true;
  }

  /// While an instruction runs, `previousPc` is already the instruction itself.
  private int historyFrom() {
    return state.lastPc;
  }

  /// Continues at the next instruction.
  void advance(int pc) {
    state.pc = insns().next(pc);
  }

  /// The stack of the function a frame belongs to grew.
  void noteStack(Frame frame, int bytes) {
    if (bytes > stackDepth[frame.subprog]) {
      stackDepth[frame.subprog] = bytes;
    }
  }

  /// The number in a register decides something.
  void markPrecise(Reg reg) {
    precision.mark(reg);
  }

  /// Gives a number an id before it is copied, so that what is learned of one is learned of both.
  void tie(Frame frame, Reg reg) {
    if (!(frame.reg(reg) instanceof Scalar s)) {
      return;
    }
    Scalar tied = s;
    if ((s.id() & Scalar.ADD_CONST) != 0) {
      tied = s.withoutId();
    }
    if (tied.id() == 0 && !tied.range().isConst()) {
      tied = tied.withId(freshId());
    }
    frame.set(reg, tied);
  }

  static Refusal uninitialized(Reg reg) {
    return Refusal.access(Reason.UNINITIALIZED, "R%d !read_ok".formatted(reg.ordinal()));
  }
}
