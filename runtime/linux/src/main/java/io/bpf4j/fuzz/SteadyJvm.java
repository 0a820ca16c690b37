package io.bpf4j.fuzz;

import io.bpf4j.isa.InsnEncoder;
import io.bpf4j.mem.MemoryBackend;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Another JVM that runs [SteadyMain] on one memory backend. One thread's.
final class SteadyJvm implements AutoCloseable {
  private static final int PATIENCE_SECONDS = 120;

  private final Process process;
  private final Writer in;
  private final BufferedReader out;

  private SteadyJvm(Process process) {
    this.process = process;
    this.in = process.outputWriter(StandardCharsets.UTF_8);
    this.out = process.inputReader(StandardCharsets.UTF_8);
  }

  /// What came of a program.
  ///
  /// @param ok whether all runs did what the interpreter does
  /// @param input the number of the input of the run that did not
  /// @param words what that run did
  record Answer(boolean ok, int input, String words) {}

  /// Starts a JVM.
  ///
  /// @param crashes the folder for its log if it dies
  static SteadyJvm start(MemoryBackend backend, Path crashes, String... flags) throws IOException {
    Files.createDirectories(crashes);
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    switch (backend) {
      case INTERNAL_UNSAFE -> command.add("--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED");
      case SUN_UNSAFE -> command.add("--sun-misc-unsafe-memory-access=allow");
      case FFM -> {}
    }
    command.add("-Dbpf4j.memory=" + backend);
    // Compiling in the foreground: what runs last has been compiled by C2.
    command.add("-Xbatch");
    command.add("-XX:+UseSerialGC");
    command.add("-Xmx256m");
    // Without it each program is compiled a second time, inlined into the loop that runs it.
    command.add("-XX:TypeProfileWidth=0");
    command.add("-XX:-UsePerfData");
    command.add("-XX:ErrorFile=" + crashes.resolve("hs_err_" + backend + ".log"));
    command.addAll(List.of(flags));
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(SteadyMain.class.getName());
    return new SteadyJvm(
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start());
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /// Runs a program and gives the answer; what the JVM printed besides goes to `lines`.
  Answer run(long number, Case test, List<String> lines) throws IOException {
    in.write(
        "%d %d %s%n"
            .formatted(
                number,
                test.stackBytes(),
                HexFormat.of().formatHex(InsnEncoder.encode(test.insns()))));
    Thread guard = Thread.ofVirtual().start(this::endWhenSilent);
    try {
      in.flush();
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        if (line.startsWith(number + " ")) {
          return answer(line.substring(line.indexOf(' ') + 1));
        }
        lines.add(line);
      }
      return new Answer(false, 0, "the JVM died: " + ending());
    } catch (IOException e) {
      return new Answer(false, 0, "the JVM died: " + ending());
    } finally {
      guard.interrupt();
    }
  }

  Answer run(long number, Case test) throws IOException {
    return run(number, test, new ArrayList<>());
  }

  private static Answer answer(String words) {
    if (words.equals("ok")) {
      return new Answer(true, 0, words);
    }
    int blank = words.indexOf(' ');
    return new Answer(
        false, Integer.parseInt(words.substring(0, blank)), words.substring(blank + 1));
  }

  private void endWhenSilent() {
    try {
      Thread.sleep(TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
      process.destroyForcibly();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private String ending() {
    try {
      return process.waitFor(1, TimeUnit.SECONDS) ? "exit " + process.exitValue() : "it hangs";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "interrupted";
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
