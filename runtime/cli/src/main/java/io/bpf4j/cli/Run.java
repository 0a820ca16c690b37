package io.bpf4j.cli;

import io.bpf4j.Engines;
import io.bpf4j.elf.BpfObjectReader;
import io.bpf4j.error.ErrnoException;
import io.bpf4j.linux.KernelSupport;
import io.bpf4j.prog.BpfObject;
import io.bpf4j.prog.ProgSpec;
import io.bpf4j.prog.ProgType;
import io.bpf4j.sim.scenario.Nearest;
import io.bpf4j.sklookup.SkLookupCtx;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Runs one program of an object on contexts that the user wrote, as BPF_PROG_TEST_RUN.
@CommandLine.Command(
    name = "run",
    description =
        "Runs one program as BPF_PROG_TEST_RUN does and shows its return value, the context, the"
            + " selected socket and the mean time. With several engines it compares them.",
    footer = {
      "",
      "--ctx @FILE holds 72-byte struct bpf_sk_lookup records one after another; each gives a line",
      "RETVAL <tab> SOCKET. socket_filter, sched_cls, sched_act and xdp programs get --data as a",
      "packet, an Ethernet frame; a program without a type in R1, and its length in R2."
    })
final class Run extends Command {
  private static final String ALL = "all";
  private static final int COOKIE_BYTES = 8;

  @Parameters(paramLabel = "OBJ.o", description = "The object that clang built.")
  private Path object = Path.of("-");

  @Option(
      names = "--prog",
      paramLabel = "NAME",
      description = "Which program, when there are several.")
  private @Nullable String prog;

  @Option(
      names = "--type",
      paramLabel = "T",
      description = "Its type, whatever its section says: sk_lookup, unspec …")
  private @Nullable String type;

  @Option(
      names = "--ctx",
      paramLabel = "HEX|@FILE",
      description = "The context in hex, or a file of raw records.")
  private @Nullable String ctx;

  @Option(
      names = "--data",
      paramLabel = "HEX|@FILE",
      description = "The packet, or the memory of a bare program.")
  private @Nullable String data;

  @Option(names = "--data-zero", paramLabel = "N", description = "N bytes of zeros as --data.")
  private int dataZero;

  @Option(names = "--repeat", paramLabel = "N", description = "Runs to take the mean time of.")
  private int repeat = 1;

  @Option(
      names = "--engine",
      paramLabel = "NAME",
      description = "An engine, kernel (this machine's), several of them, or all.")
  private List<String> engines = new ArrayList<>();

  @Option(
      names = "--map",
      paramLabel = "NAME=@FILE.json",
      description = "Elements of a map: [{\"key\":HEX,\"value\":HEX}] or {\"key\",\"socket\"}.")
  private List<String> maps = new ArrayList<>();

  @Option(names = "--dump", paramLabel = "NAME", description = "Print a map's contents afterwards.")
  private List<String> dumps = new ArrayList<>();

  @Option(names = "--json", description = "Print one JSON document.")
  private boolean json;

  Run(Io io) {
    super(io);
  }

  /// One engine's answers, a record each, and the maps asked for.
  private record Answers(
      String engine,
      List<ProgramRun.Outcome> outcomes,
      Map<String, List<Map<String, Object>>> dumps) {
    double nanos() {
      return outcomes.stream().mapToDouble(ProgramRun.Outcome::nanos).average().orElse(0);
    }
  }

  @Override
  public Integer call() throws IOException {
    if (repeat < 1) {
      throw new UsageException("--repeat " + repeat + ": must be at least 1");
    }
    BpfObject read = BpfObjectReader.read(object);
    ProgSpec spec = program(read);
    ProgType asked = type(spec);
    List<MapSetup> setups = new ArrayList<>();
    for (String map : maps) {
      setups.add(MapSetup.parse(map));
    }
    boolean records = asked == ProgType.SK_LOOKUP && ctx != null && ctx.startsWith("@");
    List<byte[]> inputs = asked == ProgType.SK_LOOKUP ? contexts() : List.of(memory(asked));
    List<Answers> answers = new ArrayList<>();
    for (String engine : chosen(asked)) {
      try (ProgramRun run = open(engine, read, spec, asked, setups)) {
        answers.add(answer(engine, run, asked, inputs));
      }
    }
    List<String> differences = differences(answers, asked == ProgType.SK_LOOKUP);
    if (json) {
      Json.write(io(), document(spec, asked, answers, differences));
    } else if (records) {
      printRecords(answers.getFirst());
    } else if (answers.size() == 1) {
      printOne(answers.getFirst(), asked);
    } else {
      printRows(answers);
    }
    if (!json) {
      printDumps(answers.getFirst());
    }
    differences.forEach(line -> io().complain("bpf4j run: " + line));
    return differences.isEmpty() ? ExitCode.OK : ExitCode.NEGATIVE;
  }

