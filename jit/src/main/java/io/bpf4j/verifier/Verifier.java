package io.bpf4j.verifier;

import io.bpf4j.error.Errno;
import io.bpf4j.error.UnsupportedException;
import io.bpf4j.error.VerifierException;
import io.bpf4j.error.VerifierException.Reason;
import io.bpf4j.isa.Disassembler;
import io.bpf4j.isa.Insn;
import io.bpf4j.isa.Insns;
import io.bpf4j.isa.PseudoLoad;
import io.bpf4j.isa.Reg;
import io.bpf4j.prog.LineInfo;
import io.bpf4j.prog.Program;
import java.util.HashSet;
import java.util.Set;

/// Proves programs safe, or says why not.
public final class Verifier {
  private static final int MAX_MAPS = 64;

  private final Rules rules;
  private final boolean logging;

  private Verifier(Rules rules, boolean logging) {
    this.rules = rules;
    this.logging = logging;
  }

  /// A verifier by the rules of Linux.
  public static Verifier kernel() {
    return new Verifier(Rules.kernel(), false);
  }

  /// The same, but the walk is written down.
  public Verifier logging() {
    return new Verifier(rules, true);
  }

  /// Proves a bound program.
  ///
  /// @throws VerifierException when it is not safe, or cannot be shown to be
  /// @throws UnsupportedException when it uses what this proof knows nothing of
  public VerifiedProgram verify(Program program) {
    return verify(Subject.of(program));
  }

  /// Proves a program with what its BTF says.
  ///
  /// @throws VerifierException when it is not safe, or cannot be shown to be
  /// @throws UnsupportedException when it uses what this proof knows nothing of
  public VerifiedProgram verify(Subject subject) {
    WalkLog log = logging ? new KernelLog(subject, rules) : WalkLog.SILENT;
    int pc = 0;
    Walk walk = null;
    try {
      long start = System.nanoTime();
      ProgRules prog = rules.prog(subject.type());
      if (prog == null) {
        throw new Beyond("program type " + subject.type().uapiName());
      }
      Cfg cfg = Cfg.of(subject, rules);
      checkMaps(subject);
      walk = new Walk(subject, rules, prog, cfg, new Facts(subject.insns().size()), log);
      walkAll(walk);
      new StackDepth(cfg, walk.stackDepth).check();
      return new VerifiedProgram(walk, System.nanoTime() - start);
    } catch (Refusal refusal) {
      pc = refusal.pc() >= 0 ? refusal.pc() : walk == null ? 0 : walk.state.pc;
      log.line(refusal.rule());
      throw new VerifierException(
          subject.name(),
          pc,
          refusal.reason(),
          refusal.errno(),
          place(subject, pc),
          refusal.rule(),
          log.text());
    } catch (Beyond beyond) {
      pc = walk == null ? 0 : walk.state.pc;
      throw new UnsupportedException(place(subject, pc), beyond.getMessage() + " is not supported");
    }
  }

  private void walkAll(Walk walk) {
    Frame main = Frame.enter(Frame.ENTRY, 0, 0);
    main.set(Reg.R1, Pointer.to(PtrKind.CTX));
    walk.from(main, 0);
    Set<Integer> done = new HashSet<>();
    boolean again = true;
    while (again) {
      again = false;
      for (int i = 1; i < walk.cfg.starts.length; i++) {
        if (walk.calledGlobally[i] && done.add(i)) {
          again = true;
          walk.from(entry(walk, i), walk.cfg.starts[i]);
        }
      }
    }
  }

