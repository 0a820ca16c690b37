package io.bpf4j.cli;

import io.bpf4j.Engines;
import io.bpf4j.error.BpfException;
import io.bpf4j.linux.KernelSupport;
import io.bpf4j.prog.BpfObject;
import io.bpf4j.prog.ProgSpec;
import io.bpf4j.prog.ProgType;
import io.bpf4j.sklookup.SkLookupCtx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Programs timed on engines side by side, this machine's kernel among them.
@CommandLine.Command(
    name = "bench",
    description =
        "Times programs of an object on engines side by side in one run, or the whole lookup of a"
            + " scenario: all take turns in each round, and the rows show median, fastest and"
            + " slowest round.",
    footer = {
      "",
      "'same' repeats one packet, so that branch predictors learn it; 'random' takes another of",
      "65,536 each time, or of the records of --ctx. Each figure holds the price of starting a run;",
      "that of a program named 'empty' is this price alone. All engines get the same maps and",
      "sockets, and have to give the same answers."
    })
final class Bench extends Command {
  private static final String SAME = "same";
  private static final String RANDOM = "random";

  /// Bytes of zeros that a program gets that takes no context of a lookup.
  private static final int DATA = 64;

  private static final List<String> DEFAULT = List.of("interp", "checked-jit", "jit");

  @Parameters(
      paramLabel = "OBJ.o|SCENARIO.yaml",
      description = "The object that clang built, or a scenario.")
  private Path input = Path.of("-");

  @Option(names = "--prog", paramLabel = "NAME", description = "Which programs; default: all.")
  private List<String> progs = new ArrayList<>();

  @Option(
      names = "--engine",
      paramLabel = "NAME",
      description = "Which engines; default: interp, checked-jit, jit, and kernel if permitted.")
  private List<String> engines = new ArrayList<>();

  @Option(
      names = "--tuples",
      paramLabel = "same|random",
      description = "Which packets; default: both.")
  private @Nullable String tuples;

  @Option(
      names = "--map",
      paramLabel = "NAME=@FILE.json",
      description = "Elements of a map, as for run.")
  private List<String> maps = new ArrayList<>();

  @Option(
      names = "--ctx",
      paramLabel = "@FILE",
      description = "Raw 72-byte struct bpf_sk_lookup records; default: random packets.")
  private @Nullable String ctx;

  @Option(names = "--rounds", paramLabel = "N", description = "Rounds to take; default 9.")
  private int rounds = 9;

  @Option(names = "--seed", paramLabel = "S", description = "Seed of everything random.")
  private @Nullable Long seed;

  @Option(names = "--json", description = "Print one JSON document.")
  private boolean json;

  @Option(names = "--html", paramLabel = "FILE", description = "Write a page with charts.")
  private @Nullable Path html;

  Bench(Io io) {
    super(io);
  }

  @Override
  public Integer call() throws IOException {
    check();
    Interrupt.watch();
    BenchRounds timing = new BenchRounds(rounds, Interrupt::requested, this::progress);
    BenchReport report = new BenchReport(input.toString());
    String name = input.toString();
    if (name.endsWith(".yaml") || name.endsWith(".yml")) {
      scenario(timing, report);
    } else {
      object(timing, report);
    }
    if (io().progress()) {
      io().err().print("\r\u001b[K");
      io().err().flush();
    }
    if (json) {
      Json.write(io(), report.document());
    } else {
      io().out().print(report.text());
    }
    if (html != null) {
      Files.writeString(html, BenchPage.text(report));
    }
    report.complaints().forEach(line -> io().complain("bpf4j bench: " + line));
    return report.complaints().isEmpty() ? ExitCode.OK : ExitCode.NEGATIVE;
  }

  private void check() {
    if (rounds < 1) {
      throw new UsageException("--rounds " + rounds + ": must be at least 1");
    }
    if (tuples != null && !tuples.equals(SAME) && !tuples.equals(RANDOM)) {
      throw new UsageException("--tuples " + tuples + ": must be same or random");
    }
  }

  private void progress(String what) {
    if (io().progress()) {
      io().err().print("\r\u001b[K" + what);
      io().err().flush();
    }
  }

  private List<Boolean> kinds() {
    return tuples == null ? List.of(false, true) : List.of(tuples.equals(RANDOM));
  }

