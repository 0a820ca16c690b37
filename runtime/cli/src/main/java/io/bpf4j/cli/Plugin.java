package io.bpf4j.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.bpf4j.engine.Engine;
import io.bpf4j.error.BpfException;
import io.bpf4j.error.CodegenException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// A plugin of the bpf_conformance suite: a program in, R0 out. Its programs have no type, so every
/// engine checks them.
@CommandLine.Command(
    name = "plugin",
    description =
        "Runs a program given as hex on standard input and prints R0 in hex, as a plugin of"
            + " bpf_conformance. The memory is in R1, its length in R2.",
    footer = {
      "",
      "With --batch every line of standard input is ID, MEMORY-HEX, PROGRAM-HEX and OPTIONS",
      "between tabs; each is answered by ID, 'ok' and R0, or ID, 'error' and the reason."
    })
final class Plugin extends Command {
  @Parameters(
      paramLabel = "MEMORY-HEX",
      arity = "0..1",
      description = "The program's memory as hex; none without it.")
  private String memory = "";

  @Mixin private PluginOptions options = new PluginOptions();

  @Option(names = "--batch", description = "Run many programs, one a line.")
  private boolean batch;

  Plugin(Io io) {
    super(io);
  }

  /// The command with the arguments that harnesses write, read without picocli: a harness starts a
  /// JVM a vector, and picocli's reflection takes longer than the program.
  ///
  /// @return null when it is another command or a word is unusual; picocli then knows what to say
  static @Nullable Plugin plain(Io io, String... args) {
    if (args.length == 0 || !args[0].equals("plugin")) {
      return null;
    }
    Plugin plugin = new Plugin(io);
    Set<String> seen = new HashSet<>();
    for (int i = 1; i < args.length; i++) {
      boolean option = args[i].startsWith("-");
      if (!seen.add(option ? args[i] : "")) {
        return null;
      }
      if (!option) {
        plugin.memory = args[i];
      } else if (args[i].equals("--batch")) {
        plugin.batch = true;
      } else {
        int values = plugin.options.set(args[i], i + 1 < args.length ? args[i + 1] : "");
        if (values < 0) {
          return null;
        }
        i += values;
      }
    }
    return plugin;
  }

  @Override
  public Integer call() throws IOException {
    Engine engine = options.engine();
    if (batch) {
      new PluginBatch(io(), engine)
          .answer(new BufferedReader(new InputStreamReader(io().in(), UTF_8)));
      return ExitCode.OK;
    }
    try {
      String program = new String(io().in().readAllBytes(), UTF_8).strip();
      byte[] code = Hex.parse("program", program);
      byte[] bytes = Hex.parse("memory", memory.strip());
      long r0 =
          options.elf()
              ? PluginRun.runObject(engine, code, bytes)
              : PluginRun.run(engine, code, bytes);
      io().out().println(Long.toHexString(r0));
      return ExitCode.OK;
    } catch (CodegenException e) {
      throw e;
    } catch (BpfException | UsageException e) {
      // The suite compares this text with the one a vector expects, to the letter.
      io().complain(Failures.message(e));
      return ExitCode.NEGATIVE;
    }
  }
}
