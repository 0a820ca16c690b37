package io.bpf4j.codegen;

import io.bpf4j.isa.Insn;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.Handle;
import org.objectweb.asm.Opcodes;

/// Which methods a program becomes, and which classes they are in. Almost always that is one class;
/// a second one starts when the constant pool (65,535 entries) could run out.
final class ClassPlan {
  /// How the internal names of all generated classes start.
  static final String PREFIX = "io/bpf4j/codegen/Jit$";

  static final Handle CLASS_DATA_AT =
      new Handle(
          Opcodes.H_INVOKESTATIC,
          "java/lang/invoke/MethodHandles",
          "classDataAt",
          "(Ljava/lang/invoke/MethodHandles$Lookup;Ljava/lang/String;Ljava/lang/Class;I)"
              + "Ljava/lang/Object;",
          false);

  /// What a method costs beside its code.
  private static final int METHOD_CONSTANTS = 6;

  /// Chunks or functions that one method chooses between.
  static final int MAX_CHOICES = 200;

  /// A generated static method.
  ///
  /// @param unit the number of its class
  record Method(String name, String type, int unit) {}

  /// What a method holds.
  sealed interface Content {
    /// A function as a whole.
    record Whole(Cfg.Function function) implements Content {}

    /// The entry function as a whole, as the method that runs the program.
    record Entry(Cfg.Function function) implements Content {}

    /// Chunk number `index` of a function.
    record Part(Cfg.Function function, int index, MethodPlan.Chunk chunk) implements Content {}

    /// The loop that goes from chunk to chunk of a function; over groups of them when `groups` has
    /// any.
    record Driver(Cfg.Function function, List<Method> chunks, List<Method> groups)
        implements Content {}

    /// The loop over the chunks from number `first` on.
    record Group(Cfg.Function function, int first, List<Method> chunks) implements Content {}

    /// Calls the function whose pc it is given, or asks the next dispatcher.
    record Dispatcher(List<Cfg.Function> functions, List<Method> inner) implements Content {}
  }

  /// A method to be written.
  ///
  /// @param why why it is a method of its own, for the report
  record Planned(Method method, Content content, String why) {}

  private final Analysis analysis;
  private final Measures measures;
  private final Limits limits;
  private final List<Planned> methods = new ArrayList<>();
  private final @Nullable Method[] functions;
  private @Nullable Method dispatcher;
  private final TreeMap<Integer, Integer> entryNumbers = new TreeMap<>();
  private int units = 1;
  private int constants;

  ClassPlan(Analysis analysis, Measures measures, Limits limits) {
    this.limits = limits;
    this.analysis = analysis;
    this.measures = measures;
    Cfg cfg = analysis.cfg();
    this.functions = new @Nullable Method[cfg.functions().size()];
    List<Cfg.Function> reached = new ArrayList<>();
    for (Cfg.Function function : cfg.functions()) {
      if (analysis.kinds().reaches(function.start())) {
        reached.add(function);
        plan(function);
      }
    }
    if (cfg.callsRegisters()) {
      dispatcher = dispatcher(reached, "x");
    }
  }

