package io.bpf4j.codegen;

import org.objectweb.asm.Label;

/// What lowered instructions need of the method around them.
interface Scope {
  /// Where a jump to an instruction goes: there, or where the method is left for it.
  Label label(int pc);

  /// Whether the method keeps the budget in a local, so that it must be written back.
  boolean keepsFuel();

  /// The method that is the function with this index.
  ClassPlan.Method function(int index);

  /// The method that calls the function whose pc it is given.
  ClassPlan.Method dispatcher();
}
