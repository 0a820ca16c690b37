package io.bpf4j.cli;

import java.io.ByteArrayInputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/// Runs a bit of every command and discards the results: the launcher records the classes that get
/// loaded into its ahead-of-time cache.
@CommandLine.Command(name = "warm-up", hidden = true, description = "Loads what commands need.")
final class WarmUp extends Command {
  @Parameters(paramLabel = "ROOT", description = "The root of the repository.")
  private Path root = Path.of(".");

  WarmUp(Io io) {
    super(io);
  }

  @Override
  public Integer call() {
    String capture = root.resolve("samples/quickstart/traffic.pcap").toString();
    String scenario = root.resolve("samples/quickstart/scenario.yaml").toString();
    String object = root.resolve("samples/quickstart/steer.bpf.o").toString();
    List<List<String>> runs =
        List.of(
            List.of("doctor", "--json"),
            List.of("trace", capture),
            List.of("trace", "--json", capture),
            List.of("simulate", scenario),
            List.of("simulate", "--json", scenario),
            List.of("explain", scenario, "--packet", "tcp 192.0.2.1:4000 -> 198.51.100.7:80"),
            List.of("load", object),
            List.of("disasm", object),
            List.of("plugin", "--batch"),
            List.of("--help"),
            List.of("trace", "--nonsense"));
    for (List<String> args : runs) {
      PrintStream nowhere =
          new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
      Io quiet = new Io(new ByteArrayInputStream(new byte[0]), nowhere, nowhere, false, false);
      // What fails here, fails when somebody asks for it; a cache is worth no message.
      int _ = Main.run(quiet, args.toArray(String[]::new));
    }
    return Files.exists(Path.of(capture)) ? ExitCode.OK : ExitCode.NEGATIVE;
  }
}
