package io.bpf4j.hostile;

import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What every reader owes hostile input: it ends soon, within memory that the input's length bounds
/// and not the lengths written in it, with a result or with a refusal of one short line.
public final class Survival {
  private static final long MOST_NANOS = 5_000_000_000L;
  private static final long MOST_BYTES = 300L << 20;
  private static final int LONGEST_LINE = 1000;

  private static final byte[][] NASTY = {
    {0},
    {-1},
    {0x7f},
    {0, 0, 0, 0},
    {-1, -1, -1, -1},
    {-1, -1, -1, 0x7f},
    {0, 0, 0, -128},
    {-8, -1, -1, -1},
    {0, 0, 0, 0, 0, 0, 0, -128},
    {-1, -1, -1, -1, -1, -1, -1, -1}
  };

  private Survival() {}

  /// A use of a reader.
  @FunctionalInterface
  public interface Use {
    void run() throws Exception;
  }

  /// Uses a reader on hostile input.
  ///
  /// @param refusals the exceptions that are refusals; any other is a finding
  /// @throws AssertionError when the reader does not what it owes
  public static void check(Use use, List<Class<? extends Exception>> refusals) {
    com.sun.management.ThreadMXBean thread =
        (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    long bytes = thread.getCurrentThreadAllocatedBytes();
    long nanos = thread.getCurrentThreadCpuTime();
    try {
      use.run();
    } catch (Exception e) {
      if (refusals.stream().noneMatch(refusal -> refusal.isInstance(e))) {
        throw new AssertionError("no refusal: " + e, e);
      }
      line(e.getMessage());
    } catch (StackOverflowError | OutOfMemoryError e) {
      throw new AssertionError("no refusal: " + e, e);
    }
    hold(thread.getCurrentThreadCpuTime() - nanos < MOST_NANOS, "it took too long");
    hold(thread.getCurrentThreadAllocatedBytes() - bytes < MOST_BYTES, "it took too much memory");
  }

  /// Fails unless a message is one line of sensible length.
  public static void line(@Nullable String message) {
    if (message == null || message.isBlank()) {
      throw new AssertionError("a refusal without a word");
    }
    hold(message.lines().count() == 1, "a refusal of several lines: " + message);
    hold(message.length() < LONGEST_LINE, "a refusal of " + message.length() + " characters");
  }

  /// Fails unless something holds.
  public static void hold(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise);
    }
  }

  /// Inputs, each followed by `count` that were made from it by chance: bits flipped, numbers
  /// replaced by those that readers stumble over, pieces cut out, repeated or moved. The same in
  /// every run.
  public static Stream<byte[]> damaged(int count, byte[]... inputs) {
    return Arrays.stream(inputs)
        .flatMap(input -> {
          SplittableRandom random = new SplittableRandom(input.length);
          return Stream.concat(
              Stream.of(input), Stream.generate(() -> damage(input, random)).limit(count));
        });
  }

  private static byte[] damage(byte[] input, SplittableRandom random) {
    byte[] bytes = input.clone();
    for (int i = random.nextInt(1, 6); i > 0 && bytes.length > 0; i--) {
      int at = random.nextInt(bytes.length);
      int length = random.nextInt(Math.min(64, bytes.length - at) + 1);
      switch (random.nextInt(6)) {
        case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> bytes[at] = (byte) random.nextInt();
        case 2, 3 -> {
          byte[] nasty = NASTY[random.nextInt(NASTY.length)];
          System.arraycopy(nasty, 0, bytes, at, Math.min(nasty.length, bytes.length - at));
        }
        case 4 -> {
          int to = random.nextInt(bytes.length - length + 1);
          System.arraycopy(bytes, at, bytes, to, length);
        }
        default -> {
          byte[] cut = Arrays.copyOf(bytes, bytes.length - length);
          System.arraycopy(bytes, at + length, cut, at, bytes.length - at - length);
          bytes = cut;
        }
      }
    }
    return bytes;
  }
}