  /// The entry of a function that is proved by its signature.
  private static Frame entry(Walk walk, int subprog) {
    FuncDef func = walk.subject.funcs().get(subprog);
    Frame frame = Frame.enter(Frame.ENTRY, 0, subprog);
    int number = 0;
    for (FuncDef.Arg arg : func.args()) {
      number++;
      frame.set(
          Reg.of(number),
          switch (arg) {
            case FuncDef.Arg.Numeric() -> Scalar.UNKNOWN;
            case FuncDef.Arg.Context() -> Pointer.to(PtrKind.CTX);
            case FuncDef.Arg.Memory(long size, boolean nonNull) ->
                nonNull
                    ? Pointer.toMem(size, 0)
                    : Pointer.toMem(size, Pointer.NULLABLE).withId(walk.freshId());
            case FuncDef.Arg.Other(String what) -> throw new Beyond(what);
          });
    }
    return frame;
  }

  /// What a reference to a map must be before anything is walked (kernel/bpf/verifier.c,
  /// resolve_pseudo_ldimm64 and check_map_prog_compatibility).
  private static void checkMaps(Subject subject) {
    Insns insns = subject.insns();
    Set<MapDef> used = new HashSet<>();
    for (int pc = 0; pc < insns.size(); pc = insns.next(pc)) {
      if (!(insns.at(pc) instanceof Insn.LoadImm64 load)
          || (load.source() != PseudoLoad.MAP_IDX && load.source() != PseudoLoad.MAP_IDX_VALUE)) {
        continue;
      }
      if (load.low() < 0 || load.low() >= subject.maps().size()) {
        throw Refusal.at(
            pc, Reason.MAP, "map %d is not among the program's maps".formatted(load.low()));
      }
      MapDef map = subject.maps().get(load.low());
      if (used.add(map)) {
        checkMap(pc, map, subject);
      }
      if (used.size() > MAX_MAPS) {
        throw Refusal.tooBig(
            "The total number of maps per program has reached the limit of " + MAX_MAPS);
      }
      if (load.source() == PseudoLoad.MAP_IDX_VALUE) {
        checkDirectValue(pc, map, Integer.toUnsignedLong(load.high()));
      }
    }
  }

  private static void checkMap(int pc, MapDef map, Subject subject) {
    if (map.type() == MapRules.STRUCT_OPS) {
      throw Refusal.at(pc, Reason.MAP, "bpf_struct_ops map cannot be used in prog");
    }
    if (map.type() == MapRules.ARENA) {
      throw new Beyond("an arena");
    }
    if (map.holdsAny(MapDef.FieldKind.SPIN_LOCK)
        && subject.type() == io.bpf4j.prog.ProgType.SOCKET_FILTER) {
      throw Refusal.at(pc, Reason.MAP, "socket filter progs cannot use bpf_spin_lock yet");
    }
  }

  private static void checkDirectValue(int pc, MapDef map, long off) {
    if (off >= Memory.MAX_VAR_OFF) {
      throw Refusal.at(pc, Reason.MAP, "direct value offset of %d is not allowed".formatted(off));
    }
    if (!MapRules.hasDirectValue(map.type())) {
      throw Refusal.at(pc, Reason.MAP, "no direct value access support for this map type");
    }
    if (map.maxEntries() != 1) {
      throw Refusal.with(
          Reason.MAP,
          Errno.ENOTSUPP,
          "invalid access to map value pointer, value_size=%d off=%d"
              .formatted(map.valueSize(), off));
    }
    if (off >= map.valueSize()) {
      throw Refusal.at(
          pc,
          Reason.MAP,
          "invalid access to map value pointer, value_size=%d off=%d"
              .formatted(map.valueSize(), off));
    }
  }

  /// `prog 'x' insn 41 (r1 = *(u32 *)(r0 +0)), steer.bpf.c:27`.
  private String place(Subject subject, int pc) {
    Insns insns = subject.insns();
    String insn =
        insns.startsAt(pc) ? " (" + Disassembler.text(insns.at(pc), rules::helperName) + ")" : "";
    LineInfo line = subject.lineAt(pc);
    return "prog '%s' insn %d%s%s"
        .formatted(subject.name(), pc, insn, line == null ? "" : ", " + line.place());
  }
}