  private List<String> chosen() {
    LinkedHashSet<String> chosen = new LinkedHashSet<>(engines.isEmpty() ? DEFAULT : engines);
    if (engines.isEmpty() && KernelSupport.netns().granted()) {
      chosen.add(KernelTestRun.NAME);
    }
    chosen.stream().filter(e -> !e.equals(KernelTestRun.NAME)).forEach(Engines::named);
    return List.copyOf(chosen);
  }

  private void object(BenchRounds timing, BenchReport report) throws IOException {
    BpfObject read = ObjectInput.read(io(), input);
    List<MapSetup> setups = new ArrayList<>();
    for (String map : maps) {
      setups.add(MapSetup.parse(map));
    }
    List<ProgSpec> specs = new ArrayList<>();
    for (@Nullable String prog : progs.isEmpty() ? Arrays.asList((String) null) : progs) {
      specs.addAll(ObjectInput.programs(read, prog));
    }
    List<byte[]> contexts =
        ctx == null ? BenchTuples.random(seed == null ? 1 : seed) : records(ctx);
    for (ProgSpec spec : specs) {
      program(timing, report, read, spec, setups, contexts);
    }
  }

  private void program(
      BenchRounds timing,
      BenchReport report,
      BpfObject read,
      ProgSpec spec,
      List<MapSetup> setups,
      List<byte[]> contexts) {
    boolean typed = spec.type() == ProgType.SK_LOOKUP;
    List<byte[]> inputs = typed ? contexts : List.of(new byte[DATA]);
    Map<String, ProgramRun> runs = new LinkedHashMap<>();
    List<BenchLane> lanes = new ArrayList<>();
    try {
      for (String engine : chosen()) {
        try {
          ProgramRun run = Run.open(engine, read, spec, spec.type(), setups);
          runs.put(engine, run);
          lanes.add(run.lane(engine, inputs));
        } catch (BpfException e) {
          report.refused(spec.name(), engine, kinds(), Failures.message(e));
        }
      }
      BenchAnswers.compare(spec.name(), runs, typed ? inputs : List.of(), report);
      for (boolean random : kinds()) {
        if (!lanes.isEmpty() && (typed || !random)) {
          report.add(timing.run(lanes, random));
        }
      }
    } finally {
      lanes.forEach(BenchLane::close);
      runs.values().forEach(ProgramRun::close);
    }
  }

  /// The records of a file of contexts.
  ///
  /// @throws UsageException when they are none
  private static List<byte[]> records(String argument) throws IOException {
    if (!argument.startsWith("@")) {
      throw new UsageException("--ctx " + argument + ": must be @FILE");
    }
    byte[] all = Files.readAllBytes(Path.of(argument.substring(1)));
    if (all.length == 0 || all.length % SkLookupCtx.SIZE != 0) {
      throw new UsageException(
          "%s: %d bytes are no records of %d".formatted(argument, all.length, SkLookupCtx.SIZE));
    }
    List<byte[]> records = new ArrayList<>(all.length / SkLookupCtx.SIZE);
    for (int i = 0; i < all.length; i += SkLookupCtx.SIZE) {
      records.add(Arrays.copyOfRange(all, i, i + SkLookupCtx.SIZE));
    }
    return records;
  }

  private void scenario(BenchRounds timing, BenchReport report) {
    if (!progs.isEmpty() || !maps.isEmpty() || ctx != null) {
      throw new UsageException(
          "--prog, --map and --ctx are for objects: a scenario has its own programs, maps and packets");
    }
    if (engines.contains(KernelTestRun.NAME)) {
      throw new UsageException("--engine kernel: this machine's kernel runs objects, no scenarios");
    }
    List<BenchLane> lanes = new ArrayList<>();
    for (String engine : engines.isEmpty() ? DEFAULT : chosen()) {
      try {
        lanes.add(ScenarioLane.open(engine, input, seed));
      } catch (BpfException e) {
        report.refused(ScenarioLane.PROGRAM, engine, kinds(), Failures.message(e));
      }
    }
    for (boolean random : kinds()) {
      if (!lanes.isEmpty()) {
        report.add(timing.run(lanes, random));
      }
    }
  }
}