  private void plan(Cfg.Function function) {
    String name = "f" + function.index();
    List<MethodPlan.Chunk> chunks = MethodPlan.of(analysis, measures, limits, function);
    if (chunks.size() == 1 && function.index() == 0 && !callsEntry()) {
      Method method = add("run", Layout.ENTRY_TYPE, constants(function.start(), function.end()));
      functions[0] = method;
      methods.add(new Planned(method, new Content.Entry(function), "entry"));
      return;
    }
    if (chunks.size() == 1) {
      int cost = constants(function.start(), function.end());
      Method method = add(name, Layout.FUNCTION_TYPE, cost);
      functions[function.index()] = method;
      methods.add(
          new Planned(
              method, new Content.Whole(function), function.index() == 0 ? "entry" : "function"));
      return;
    }
    Method driver = add(name, Layout.FUNCTION_TYPE, 3 * chunks.size());
    functions[function.index()] = driver;
    int place = methods.size();
    List<Method> parts = new ArrayList<>();
    for (MethodPlan.Chunk chunk : chunks) {
      Method part =
          add(name + "c" + parts.size(), Layout.CHUNK_TYPE, constants(chunk.from(), chunk.to()));
      for (int entry : chunk.entries()) {
        entryNumbers.put(entry, (parts.size() << 16) | chunk.entries().indexOf(entry));
      }
      String why =
          chunk.why().isEmpty()
              ? "split, first chunk"
              : "split at pc %d: %s".formatted(chunk.from(), chunk.why());
      methods.add(new Planned(part, new Content.Part(function, parts.size(), chunk), why));
      parts.add(part);
    }
    List<Method> groups = new ArrayList<>();
    if (parts.size() > MAX_CHOICES) {
      for (int first = 0; first < parts.size(); first += MAX_CHOICES) {
        List<Method> some =
            List.copyOf(parts.subList(first, Math.min(first + MAX_CHOICES, parts.size())));
        Method group = add(name + "g" + groups.size(), Layout.CHUNK_TYPE, 3 * some.size());
        String why = "goes between chunks %d to %d".formatted(first, first + some.size() - 1);
        methods.add(new Planned(group, new Content.Group(function, first, some), why));
        groups.add(group);
      }
    }
    methods.add(
        place,
        new Planned(
            driver,
            new Content.Driver(function, parts, groups),
            "goes between %d chunks".formatted(parts.size())));
  }

  /// Whether the entry function is also called from inside.
  private boolean callsEntry() {
    Cfg cfg = analysis.cfg();
    for (int pc = 0; pc < cfg.insns().size(); pc = cfg.insns().next(pc)) {
      if (cfg.insns().at(pc) instanceof Insn.CallLocal call && Cfg.callee(pc, call) == 0) {
        return true;
      }
    }
    return cfg.callsRegisters();
  }

  /// Whether the entry function is the method that runs the program.
  boolean runsEntry() {
    return methods.getFirst().content() instanceof Content.Entry;
  }

  /// A method that calls one of these functions; over others when they are many.
  private Method dispatcher(List<Cfg.Function> choices, String name) {
    List<Method> inner = new ArrayList<>();
    if (choices.size() > MAX_CHOICES) {
      int share = Math.ceilDiv(choices.size(), MAX_CHOICES);
      for (int i = 0; i < choices.size(); i += share) {
        List<Cfg.Function> some = choices.subList(i, Math.min(i + share, choices.size()));
        inner.add(dispatcher(some, name + "_" + inner.size()));
      }
    }
    Method method = add(name, DispatchWriter.TYPE, 4 * Math.min(choices.size(), MAX_CHOICES));
    methods.add(
        new Planned(
            method,
            new Content.Dispatcher(List.copyOf(choices), List.copyOf(inner)),
            "calls through registers"));
    return method;
  }

  private int constants(int from, int to) {
    int sum = 0;
    for (int pc = from; pc < to; pc++) {
      sum += measures.constants(pc);
    }
    return sum;
  }

  private Method add(String name, String type, int cost) {
    if (constants > 0 && constants + cost + METHOD_CONSTANTS > limits.constants()) {
      units++;
      constants = 0;
    }
    constants += cost + METHOD_CONSTANTS;
    return new Method(name, type, units - 1);
  }

  /// How many classes there are.
  int units() {
    return units;
  }

  /// The methods in the order of the report: functions by pc, each driver before its chunks.
  List<Planned> methods() {
    return methods;
  }

  Method function(int index) {
    return Objects.requireNonNull(functions[index], "a function that nothing reaches");
  }

  Method dispatcher() {
    return Objects.requireNonNull(dispatcher, "no instruction calls through a register");
  }

  /// The number by which a chunk's entry at `pc` is known: chunk in the upper half.
  int entryNumber(int pc) {
    return Objects.requireNonNull(entryNumbers.get(pc), "no chunk is entered at this pc");
  }
}
