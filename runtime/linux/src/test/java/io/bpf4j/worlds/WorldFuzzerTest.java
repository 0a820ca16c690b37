package io.bpf4j.worlds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.bpf4j.Engines;
import io.bpf4j.linux.KernelSupport;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A short search. The long form: `-Dbpf4j.worlds.seconds=1200 -Dbpf4j.worlds.seed=…`.
final class WorldFuzzerTest {
  private static final long SECONDS = Long.getLong("bpf4j.worlds.seconds", 5);
  private static final long SEED = Long.getLong("bpf4j.worlds.seed", 1);
  private static final long FIRST = Long.getLong("bpf4j.worlds.first", 0);
  private static final long WORLDS = Long.getLong("bpf4j.worlds.count", Long.MAX_VALUE);
  private static final int THREADS = Integer.getInteger("bpf4j.worlds.threads", 1);

  @TempDir private Path folder;

  @Test
  void randomWorldsAnswerAsTheKernelDoes() {
    assumeTrue(KernelSupport.netns().granted(), KernelSupport.netns().reason());
    WorldReport report =
        WorldFuzzer.run(
            new WorldOptions(
                SECONDS,
                WORLDS,
                SEED,
                FIRST,
                Path.of(System.getProperty("bpf4j.worlds.folder", folder.toString())),
                THREADS,
                () -> false,
                _ -> {}),
            Engines.named("jit"));
    assertThat(report.differences())
        .as("%d worlds, %d lookups", report.worlds(), report.lookups())
        .isEmpty();
    assertThat(report.worlds()).isGreaterThan(WORLDS == Long.MAX_VALUE ? 20 : 0);
    assertThat(report.lookups()).isGreaterThan(40 * report.worlds());
  }
}
