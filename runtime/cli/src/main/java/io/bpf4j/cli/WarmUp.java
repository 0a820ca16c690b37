package io.bpf4j.cli;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/// Runs a bit of every command and discards the results: the launcher records the classes that get
/// loaded into its ahead-of-time cache.
@CommandLine.Command(name = "warm-up", hidden = true, description = "Loads what commands need.")
final class WarmUp extends Command {
  /// r0 = *(u8 *)(r1 +1); r1 = 5; if r0 == 5 goto +1; r0 += r1; exit
  private static final String PROGRAM =
      "7110010000000000 b701000005000000 1500010005000000 0f10000000000000 9500000000000000";

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
    run("", "doctor", "--json");
    run("", "trace", capture);
    run("", "trace", "--json", capture);
    run("", "simulate", scenario);
    run("", "simulate", "--json", scenario);
    run("", "explain", scenario, "--packet", "tcp 192.0.2.1:4000 -> 198.51.100.7:80");
    run("", "load", object);
    run("", "verify", object);
    run("", "disasm", object);
    run(PROGRAM, "plugin", "00112233");
    run(PROGRAM, "plugin", "--engine", "interp", "00112233");
    run("1\t00112233\t" + PROGRAM + "\t--jit\n", "plugin", "--batch");
    run("", "--help");
    run("", "trace", "--nonsense");
    return Files.exists(Path.of(capture)) ? ExitCode.OK : ExitCode.NEGATIVE;
  }

  /// What fails here, fails when somebody asks for it; a cache is worth no message.
  private static void run(String in, String... args) {
    PrintStream nowhere =
        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
    InputStream text = new ByteArrayInputStream(in.getBytes(StandardCharsets.UTF_8));
    int _ = Main.run(new Io(text, nowhere, nowhere, false, false), args);
  }
}
