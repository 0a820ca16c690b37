package io.bpf4j.worlds;

import io.bpf4j.engine.Engine;
import io.bpf4j.error.BpfException;
import io.bpf4j.linux.CpuPin;
import io.bpf4j.linux.KernelSupport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// The search for worlds on which the simulated side and the kernel differ: threads, each with a
/// namespace of its own, that make up script after script, play it on both sides as it grows, and
/// compare. A script that differs is made small and saved as a file that [Script#read] reads.
///
/// Script number `n` of a seed is the same in every search.
public final class WorldFuzzer {
  /// Rounds of a script: changes, then lookups.
  private static final int ROUNDS = 5;

  private static final int CHANGES = 9;

  /// After so many there is something to look at.
  private static final int ENOUGH = 10;

  /// The ending of saved scripts.
  public static final String SUFFIX = ".world";

  private final WorldOptions options;
  private final Engine engine;
  private final WorldReport report = new WorldReport();
  private final AtomicLong next = new AtomicLong();
  private final AtomicReference<@Nullable Throwable> broken = new AtomicReference<>();
  private final long deadline;

  private WorldFuzzer(WorldOptions options, Engine engine) {
    this.options = options;
    this.engine = engine;
    this.next.set(options.first());
    this.deadline = System.nanoTime() + options.seconds() * 1_000_000_000L;
  }

  /// Searches until the time is over, the worlds are made, or it is asked to stop.
  ///
  /// @param engine runs the simulated side's programs
  /// @throws BpfException when bpf(2) and network namespaces are not permitted
  public static WorldReport run(WorldOptions options, Engine engine) {
    if (!KernelSupport.netns().granted()) {
      throw new io.bpf4j.error.UnsupportedException("worlds", KernelSupport.netns().reason());
    }
    return new WorldFuzzer(options, engine).run();
  }

  private WorldReport run() {
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < options.threads(); i++) {
      int lane = i;
      threads.add(Thread.ofPlatform().name("worlds-" + i).start(() -> work(lane)));
    }
    for (Thread thread : threads) {
      join(thread);
    }
    switch (broken.get()) {
      case null -> {}
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case Throwable e -> throw new IllegalStateException(e);
    }
    return report;
  }

  private void join(Thread thread) {
    try {
      while (!thread.join(java.time.Duration.ofMillis(200))) {
        options.progress().accept(report);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean goesOn() {
    return System.nanoTime() < deadline
        && !options.stop().getAsBoolean()
        && report.differences().size() < ENOUGH
        && broken.get() == null;
  }

  private void work(int lane) {
    LiveSide live = null;
    try {
      live = new LiveSide();
      LiveSide mine = live;
      live.inside(() -> {
        search(mine, lane);
        return true;
      });
    } catch (RuntimeException | Error e) {
      broken.compareAndSet(null, e);
    } finally {
      if (live != null) {
        live.close();
      }
    }
  }

  private void search(LiveSide live, int lane) {
    int cpu = CpuPin.pin(lane);
    try (Twin twin = Twin.of(engine, live, cpu, options.seed())) {
      while (goesOn()) {
        long number = next.getAndIncrement();
        if (number - options.first() >= options.worlds()) {
          return;
        }
        world(twin, cpu, number);
      }
    }
  }

  private void world(Twin twin, int cpu, long number) {
    SplittableRandom random =
        new SplittableRandom(options.seed() * 0x9e37_79b9_7f4a_7c15L + number);
    WorldMaker maker = new WorldMaker(random, twin.sim(), cpu);
    List<Script.Line> all = new ArrayList<>();
    long before = twin.lookups();
    Twin.Difference difference = null;
    try {
      for (int round = 0; round < ROUNDS && difference == null; round++) {
        for (int i = 0; i < CHANGES && difference == null; i++) {
          difference = play(twin, maker.change(), all);
        }
        if (difference == null) {
          difference = play(twin, maker.lookups(), all);
        }
      }
    } finally {
      twin.clear();
    }
    report.tried(twin.lookups() - before, all.size());
    if (difference != null) {
      found(twin, new Script(all), difference, number);
    }
  }

  private static Twin.@Nullable Difference play(
      Twin twin, List<Script.Line> lines, List<Script.Line> all) {
    all.addAll(lines);
    return twin.play(new Script(lines));
  }

  private void found(Twin twin, Script script, Twin.Difference difference, long number) {
    Script small = new WorldShrinker(twin).shrink(script, difference.at().step());
    Twin.Difference again = twin.play(small);
    twin.clear();
    String comment =
        "# %s\n# seed %d, world %d%s\n"
            .formatted(
                again == null ? difference : again,
                options.seed(),
                number,
                again == null ? "; it does not differ when it is played again" : "");
    report.difference(String.valueOf(again == null ? difference : again), save(small, comment));
  }

  private Path save(Script script, String comment) {
    String text = script.toString();
    Path file = options.regressions().resolve(hash(text) + SUFFIX);
    try {
      Files.createDirectories(options.regressions());
      return Files.writeString(file, comment + text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String hash(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, 6);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
