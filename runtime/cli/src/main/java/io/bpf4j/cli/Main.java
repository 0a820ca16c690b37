package io.bpf4j.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.bpf4j.sim.scenario.Nearest;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;

/// The `bpf4j` command.
public final class Main {
  private static final Map<String, Function<Io, Command>> COMMANDS = commands();

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
    try {
      Plugin plugin = Plugin.plain(io, args);
      return plugin == null ? parsed(io, args) : called(io, plugin);
    } catch (Error e) {
      // An error must not look like a negative answer.
      return Failures.bug(io, "bpf4j " + String.join(" ", args), e);
    }
  }

  private static int called(Io io, Plugin plugin) {
    try {
      return plugin.call();
    } catch (IOException | RuntimeException e) {
      return Failures.report(io, "bpf4j plugin", e);
    }
  }

  private static int parsed(Io io, String... args) {
    CommandLine line = new CommandLine(new Root(io));
    // Reading a command's annotations takes milliseconds: only help and complaints want all.
    String wanted = args.length == 0 ? "" : args[0];
    boolean known = COMMANDS.containsKey(wanted);
    COMMANDS.forEach((name, command) -> {
      if (!known || name.equals(wanted)) {
        CommandLine subcommand = new CommandLine(command.apply(io));
        line.addSubcommand(subcommand);
      }
    });
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
    return line.execute(args);
  }

  private static Map<String, Function<Io, Command>> commands() {
    Map<String, Function<Io, Command>> commands = new LinkedHashMap<>();
    commands.put("simulate", Simulate::new);
    commands.put("explain", Explain::new);
    commands.put("load", Load::new);
    commands.put("verify", Verify::new);
    commands.put("run", Run::new);
    commands.put("disasm", Disasm::new);
    commands.put("trace", Trace::new);
    commands.put("plugin", Plugin::new);
    commands.put("bench", Bench::new);
    commands.put("fuzz", Fuzz::new);
    commands.put("support", Support::new);
    commands.put("doctor", Doctor::new);
    commands.put("stage", Stage::new);
    commands.put("warm-up", WarmUp::new);
    return commands;
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
