package io.bpf4j.codegen;

import io.bpf4j.codegen.ClassPlan.Content;
import io.bpf4j.codegen.ClassPlan.Method;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/// Writes a function, or a chunk of one, as a method.
final class BodyWriter implements Scope, Opcodes {
  private final Analysis analysis;
  private final ClassPlan plan;
  private final Cfg cfg;
  private final int from;
  private final int to;
  private final Emitter out;
  private final MethodVisitor mv;
  private final ClassUnit unit;
  private final Map<Integer, Label> inside = new HashMap<>();
  private final Map<Integer, Label> exits = new LinkedHashMap<>();
  private long used;
  private long stored;

  private BodyWriter(
      Analysis analysis,
      Measures measures,
      ClassPlan plan,
      ClassUnit unit,
      Method method,
      Layout layout,
      int from,
      int to) {
    this.analysis = analysis;
    this.plan = plan;
    this.cfg = analysis.cfg();
    this.unit = unit;
    this.from = from;
    this.to = to;
    this.mv = unit.method(method);
    this.out = new Emitter(mv, unit.name(), layout);
    for (int pc = from; pc < to; pc++) {
      used |= measures.used(pc);
      stored |= measures.stored(pc);
    }
    out.frame(used);
  }

  /// Writes a function as one method.
  static void whole(
      Analysis analysis,
      Measures measures,
      ClassPlan plan,
      ClassUnit unit,
      Method method,
      Content.Whole whole) {
    Cfg.Function function = whole.function();
    BodyWriter body =
        new BodyWriter(
            analysis,
            measures,
            plan,
            unit,
            method,
            Layout.FUNCTION,
            function.start(),
            function.end());
    Prologue.zero(body.out, body.used & Vars.PROGRAM & ~Layout.FUNCTION.parameters());
    Prologue.derived(body.out, body.used);
    Prologue.clear(body.out, FrameClearing.words(analysis, function));
    body.code();
    body.end();
  }

  /// Writes the entry function as the method that runs the program.
  static void entry(
      Analysis analysis,
      Measures measures,
      ClassPlan plan,
      ClassUnit unit,
      Method method,
      Content.Entry entry) {
    Cfg.Function function = entry.function();
    BodyWriter body =
        new BodyWriter(
            analysis, measures, plan, unit, method, Layout.ENTRY, function.start(), function.end());
    ProgramClass.start(body.mv, body.out, analysis.bound());
    body.out.cpu();
    body.out.callVirtual(Layout.CPU, "stackTop", "()J");
    body.out.store(Vars.FP);
    Prologue.zero(body.out, body.used & Vars.PROGRAM & ~Layout.ENTRY.parameters());
    Prologue.derived(body.out, body.used);
    Prologue.clear(body.out, FrameClearing.words(analysis, function));
    body.code();
    body.end();
  }

  /// Writes a chunk of a function.
  static void part(
      Analysis analysis,
      Measures measures,
      ClassPlan plan,
      ClassUnit unit,
      Method method,
      Content.Part part) {
    MethodPlan.Chunk chunk = part.chunk();
    BodyWriter body =
        new BodyWriter(
            analysis, measures, plan, unit, method, Layout.CHUNK, chunk.from(), chunk.to());
    body.enter(chunk.entries());
    body.code();
    body.leave();
    body.end();
  }

  private void enter(List<Integer> entries) {
    long live = 0;
    for (int entry : entries) {
      live |= analysis.live().before(entry);
    }
    long needed = used & Vars.PROGRAM;
    for (int variable = 0; variable < Vars.COUNT; variable++) {
      if ((needed & live & Vars.bit(variable)) != 0) {
        out.local(ALOAD, Layout.FRAME);
        out.push(DriverWriter.place(variable));
        out.insn(LALOAD);
        out.store(variable);
      }
    }
    Prologue.zero(out, needed & ~live);
    Prologue.derived(out, used);
    if (entries.size() > 1) {
      Label[] labels = entries.stream().map(this::label).toArray(Label[]::new);
      out.local(ILOAD, Layout.START);
      out.tableSwitch(0, labels[0], labels);
    } else if (entries.getFirst() != from) {
      out.jump(GOTO, label(entries.getFirst()));
    }
  }

  private void code() {
    boolean[] targets = new boolean[to - from];
    for (int pc = from; pc < to; pc = cfg.insns().next(pc)) {
      int jump = analysis.kinds().reaches(pc) ? cfg.jump(pc) : Cfg.NO_JUMP;
      if (jump >= from && jump < to) {
        targets[jump - from] = true;
      }
    }
    inside.keySet().forEach(pc -> targets[pc - from] = true);
    Lowering lowering = new Lowering(analysis, out, unit, this);
    for (int pc = from; pc < to; pc = cfg.insns().next(pc)) {
      if (!analysis.kinds().reaches(pc)) {
        continue;
      }
      if (targets[pc - from]) {
        out.place(label(pc));
      }
      lowering.lower(pc);
      if (cfg.fallsThrough(pc) && cfg.insns().next(pc) >= to) {
        out.jump(GOTO, label(cfg.insns().next(pc)));
      }
    }
    out.writeCold();
  }

  /// Writes the ways out of a chunk: each pushes the number of the entry it goes to, then all save
  /// what some of them need.
  private void leave() {
    if (exits.isEmpty()) {
      return;
    }
    Label epilogue = new Label();
    long live = 0;
    for (Map.Entry<Integer, Label> exit : new TreeMap<>(exits).entrySet()) {
      live |= analysis.live().before(exit.getKey());
      out.place(exit.getValue());
      out.push(plan.entryNumber(exit.getKey()));
      out.jump(GOTO, epilogue);
    }
    out.placeWithInt(epilogue);
    long save = stored & live & Vars.PROGRAM;
    for (int variable = 0; variable < Vars.COUNT; variable++) {
      if ((save & Vars.bit(variable)) != 0) {
        out.local(ALOAD, Layout.FRAME);
        out.push(DriverWriter.place(variable));
        out.load(variable);
        out.insn(LASTORE);
      }
    }
    if (keepsFuel()) {
      Prologue.giveFuel(out);
    }
    out.insn(IRETURN);
  }

  private void end() {
    mv.visitMaxs(0, 0);
    mv.visitEnd();
  }

  @Override
  public Label label(int pc) {
    Map<Integer, Label> labels = pc >= from && pc < to ? inside : exits;
    return labels.computeIfAbsent(pc, _ -> new Label());
  }

  @Override
  public boolean keepsFuel() {
    return (used & Vars.bit(Vars.LIMIT)) != 0;
  }

  @Override
  public Method function(int index) {
    return plan.function(index);
  }

  @Override
  public Method dispatcher() {
    return plan.dispatcher();
  }
}
