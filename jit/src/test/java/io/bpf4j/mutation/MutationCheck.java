package io.bpf4j.mutation;

import io.bpf4j.mem.MemoryBackend;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Breaks the engines in every way that [Mutator] knows and sees whether the suite notices. Mutants
/// are tried in another JVM, since they may end it or never end; either counts as noticed.
final class MutationCheck {
  private static final List<String> CLASSES =
      List.of(
          "io/bpf4j/codegen/Lowering",
          "io/bpf4j/codegen/MemoryLowering",
          "io/bpf4j/codegen/BranchLowering",
          "io/bpf4j/codegen/CallLowering",
          "io/bpf4j/codegen/Access",
          "io/bpf4j/interp/InterpretedProgram",
          "io/bpf4j/interp/Op",
          "io/bpf4j/interp/Predecoded$Builder");

  /// What a mutant may take of a processor, and of the clock, before it counts as endless.
  private static final Duration BUSY = Duration.ofSeconds(90);

  private static final Duration WAIT = Duration.ofMinutes(20);

  private MutationCheck() {}

  /// Arguments of helpers and what a tracer is shown, which other tests than the suite's look at.
  private static final Pattern ELSEWHERE =
      Pattern.compile(
          "CallLowering\\.(lambda.)?(test|shortTest|helper|genericHelper|forMap|checkArguments"
              + "|testSocket)\\b.*|InterpretedProgram\\.callHelper#.*");

  /// All mutants, in a fixed order.
  static List<Mutation> mutations() {
    return CLASSES.stream()
        .flatMap(owner -> Mutator.mutations(owner).stream())
        .filter(mutation -> !ELSEWHERE.matcher(mutation.id()).matches())
        .toList();
  }

  /// What came of a mutant.
  ///
  /// @param words the test that failed, or how the JVM ended
  record Verdict(Mutation mutation, Fate fate, String words) {}

  enum Fate {
    KILLED,
    SURVIVED,
    /// The JVM ended, or the suite did not.
    ENDED,
    /// No JVM loads such an engine.
    INVALID
  }

  /// Tries mutants; those that survive on the fastest way of reaching memory, on another one too.
  static List<Verdict> run(List<Integer> numbers) throws IOException, InterruptedException {
    SortedMap<Integer, Verdict> verdicts =
        new TreeMap<>(run(numbers, MemoryBackend.INTERNAL_UNSAFE));
    List<Integer> survivors =
        numbers.stream()
            .filter(i -> Objects.requireNonNull(verdicts.get(i)).fate() == Fate.SURVIVED)
            .toList();
    verdicts.putAll(run(survivors, MemoryBackend.FFM));
    return List.copyOf(verdicts.values());
  }

  private static SortedMap<Integer, Verdict> run(List<Integer> numbers, MemoryBackend backend)
      throws IOException, InterruptedException {
    List<Mutation> mutations = mutations();
    SortedMap<Integer, Verdict> verdicts = new TreeMap<>();
    List<Integer> left = new ArrayList<>(numbers);
    while (!left.isEmpty()) {
      try (Worker worker = new Worker(left, backend)) {
        String line;
        while ((line = worker.line()) != null) {
          String[] words = line.split(" ", 4);
          int number = Integer.parseInt(words[1]);
          Fate fate =
              switch (words[2]) {
                case "killed" -> Fate.KILLED;
                case "survived" -> Fate.SURVIVED;
                default -> Fate.INVALID;
              };
          String why = words.length == 4 ? words[3] : "";
          verdicts.put(number, new Verdict(mutations.get(number), fate, why));
          left.remove(Integer.valueOf(number));
        }
        if (!left.isEmpty()) {
          int number = left.removeFirst();
          verdicts.put(number, new Verdict(mutations.get(number), Fate.ENDED, worker.end()));
        }
      }
    }
    return verdicts;
  }

  /// A JVM that tries mutants.
  private static final class Worker implements AutoCloseable {
    private final Process process;
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    private final List<String> last = new ArrayList<>();

    Worker(List<Integer> numbers, MemoryBackend backend) throws IOException {
      process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "--enable-native-access=ALL-UNNAMED",
                  "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
                  "-Dbpf4j.memory=" + backend,
                  "-XX:+UseSerialGC",
                  "-XX:TieredStopAtLevel=1",
                  "-XX:-CreateCoredumpOnCrash",
                  "-XX:+SuppressFatalErrorMessage",
                  "-cp",
                  System.getProperty("java.class.path"),
                  MutationWorker.class.getName(),
                  numbers.stream().map(String::valueOf).collect(Collectors.joining(",")))
              .redirectErrorStream(true)
              .start();
      Thread.ofVirtual().start(this::read);
    }

    private void read() {
      try (BufferedReader in =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
        in.lines().forEach(lines::add);
      } catch (IOException | java.io.UncheckedIOException e) {
        lines.add("reading ended: " + e);
      }
      lines.add("");
    }

    /// The next line about a mutant; null when there is none in time or the JVM has ended.
    @Nullable String line() throws InterruptedException {
      Duration busy = cpu().plus(BUSY);
      long until = System.nanoTime() + WAIT.toNanos();
      while (cpu().compareTo(busy) < 0 && System.nanoTime() - until < 0) {
        String line = lines.poll(1, TimeUnit.SECONDS);
        if (line == null) {
          continue;
        }
        if (line.isEmpty() || line.startsWith("result ")) {
          return line.isEmpty() ? null : line;
        }
        last.add(line);
      }
      return null;
    }

    private Duration cpu() {
      return process.info().totalCpuDuration().orElse(Duration.ZERO);
    }

    /// How it ended.
    String end() throws InterruptedException {
      if (!process.waitFor(100, TimeUnit.MILLISECONDS)) {
        return "the suite does not end in " + BUSY.toSeconds() + " s of a processor";
      }
      return "the JVM ends with "
          + process.exitValue()
          + (last.isEmpty() ? "" : ": " + last.getLast());
    }

    @Override
    public void close() {
      process.destroyForcibly();
    }
  }
}
