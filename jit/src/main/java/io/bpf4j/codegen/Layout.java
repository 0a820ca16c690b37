package io.bpf4j.codegen;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.objectweb.asm.Opcodes;

/// Which JVM local holds which of the [Vars] in a generated method. There are three layouts:
///
/// ```
/// whole function  (Cpu cpu, long fp, long r1 ... r5)long
///   0 cpu | 1 fp | 3 r1 | 5 r2 | 7 r3 | 9 r4 | 11 r5 | 13 r0 | 15 r6 ...
/// the entry       this.(Cpu cpu, long r1, long r2)long
///   0 this | 1 cpu | 2 r1 | 4 r2 | 6 fp | 8 r0 | 10 r3 ...
/// chunk           (Cpu cpu, long fp, long[] frame, int entry)int
///   0 cpu | 1 fp | 3 frame | 4 entry | 5 r0 | 7 r1 ...
/// ```
///
/// Every variable a method uses is set at its start, so that one stack map frame fits every label.
enum Layout {
  FUNCTION,
  ENTRY,
  CHUNK;

  static final String CPU = "io/bpf4j/mem/Cpu";
  static final String FUNCTION_TYPE = "(L" + CPU + ";JJJJJJ)J";
  static final String ENTRY_TYPE = "(L" + CPU + ";JJ)J";
  static final String CHUNK_TYPE = "(L" + CPU + ";J[JI)I";

  /// The locals of a chunk's frame array and entry.
  static final int FRAME = 3;

  static final int START = 4;

  /// The local of the CPU slot.
  int cpu() {
    return this == ENTRY ? 1 : 0;
  }

  /// The local of a variable.
  int local(int variable) {
    if (this == ENTRY) {
      return switch (variable) {
        case 0 -> 8;
        case 1, 2 -> 2 * variable;
        default ->
            variable == Vars.FP ? 6 : 10 + 2 * (variable < Vars.FP ? variable - 3 : variable - 4);
      };
    }
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
    return switch (this) {
      case FUNCTION -> Vars.bit(Vars.FP) | 0b111110;
      case ENTRY -> 0b110;
      case CHUNK -> Vars.bit(Vars.FP);
    };
  }

  /// The locals part of a stack map frame in which these variables are set.
  ///
  /// @param owner the internal name of the method's class
  Object[] frame(long used, String owner) {
    List<Object> types = new ArrayList<>();
    if (this == ENTRY) {
      types.add(owner);
    }
    types.add(CPU);
    if (this != ENTRY) {
      types.add(Opcodes.LONG);
    }
    if (this == CHUNK) {
      types.add("[J");
      types.add(Opcodes.INTEGER);
    }
    long set = used | parameters() | Vars.bit(Vars.FP);
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
    if (this == ENTRY) {
      return IntStream.concat(
              IntStream.of(1, 2, Vars.FP, 0),
              IntStream.range(3, Vars.COUNT).filter(variable -> variable != Vars.FP))
          .toArray();
    }
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
