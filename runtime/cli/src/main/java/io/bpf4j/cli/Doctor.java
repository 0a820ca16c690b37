package io.bpf4j.cli;

import io.bpf4j.linux.KernelSupport;
import io.bpf4j.linux.Permission;
import io.bpf4j.mem.MemoryBackend;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/// What this machine offers: the JDK, the memory backend, the kernel, the compiler.
@CommandLine.Command(
    name = "doctor",
    description =
        "Shows the JDK, the memory backend and why, flags that would help, whether bpf(2) is permitted, and clang.")
final class Doctor extends Command {
  @Option(names = "--json", description = "Print one JSON document.")
  private boolean json;

  Doctor(Io io) {
    super(io);
  }

  /// One thing looked at: a word, what was found, and what to do about it, or nothing.
  private record Finding(String key, String value, String advice) {}

  @Override
  public Integer call() {
    List<Finding> findings = List.of(jdk(), backend(), traps(), bpf(), clang());
    if (json) {
      Map<String, Object> document = new LinkedHashMap<>();
      for (Finding finding : findings) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("value", finding.value());
        row.put("advice", finding.advice().isEmpty() ? null : finding.advice());
        document.put(finding.key(), row);
      }
      Json.write(io(), document);
    } else {
      for (Finding finding : findings) {
        io().out().printf("%-15s %s%n", finding.key(), finding.value());
        if (!finding.advice().isEmpty()) {
          io().out().printf("%-15s   %s%n", "", finding.advice());
        }
      }
    }
    return ExitCode.OK;
  }

  private static Finding jdk() {
    Runtime.Version version = Runtime.version();
    boolean old = version.compareToIgnoreOptional(Runtime.Version.parse("25.0.3")) < 0;
    return new Finding(
        "jdk",
        "%s %s, %s, %s %s, %d CPUs"
            .formatted(
                System.getProperty("java.vendor"),
                version,
                System.getProperty("java.home"),
                System.getProperty("os.name"),
                System.getProperty("os.arch"),
                Runtime.getRuntime().availableProcessors()),
        old ? "25.0.3 mended a corruption of pinned heap objects (JDK-8377811): update" : "");
  }

  private static Finding backend() {
    MemoryBackend backend = MemoryBackend.current();
    String asked = System.getProperty("bpf4j.memory");
    String why =
        asked != null
            ? "asked for by -Dbpf4j.memory"
            : switch (backend) {
              case INTERNAL_UNSAFE -> "java.base exports jdk.internal.misc to us";
              case SUN_UNSAFE -> "this JVM was started with its memory access allowed";
              case FFM -> "neither Unsafe class is open to us";
            };
    return new Finding(
        "memory",
        backend + ": " + why,
        backend == MemoryBackend.FFM
            ? "programs with many memory accesses run faster with"
                + " --add-exports java.base/jdk.internal.misc=ALL-UNNAMED"
            : "");
  }

  private static Finding traps() {
    boolean set =
        ManagementFactory.getRuntimeMXBean()
            .getInputArguments()
            .contains("-XX:PerMethodTrapLimit=0");
    return new Finding(
        "traps",
        set ? "-XX:PerMethodTrapLimit=0 is set" : "-XX:PerMethodTrapLimit has its default",
        set ? "" : "with 0, a change of traffic does not throw compiled programs back for a while");
  }

  /// What the live kernel permits: a program of two instructions is loaded to find out, and a
  /// network namespace made.
  private static Finding bpf() {
    String kernel = "Linux " + KernelSupport.release();
    Permission bpf = KernelSupport.bpf();
    Permission netns = KernelSupport.netns();
    if (!bpf.granted()) {
      return new Finding(
          "bpf",
          kernel + ": not permitted, " + bpf.reason(),
          "only comparisons with the live kernel need it; run them as root");
    }
    String jit =
        switch (KernelSupport.jit()) {
          case ON -> "its JIT is on";
          case DEBUG -> "its JIT is on and prints what it makes";
          case OFF -> "its JIT is off";
          case UNKNOWN -> "it does not say whether its JIT is on";
        };
    return netns.granted()
        ? new Finding("bpf", kernel + ": permitted, network namespaces too; " + jit, "")
        : new Finding(
            "bpf",
            kernel + ": permitted; " + jit,
            "run --engine kernel needs a network namespace: " + netns.reason());
  }

  private static Finding clang() {
    String path = System.getenv("PATH");
    for (String folder : (path == null ? "" : path).split(java.io.File.pathSeparator, -1)) {
      try (var names = Files.list(Path.of(folder.isEmpty() ? "." : folder))) {
        Optional<Path> found =
            names
                .filter(p -> p.getFileName().toString().matches("clang(-\\d+)?"))
                .filter(Files::isExecutable)
                .min(java.util.Comparator.naturalOrder());
        if (found.isPresent()) {
          return new Finding("clang", found.get().toString(), "");
        }
      } catch (IOException | java.nio.file.InvalidPathException e) {
        // A folder of the PATH that is not there holds no compiler.
      }
    }
    return new Finding("clang", "not found on the PATH", "only building BPF C needs it");
  }
}