  static ProgramRun open(
      String engine, BpfObject read, ProgSpec spec, ProgType asked, List<MapSetup> setups) {
    return engine.equals(KernelTestRun.NAME)
        ? KernelTestRun.open(read, spec, asked, setups)
        : new TestRun(Engines.named(engine), read, spec, asked, setups);
  }

  private ProgSpec program(BpfObject read) {
    List<String> names = read.programs().stream().map(ProgSpec::name).toList();
    if (prog == null) {
      if (names.size() != 1) {
        throw new UsageException(
            names.isEmpty()
                ? object + ": holds no program"
                : object + ": --prog must name one of " + String.join(", ", names));
      }
      return read.programs().getFirst();
    }
    ProgSpec spec = read.program(prog);
    if (spec == null) {
      throw new UsageException(
          "%s: has no program '%s'%s".formatted(object, prog, Nearest.hint(prog, names)));
    }
    return spec;
  }

  private ProgType type(ProgSpec spec) {
    if (type == null) {
      return spec.type();
    }
    ProgType named = ProgType.named(type);
    if (named == null) {
      List<String> known = Arrays.stream(ProgType.values()).map(ProgType::uapiName).toList();
      throw new UsageException(
          "--type " + type + ": is no program type" + Nearest.hint(type, known));
    }
    return named;
  }

  private List<String> chosen(ProgType asked) {
    List<String> able = asked == ProgType.UNSPEC ? Engines.forBarePrograms() : Engines.names();
    if (engines.isEmpty()) {
      return List.of(asked == ProgType.UNSPEC ? "checked-jit" : able.getFirst());
    }
    LinkedHashSet<String> chosen = new LinkedHashSet<>();
    for (String engine : engines) {
      chosen.addAll(engine.equals(ALL) ? able : List.of(engine));
      if (engine.equals(ALL) && KernelSupport.netns().granted()) {
        chosen.add(KernelTestRun.NAME);
      }
    }
    return List.copyOf(chosen);
  }

  private List<byte[]> contexts() throws IOException {
    if (data != null || dataZero != 0) {
      throw new UsageException("sk_lookup programs take a context (--ctx), no data");
    }
    if (ctx == null) {
      throw new UsageException("sk_lookup programs need a context: --ctx");
    }
    if (!ctx.startsWith("@")) {
      return List.of(Hex.parse("--ctx", ctx));
    }
    byte[] all = Files.readAllBytes(Path.of(ctx.substring(1)));
    if (all.length == 0 || all.length % SkLookupCtx.SIZE != 0) {
      throw new UsageException(
          "%s: %d bytes are no records of %d".formatted(ctx, all.length, SkLookupCtx.SIZE));
    }
    List<byte[]> records = new ArrayList<>(all.length / SkLookupCtx.SIZE);
    for (int i = 0; i < all.length; i += SkLookupCtx.SIZE) {
      records.add(Arrays.copyOfRange(all, i, i + SkLookupCtx.SIZE));
    }
    return records;
  }

  private byte[] memory(ProgType asked) throws IOException {
    if (ctx != null) {
      throw new UsageException("--ctx: " + asked.uapiName() + " programs have no context here");
    }
    if (data != null && dataZero != 0) {
      throw new UsageException("--data and --data-zero exclude each other");
    }
    if (data == null) {
      return new byte[Math.max(0, dataZero)];
    }
    return data.startsWith("@")
        ? Files.readAllBytes(Path.of(data.substring(1)))
        : Hex.parse("--data", data);
  }

  private Answers answer(String engine, ProgramRun run, ProgType asked, List<byte[]> inputs) {
    dumps.forEach(run::checkMap);
    List<ProgramRun.Outcome> outcomes = new ArrayList<>(inputs.size());
    for (byte[] input : inputs) {
      try {
        outcomes.add(
            asked == ProgType.SK_LOOKUP ? run.skLookup(input, repeat) : run.data(input, repeat));
      } catch (ErrnoException e) {
        if (inputs.size() == 1) {
          throw e;
        }
        throw new UsageException(
            "%s: record %d: %s".formatted(ctx, outcomes.size(), e.getMessage()));
      }
    }
    Map<String, List<Map<String, Object>>> dumped = new LinkedHashMap<>();
    dumps.forEach(name -> dumped.put(name, run.dump(name)));
    return new Answers(engine, outcomes, dumped);
  }

