package io.bpf4j.verifier;

import org.jspecify.annotations.Nullable;

/// A program with the proof that it is safe: [Verifier] alone makes one. Whoever runs it needs no
/// checks, and may use what the proof learned.
public final class VerifiedProgram {
  private final Subject subject;
  private final Rules rules;
  private final ProgRules prog;
  private final Facts facts;
  private final int[] functionStarts;
  private final int[] stackDepths;
  private final int insnsProcessed;
  private final int peakStates;
  private final long nanos;
  private final String log;

  VerifiedProgram(Walk walk, long nanos) {
    this.subject = walk.subject;
    this.rules = walk.rules;
    this.prog = walk.prog;
    this.facts = walk.facts;
    this.functionStarts = walk.cfg.starts.clone();
    this.stackDepths = walk.stackDepth.clone();
    this.insnsProcessed = walk.insnsProcessed;
    this.peakStates = walk.pruning.peakStates;
    this.nanos = nanos;
    this.log = walk.log.text();
  }

  /// What was proved.
  public Subject subject() {
    return subject;
  }

  /// What the walk learned of each instruction.
  public Facts facts() {
    return facts;
  }

  /// The row by which calls of a helper were proved, or null when there is none.
  public @Nullable HelperRule helper(int id) {
    return rules.helper(id, subject.type());
  }

  /// What the proof takes a load of `width` bytes at an offset of the context for when that is a
  /// pointer; else null.
  public @Nullable PtrKind contextPointer(int offset, int width) {
    return prog.pointer(offset, width);
  }

  /// How many functions it has.
  public int functions() {
    return functionStarts.length;
  }

  /// Where a function starts.
  public int functionStart(int function) {
    return functionStarts[function];
  }

  /// Bytes of stack a function uses at most.
  public int stackDepth(int function) {
    return stackDepths[function];
  }

  /// How many instructions were looked at, over all paths.
  public int insnsProcessed() {
    return insnsProcessed;
  }

  /// How many states were kept at once at most.
  public int peakStates() {
    return peakStates;
  }

  /// How long the proof took.
  public long nanos() {
    return nanos;
  }

  /// The walk in the kernel's log format, when it was asked for.
  public String log() {
    return log;
  }
}
