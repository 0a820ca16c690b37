package io.bpf4j.codegen;

import io.bpf4j.isa.Reg;
import io.bpf4j.platform.ArgType;
import io.bpf4j.platform.Helper;

/// What of [io.bpf4j.engine.Checks#checkArguments] is already decided when a program is compiled.
final class Arguments {
  /// Said of an argument that is no pointer to memory.
  static final long NO_MEMORY = -2;

  /// Said of memory whose length is known when the program runs.
  static final long ANY_LENGTH = -1;

  /// No helper takes more memory than this at once ([io.bpf4j.engine.Checks]).
  private static final long MAX_MEM = 1L << 29;

  private Arguments() {}

  /// Whether every argument is provably what the helper needs.
  static boolean settled(Analysis analysis, Kinds kinds, int pc, Helper helper) {
    for (int i = 0; i < helper.args().size(); i++) {
      if (!settled(analysis, kinds, pc, helper, i)) {
        return false;
      }
    }
    return true;
  }

  /// Whether argument `i` (0 for R1) is provably what the helper needs.
  static boolean settled(Analysis analysis, Kinds kinds, int pc, Helper helper, int i) {
    return settled(analysis, kinds, pc, helper, i, false);
  }

  /// The same, when a value pointer that may be null is taken for one that is not.
  static boolean settledUnlessNull(Analysis analysis, Kinds kinds, int pc, Helper helper, int i) {
    return settled(analysis, kinds, pc, helper, i, true);
  }

  private static boolean settled(
      Analysis analysis, Kinds kinds, int pc, Helper helper, int i, boolean notNull) {
    Kind kind = kinds.before(pc)[1 + i];
    long length = length(analysis, kinds, pc, helper, i);
    return switch (helper.args().get(i)) {
      case ANY, SIZE, SIZE_OR_ZERO -> true;
      case CTX -> kind.equals(Kind.CTX);
      case CONST_MAP_PTR -> kind.is(Kind.Tag.MAP) && analysis.maps().takes(helper, kind.map());
      case MAP_KEY -> holds(analysis, kind, length, false, notNull);
      case MAP_VALUE -> {
        int map = map(kinds, pc, helper, i);
        yield map >= 0
            && analysis.maps().holdsBytes(map)
            && holds(analysis, kind, length, false, notNull);
      }
      case MAP_VALUE_OUT -> holds(analysis, kind, length, true, notNull);
      case MEM, MEM_OUT -> {
        long least = helper.args().get(i + 1) == ArgType.SIZE_OR_ZERO ? 0 : 1;
        boolean write = helper.args().get(i) == ArgType.MEM_OUT;
        yield length >= least && length <= MAX_MEM && holds(analysis, kind, length, write, notNull);
      }
      // The frame pointer is aligned to 8 bytes.
      case LONG_OUT ->
          kind.is(Kind.Tag.FP) && kind.value() % 8 == 0 && Kinds.inFrame(kind.value(), 8);
      case SOCK_OR_NULL -> kind.equals(Kind.ZERO);
      case SOCK, FUNC, STACK_OR_NULL -> false;
    };
  }

  private static boolean holds(
      Analysis analysis, Kind kind, long length, boolean write, boolean notNull) {
    if (length == 0) {
      return true;
    }
    if (length < 0) {
      return false;
    }
    return switch (kind.tag()) {
      case FP -> Kinds.inFrame(kind.value(), length);
      case DIRECT, VALUE -> {
        MapShapes.Shape shape = analysis.maps().of(kind.map());
        yield (notNull || kind.is(Kind.Tag.DIRECT))
            && shape != null
            && analysis.maps().inside(kind.map(), kind.value(), length)
            && (!write || shape.writable());
      }
      default -> false;
    };
  }

  /// How many bytes of memory argument `i` points at; [#ANY_LENGTH] or [#NO_MEMORY].
  static long length(Analysis analysis, Kinds kinds, int pc, Helper helper, int i) {
    return switch (helper.args().get(i)) {
      case MAP_KEY -> {
        int map = map(kinds, pc, helper, i);
        yield map < 0 ? ANY_LENGTH : analysis.maps().map(map).spec().keySize();
      }
      case MAP_VALUE, MAP_VALUE_OUT -> {
        int map = map(kinds, pc, helper, i);
        yield map < 0 ? ANY_LENGTH : analysis.maps().map(map).spec().valueSize();
      }
      case MEM, MEM_OUT -> {
        Kind size = kinds.before(pc)[2 + i];
        yield size.is(Kind.Tag.CONST) && size.value() >= 0 ? size.value() : ANY_LENGTH;
      }
      case LONG_OUT -> 8;
      default -> NO_MEMORY;
    };
  }

  /// The map that the helper's map argument before argument `i` is known to be, or -1.
  static int map(Kinds kinds, int pc, Helper helper, int i) {
    for (int j = i - 1; j >= 0; j--) {
      if (helper.args().get(j) == ArgType.CONST_MAP_PTR) {
        Kind kind = kinds.before(pc, Reg.of(1 + j));
        return kind.is(Kind.Tag.MAP) ? kind.map() : -1;
      }
    }
    return -1;
  }
}
