package io.bpf4j.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/// Ctrl-C as a request to end: long work looks at [#requested], ends early and reports what it has;
/// the JVM waits for that, for a while.
final class Interrupt {
  private static final int GRACE_SECONDS = 10;
  private static final AtomicBoolean REQUESTED = new AtomicBoolean();
  private static final CountDownLatch FINISHED = new CountDownLatch(1);

  private Interrupt() {}

  /// From now on SIGINT and SIGTERM set [#requested] and give the command time to report.
  static void watch() {
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .unstarted(() -> {
                  REQUESTED.set(true);
                  awaitEnd();
                }));
  }

  private static void awaitEnd() {
    try {
      // At the end of the time the JVM goes, whatever the command still does.
      boolean _ = FINISHED.await(GRACE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  static boolean requested() {
    return REQUESTED.get();
  }

  /// The command has written everything.
  static void finished() {
    FINISHED.countDown();
  }
}
