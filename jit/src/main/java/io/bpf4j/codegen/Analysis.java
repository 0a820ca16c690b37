package io.bpf4j.codegen;

import io.bpf4j.engine.Bound;
import io.bpf4j.engine.Proof;
import io.bpf4j.isa.Insn;
import io.bpf4j.isa.Reg;
import io.bpf4j.mem.Cpu;
import io.bpf4j.platform.CtxLayout;
import io.bpf4j.platform.Helper;
import io.bpf4j.prog.ProgType;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Everything that is found out about a program before code is generated.
///
/// Which stack slots can live in locals depends on the kinds of registers, and these depend on what
/// slots hold. So: take every slot the code names as promoted, solve, drop the slots that are also
/// reached in other ways, and solve again until none is dropped.
final class Analysis {
  private final Bound bound;
  private final Cfg cfg;
  private final MapShapes maps;
  private final @Nullable Proof proof;
  private final boolean bare;
  private final boolean shallow;
  private final Map<Integer, Map<Integer, MethodHandle>> forMap = new HashMap<>();
  private Kinds kinds;
  private StackUse stack;
  private Liveness live;

  Analysis(Bound bound, Cfg cfg) {
    this.bound = bound;
    this.cfg = cfg;
    this.maps = new MapShapes(bound);
    this.bare = bound.program().type() == ProgType.UNSPEC;
    this.proof = bound.proof();
    this.shallow = proof != null || cfg.nestsWithin(Cpu.MAX_FRAMES);
    List<Slots> slots = new ArrayList<>();
    cfg.functions().forEach(function -> slots.add(named(function)));
    while (true) {
      kinds = Kinds.solve(bound, cfg, maps, slots);
      live = Liveness.solve(cfg, kinds);
      stack = new StackUse(this, kinds, live);
      if (!drop(slots)) {
        return;
      }
    }
  }

  /// The slots that loads and stores through R10 name, the most used first when there are too many.
  private Slots named(Cfg.Function function) {
    Map<Slots.Slot, Integer> uses = new HashMap<>();
    for (int pc = function.start(); pc < function.end(); pc = cfg.insns().next(pc)) {
      Insn insn = cfg.insns().at(pc);
      if (insn instanceof Insn.Load load && load.base() == Reg.FP) {
        uses.merge(new Slots.Slot(load.offset(), load.size().bytes()), 1, Integer::sum);
      } else if (insn instanceof Insn.Store store && store.base() == Reg.FP) {
        uses.merge(new Slots.Slot(store.offset(), store.size().bytes()), 1, Integer::sum);
      }
    }
    List<Slots.Slot> order = new ArrayList<>(uses.keySet());
    order.removeIf(slot -> !Kinds.inFrame(slot.offset(), slot.size()));
    order.sort(
        Collections.reverseOrder(java.util.Comparator.comparingInt((Slots.Slot s) -> uses(uses, s)))
            .thenComparingInt(Slots.Slot::offset)
            .thenComparingInt(Slots.Slot::size));
    return new Slots(order.subList(0, Math.min(order.size(), Slots.MAX)));
  }

  private static int uses(Map<Slots.Slot, Integer> uses, Slots.Slot slot) {
    return uses.getOrDefault(slot, 0);
  }

  /// Drops the slots that must stay in memory; false when there were none.
  private boolean drop(List<Slots> slots) {
    boolean dropped = false;
    if (stack.anythingGoes()) {
      for (int i = 0; i < slots.size(); i++) {
        dropped |= !slots.get(i).list().isEmpty();
        slots.set(i, Slots.NONE);
      }
      return dropped;
    }
    for (Cfg.Function function : cfg.functions()) {

      List<Slots.Slot> keep = new ArrayList<>(slots.get(function.index()).list());
      for (StackUse.Touch touch : stack.touches(function)) {
        keep.removeIf(slot ->
            slot.overlaps(touch.from(), touch.to())
                && !(touch.exact()
                    && touch.from() == slot.offset()
                    && touch.to() == slot.offset() + slot.size()));
      }
      if (keep.size() < slots.get(function.index()).list().size()) {
        slots.set(function.index(), new Slots(keep));
        dropped = true;
      }
    }
    return dropped;
  }

  /// The proof that the program is safe, or null.
  @Nullable Proof proof() {
    return proof;
  }

  /// The address of the value that a look-up in an array finds when its key is a constant, or 0.
  long constantValue(int pc) {
    if (proof == null || !(cfg.insns().at(pc) instanceof Insn.CallHelper(int id))) {
      return 0;
    }
    Helper helper = bound.platform().helper(id);
    int map = proof.map(pc);
    long key = proof.key(pc);
    return helper != null
            && map >= 0
            && key >= 0
            && key <= Integer.MAX_VALUE
            && proof.settles(pc)
            && helper.name().equals(MapShapes.LOOKUP)
            && maps.looksUp(helper, map)
        ? maps.map(map).valueAddress((int) key)
        : 0;
  }

  /// The map that a helper call is about, when it is one; else -1.
  int mapOfCall(int pc) {
    Kind kind = kinds.before(pc, Reg.R1);
    return kind.is(Kind.Tag.MAP) ? kind.map() : proof == null ? -1 : proof.map(pc);
  }

  Bound bound() {
    return bound;
  }

  Cfg cfg() {
    return cfg;
  }

  MapShapes maps() {
    return maps;
  }

  Kinds kinds() {
    return kinds;
  }

  StackUse stack() {
    return stack;
  }

  Liveness live() {
    return live;
  }

  /// The form of a helper that serves one map, or null when there is none. One handle a pair, so
  /// that the class data holds it once.
  @Nullable MethodHandle forMap(Helper helper, int map) {
    Helper.ForMap binder = helper.forMap();
    if (binder == null) {
      return null;
    }
    Map<Integer, MethodHandle> known = forMap.computeIfAbsent(helper.id(), _ -> new HashMap<>());
    MethodHandle handle = known.get(map);
    if (handle == null) {
      handle = binder.bind(maps.map(map));
      if (handle == null) {
        return null;
      }
      handle = handle.asType(Helper.MAP_SHAPE);
      known.put(map, handle);
    }
    return handle;
  }

  /// Whether calls can never nest too deep.
  boolean shallow() {
    return shallow;
  }

  @Nullable CtxLayout ctx() {
    return bound.ctx();
  }

  /// Whether the program has no type, and runs on memory handed to it.
  boolean bare() {
    return bare;
  }
}
