package io.bpf4j.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.bpf4j.sim.scenario.Nearest;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;

/// The `bpf4j` command.
public final class Main {
  private Main() {}

  public static void main(String[] args) {
    Io io = Io.system();
    int code = run(io, args);
    io.out().flush();
    io.err().flush();
    Interrupt.finished();
    if (code != ExitCode.OK) {
      System.exit(code);
    }
  }

  /// Runs one command in this JVM; the exit code is one of [ExitCode].
  static int run(Io io, String... args) {
    CommandLine line = new CommandLine(new Root(io));
    for (Command command : commands(io)) {
      CommandLine subcommand = new CommandLine(command);
      line.addSubcommand(subcommand);
    }
    line.setOut(new PrintWriter(io.out(), true, UTF_8));
    line.setErr(new PrintWriter(io.err(), true, UTF_8));
    line.setColorScheme(CommandLine.Help.defaultColorScheme(io.colour() ? Ansi.ON : Ansi.OFF));
    line.setParameterExceptionHandler((e, _) -> Failures.usage(io, e));
    line.setExecutionExceptionHandler((e, where, _) -> Failures.report(io, where, e));
    line.setUsageHelpWidth(100);
    // An @ starts the name of a file with values, not with arguments.
    line.setExpandAtFiles(false);
    String unknown = unknownCommand(line, args);
    if (unknown != null) {
      io.complain(unknown);
      return ExitCode.USAGE;
    }
    try {
      return line.execute(args);
    } catch (Error e) {
      // picocli hands on exceptions only; an error must not look like a negative answer.
      return Failures.bug(io, "bpf4j " + String.join(" ", args), e);
    }
  }

  private static List<Command> commands(Io io) {
    return List.of(
        new Simulate(io),
        new Explain(io),
        new Load(io),
        new Verify(io),
        new Run(io),
        new Disasm(io),
        new Trace(io),
        new Plugin(io),
        new Bench(io),
        new Fuzz(io),
        new Support(io),
        new Doctor(io),
        new WarmUp(io));
  }

  private static @Nullable String unknownCommand(CommandLine line, String[] args) {
    if (args.length == 0 || args[0].startsWith("-")) {
      return null;
    }
    Map<String, CommandLine> all = line.getSubcommands();
    List<String> known =
        all.entrySet().stream()
            .filter(e -> !e.getValue().getCommandSpec().usageMessage().hidden())
            .map(Map.Entry::getKey)
            .toList();
    return all.containsKey(args[0])
        ? null
        : "bpf4j: '%s' is not available in this version%s"
            .formatted(args[0], Nearest.hint(args[0], known));
  }
}
