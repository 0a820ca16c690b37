package io.bpf4j.codegen;

import io.bpf4j.engine.Proof;
import io.bpf4j.mem.Region;
import io.bpf4j.platform.LoadRule;
import org.jspecify.annotations.Nullable;

/// How much of an access is decided when the program is compiled, and the test that is left for the
/// run. Whatever a test does not settle goes to [io.bpf4j.engine.Checks], which decides alone.
sealed interface Access {
  /// A promoted slot: no memory is touched.
  record Local(int slot) implements Access {}

  /// Provably legal.
  record Free() implements Access {}

  /// Legal unless the pointer is null, which it is when the base register holds `nullBase`.
  record NotNull(long nullBase) implements Access {}

  /// A legal load of a context field; the context starts at the base register plus `delta`.
  record Field(LoadRule rule, long delta) implements Access {}

  /// Legal inside the run's memory.
  record InMemory() implements Access {}

  /// Legal inside the own frame and the callers'.
  record OnStack() implements Access {}

  /// Legal inside a value of this region.
  record InRegion(Region region) implements Access {}

  /// Left to [io.bpf4j.engine.Checks] as a whole.
  record Unknown() implements Access {}

  /// Decides an access.
  static Access of(
      Analysis analysis, Kinds kinds, int pc, Kind base, long offset, int size, boolean write) {
    Proof proof = analysis.proof();
    if (proof == null) {
      return checked(analysis, kinds, pc, base, offset, size, write);
    }
    int slot =
        base.is(Kind.Tag.FP) ? kinds.slots(pc).indexOf(base.value() + offset, size) : Slots.NO_SLOT;
    if (slot != Slots.NO_SLOT) {
      return new Local(slot);
    }
    return switch (proof.access(pc)) {
      case Proof.Access.Raw() -> new Free();
      // What is proved is that the base register points to the struct's start.
      case Proof.Access.Field(LoadRule rule) -> new Field(rule, 0);
      case Proof.Access.Open() -> checked(analysis, kinds, pc, base, offset, size, write);
    };
  }

  private static Access checked(
      Analysis analysis, Kinds kinds, int pc, Kind base, long offset, int size, boolean write) {
    long at = base.value() + offset;
    return switch (base.tag()) {
      case FP -> {
        int slot = kinds.slots(pc).indexOf(at, size);
        if (slot != Slots.NO_SLOT) {
          yield new Local(slot);
        }
        // Above the frame pointer the callers' frames follow, below the frame nothing is ours.
        yield Kinds.inFrame(at, size) ? new Free() : at >= 0 ? new OnStack() : new Unknown();
      }
      case CTX -> {
        @Nullable LoadRule rule =
            write || analysis.ctx() == null ? null : analysis.ctx().rule(at, size);
        yield rule == null ? new Unknown() : new Field(rule, -base.value());
      }
      case VALUE, DIRECT -> {
        MapShapes.Shape shape = analysis.maps().of(base.map());
        boolean legal =
            shape != null
                && analysis.maps().inside(base.map(), at, size)
                && (!write || shape.writable());
        if (!legal) {
          yield new Unknown();
        }
        yield base.is(Kind.Tag.DIRECT) ? new Free() : new NotNull(base.value());
      }
      case NEAR_STACK -> new OnStack();
      case NEAR_MEM -> new InMemory();
      case NEAR_VALUE -> {
        MapShapes.Shape shape = analysis.maps().of(base.map());
        Region region = shape == null ? null : shape.region();
        if (region == null || size > region.cellSize() || (write && !region.writable())) {
          yield new Unknown();
        }
        yield new InRegion(region);
      }
      case NUMBER, ANY, CONST, MAP -> analysis.bare() ? new InMemory() : new Unknown();
    };
  }
}
