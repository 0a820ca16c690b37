package io.bpf4j.codegen;

import java.util.ArrayList;
import java.util.List;
import org.objectweb.asm.Opcodes;

/// Which JVM local holds which of the [Vars] in a generated method. There are two layouts:
///
/// ```
/// whole function  (Cpu cpu, long fp, long r1 ... r5)long
///   0 cpu | 1 fp | 3 r1 | 5 r2 | 7 r3 | 9 r4 | 11 r5 | 13 r0 | 15 r6 ...
/// chunk           (Cpu cpu, long fp, long[] frame, int entry)int
///   0 cpu | 1 fp | 3 frame | 4 entry | 5 r0 | 7 r1 ...
/// ```
///
/// Every variable a method uses is set at its start, so that one stack map frame fits every label.
enum Layout {
  FUNCTION,
  CHUNK;

  static final String CPU = "io/bpf4j/mem/Cpu";
  static final String FUNCTION_TYPE = "(L" + CPU + ";JJJJJJ)J";
  static final String CHUNK_TYPE = "(L" + CPU + ";J[JI)I";

  /// The locals of a chunk's frame array and entry.
  static final int FRAME = 3;

  static final int ENTRY = 4;

  /// The local of a variable.
  int local(int variable) {
    if (variable == Vars.FP) {
      return 1;
    }
    if (this == FUNCTION) {
      if (variable >= 1 && variable <= 5) {
        return 1 + 2 * variable;
      }
      int rest = variable == 0 ? 0 : variable < Vars.FP ? variable - 5 : variable - 6;
      return 13 + 2 * rest;
    }
    return 5 + 2 * (variable < Vars.FP ? variable : variable - 1);
  }

  /// The variables that are set when the method is entered.
  long parameters() {
    return this == FUNCTION ? Vars.bit(Vars.FP) | 0b111110 : Vars.bit(Vars.FP);
  }

  /// The locals part of a stack map frame in which these variables are set.
  Object[] frame(long used) {
    List<Object> types = new ArrayList<>();
    types.add(CPU);
    types.add(Opcodes.LONG);
    if (this == CHUNK) {
      types.add("[J");
      types.add(Opcodes.INTEGER);
    }
    long set = used | parameters();
    int pending = 0;
    for (int variable : order()) {
      if ((set & Vars.bit(variable)) == 0) {
        pending += 2;
        continue;
      }
      for (; pending > 0; pending--) {
        types.add(Opcodes.TOP);
      }
      if ((Vars.INTS & Vars.bit(variable)) != 0) {
        types.add(Opcodes.INTEGER);
        pending = 1;
      } else {
        types.add(Opcodes.LONG);
      }
    }
    return types.toArray();
  }

  private int[] order() {
    int[] variables = new int[Vars.COUNT - 1];
    int n = 0;
    for (int variable = 0; variable < Vars.COUNT; variable++) {
      if (variable != Vars.FP) {
        variables[n++] = variable;
      }
    }
    if (this == FUNCTION) {
      // R1 to R5 stand before R0.
      for (int i = 0; i < 5; i++) {
        variables[i] = i + 1;
      }
      variables[5] = 0;
    }
    return variables;
  }
}
