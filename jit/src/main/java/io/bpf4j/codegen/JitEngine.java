package io.bpf4j.codegen;

import io.bpf4j.codegen.ClassPlan.Content;
import io.bpf4j.codegen.ClassPlan.Planned;
import io.bpf4j.engine.Bound;
import io.bpf4j.engine.CompileReport;
import io.bpf4j.engine.Engine;
import io.bpf4j.engine.EngineOptions;
import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.error.CodegenException;
import io.bpf4j.mem.MemoryBackend;
import io.bpf4j.platform.Platform;
import io.bpf4j.prog.Program;
import java.lang.invoke.MethodHandles;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// The compiler: a program becomes a hidden class, whose loops and calls spend from a budget. There
/// are two forms of it. Checked, every access to memory is proved here or tested when it runs, and
/// the class does what the interpreter does, fault for fault. Verified, the program is proved first
/// ([io.bpf4j.verifier]) or refused, and accesses are raw.
///
/// ```
/// Program → Bound (with a proof) → Analysis (kinds, promoted slots, liveness) → Measures → ClassPlan (methods
/// under the limits of HotSpot) → ClassUnit (bytes) → hidden classes
/// ```
public final class JitEngine implements Engine {
  /// HotSpot's HugeMethodLimit: it compiles nothing that large.
  private static final int HUGE_METHOD = 8_000;

  private final String name;
  private final boolean proves;
  private final Limits limits;

  /// The checked compiler, `checked-jit`.
  public JitEngine() {
    this(Limits.DEFAULT);
  }

  /// With other limits, so that small programs can be split.
  JitEngine(Limits limits) {
    this("checked-jit", false, limits);
  }

  private JitEngine(String name, boolean proves, Limits limits) {
    this.name = name;
    this.proves = proves;
    this.limits = limits;
  }

  /// The compiler of proved programs, `jit`: what it loads runs without checks, and what cannot be
  /// proved it does not load.
  public static JitEngine verified() {
    return verified(Limits.DEFAULT);
  }

  static JitEngine verified(Limits limits) {
    return new JitEngine("jit", true, limits);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public RunnableProgram load(Program program, Platform platform, EngineOptions options) {
    long start = System.nanoTime();
    Bound bound =
        proves ? Bound.prove(program, platform, options) : Bound.bind(program, platform, options);
    try {
      return compile(bound, start);
    } catch (Throwable e) {
      if (e instanceof VirtualMachineError error) {
        throw error;
      }
      throw new CodegenException("prog '" + program.name() + "' cannot be compiled: " + e, e);
    }
  }

  private RunnableProgram compile(Bound bound, long start) throws Throwable {
    Analysis analysis =
        new Analysis(bound, new Cfg(bound.program().insns(), bound.functions(), bound.proof()));
    Measures measures = new Measures(analysis);
    ClassPlan plan = new ClassPlan(analysis, measures, limits);
    Links links = new Links();
    List<ClassUnit> units = new ArrayList<>();
    for (int i = 0; i < plan.units(); i++) {
      units.add(new ClassUnit(i, className(bound.program().name(), i), bound, links));
    }
    ProgramClass.write(units.getFirst());
    if (!plan.runsEntry()) {
      ProgramClass.run(units.getFirst(), bound, plan.function(0));
    }
    for (Planned planned : plan.methods()) {
      write(analysis, measures, plan, units.get(planned.method().unit()), planned);
    }
    List<byte[]> files = new ArrayList<>();
    for (ClassUnit unit : units) {
      unit.writer().visitEnd();
      files.add(unit.writer().toByteArray());
    }
    List<MethodHandles.Lookup> classes = ClassDefiner.define(units, files);
    links.connect(classes);
    CompileReport report =
        new CompileReport(
            name(),
            MemoryBackend.current().name(),
            methods(plan, files, analysis.cfg()),
            files,
            System.nanoTime() - start);
    return ClassDefiner.instance(classes.getFirst(), report);
  }

  private static void write(
      Analysis analysis, Measures measures, ClassPlan plan, ClassUnit unit, Planned planned) {
    ClassPlan.Method method = planned.method();
    switch (planned.content()) {
      case Content.Whole whole -> BodyWriter.whole(analysis, measures, plan, unit, method, whole);
      case Content.Entry entry -> BodyWriter.entry(analysis, measures, plan, unit, method, entry);
      case Content.Part part -> BodyWriter.part(analysis, measures, plan, unit, method, part);
      case Content.Driver driver -> DriverWriter.driver(analysis, plan, unit, method, driver);
      case Content.Group group -> DriverWriter.group(unit, method, group);
      case Content.Dispatcher dispatcher -> DispatchWriter.write(plan, unit, method, dispatcher);
    }
  }

  /// The report's methods, with the sizes they really have.
  private static List<CompileReport.Method> methods(ClassPlan plan, List<byte[]> files, Cfg cfg) {
    List<Map<String, Integer>> sizes = files.stream().map(ClassDefiner::sizes).toList();
    List<CompileReport.Method> methods = new ArrayList<>();
    for (Planned planned : plan.methods()) {
      ClassPlan.Method method = planned.method();
      int bytes = sizes.get(method.unit()).getOrDefault(method.name(), 0);
      if (bytes >= HUGE_METHOD) {
        throw new IllegalStateException(
            "method %s has %d bytes, HotSpot compiles less than %d"
                .formatted(method.name(), bytes, HUGE_METHOD));
      }
      int first = 0;
      int end = cfg.insns().size();
      switch (planned.content()) {
        case Content.Whole(Cfg.Function function) -> {
          first = function.start();
          end = function.end();
        }
        case Content.Entry(Cfg.Function function) -> {
          first = function.start();
          end = function.end();
        }
        case Content.Part(_, _, MethodPlan.Chunk chunk) -> {
          first = chunk.from();
          end = chunk.to();
        }
        case Content.Driver(Cfg.Function function, _, _) -> {
          first = function.start();
          end = function.end();
        }
        case Content.Group(Cfg.Function function, _, _) -> {
          first = function.start();
          end = function.end();
        }
        case Content.Dispatcher _ -> {}
      }
      methods.add(new CompileReport.Method(method.name(), first, end, bytes, planned.why()));
    }
    return methods;
  }

  /// A name that profilers can show: `io/bpf4j/codegen/Jit$steer`.
  private static String className(String program, int unit) {
    String name = program.replaceAll("[^A-Za-z0-9_]", "_");
    String cut = name.substring(0, Math.min(name.length(), 100));
    return ClassPlan.PREFIX + cut + (unit == 0 ? "" : "$" + unit);
  }
}