  /// Where engines did not do what the first did; at most one line a record and map.
  private static List<String> differences(List<Answers> answers, boolean contexts) {
    List<String> lines = new ArrayList<>();
    Answers first = answers.getFirst();
    for (Answers other : answers.subList(1, answers.size())) {
      boolean kernel =
          contexts
              && (first.engine.equals(KernelTestRun.NAME)
                  || other.engine.equals(KernelTestRun.NAME));
      for (int i = 0; i < first.outcomes.size(); i++) {
        ProgramRun.Outcome a = first.outcomes.get(i);
        ProgramRun.Outcome b = other.outcomes.get(i);
        if (!a.agrees(b, kernel ? COOKIE_BYTES : 0)) {
          lines.add(
              "record %d: %s answers %d %s, %s answers %d %s"
                  .formatted(
                      i,
                      first.engine,
                      a.retval(),
                      spelled(a.socket()),
                      other.engine,
                      b.retval(),
                      spelled(b.socket())));
        }
      }
      first.dumps.forEach((map, elements) -> {
        if (!sorted(elements).equals(sorted(other.dumps.getOrDefault(map, List.of())))) {
          lines.add("map %s differs between %s and %s".formatted(map, first.engine, other.engine));
        }
      });
    }
    return lines;
  }

  /// By key: hash maps of different engines have orders of their own.
  private static List<Map<String, Object>> sorted(List<Map<String, Object>> elements) {
    return elements.stream()
        .sorted(Comparator.comparing(e -> String.valueOf(e.get("key"))))
        .toList();
  }

  private static String spelled(@Nullable String socket) {
    return socket == null ? "-" : socket;
  }

  private void printRecords(Answers answers) {
    PrintStream out = io().out();
    for (ProgramRun.Outcome outcome : answers.outcomes) {
      out.print(outcome.retval() + "\t" + spelled(outcome.socket()) + "\n");
    }
  }

  private void printOne(Answers answers, ProgType asked) {
    ProgramRun.Outcome outcome = answers.outcomes.getFirst();
    boolean typed = asked == ProgType.SK_LOOKUP;
    io().out().println(outcome.retval());
    io().out().printf("%-7s %s%n", typed ? "ctx" : "data", HexFormat.of().formatHex(outcome.out()));
    if (typed) {
      io().out().printf("%-7s %s%n", "socket", spelled(outcome.socket()));
    }
    io().out().printf("%-7s %.1f%n", "ns", outcome.nanos());
  }

  private void printRows(List<Answers> answers) {
    for (Answers answer : answers) {
      ProgramRun.Outcome outcome = answer.outcomes.getFirst();
      io().out()
          .printf(
              "%s\t%d\t%s\t%.1f%n",
              answer.engine, outcome.retval(), spelled(outcome.socket()), outcome.nanos());
    }
  }

  private void printDumps(Answers answers) {
    answers.dumps.forEach((map, elements) -> {
      if (answers.dumps.size() > 1) {
        io().out().println("map " + map);
      }
      Json.write(io(), elements);
    });
  }

  private static Map<String, Object> document(
      ProgSpec spec, ProgType asked, List<Answers> answers, List<String> differences) {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (Answers answer : answers) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("engine", answer.engine);
      row.put("nanos", answer.nanos());
      row.put("records", answer.outcomes.stream().map(o -> record(o, asked)).toList());
      row.put("maps", answer.dumps);
      rows.add(row);
    }
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("program", spec.name());
    document.put("type", asked.uapiName());
    document.put("agree", differences.isEmpty());
    document.put("engines", rows);
    return document;
  }

  private static Map<String, Object> record(ProgramRun.Outcome outcome, ProgType asked) {
    boolean typed = asked == ProgType.SK_LOOKUP;
    Map<String, Object> record = new LinkedHashMap<>();
    record.put("retval", outcome.retval());
    record.put(typed ? "ctxOut" : "dataOut", HexFormat.of().formatHex(outcome.out()));
    if (typed) {
      record.put("socket", outcome.socket());
    }
    return record;
  }
}
