package io.bpf4j.cli;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A program on one engine with maps and sockets of its own, to be run as BPF_PROG_TEST_RUN does.
interface ProgramRun extends AutoCloseable {
  /// What came of a run.
  ///
  /// @param retval the return value's 32 bits
  /// @param socket the selected socket as the setup spells it, or null
  /// @param out the context as user space gets it back, or the memory
  /// @param nanos mean time of a run
  record Outcome(int retval, @Nullable String socket, byte[] out, double nanos) {
    /// Whether another engine did the same, in whatever time. The first `ignored` bytes may differ:
    /// a socket's cookie is its own in each kernel.
    boolean agrees(Outcome other, int ignored) {
      return retval == other.retval
          && Objects.equals(socket, other.socket)
          && Arrays.equals(behind(ignored), other.behind(ignored));
    }

    private byte[] behind(int ignored) {
      return Arrays.copyOfRange(out, Math.min(ignored, out.length), out.length);
    }
  }

  /// Runs the program on a context of user space's form, `repeat` times, each from no selection.
  ///
  /// @throws io.bpf4j.error.ErrnoException as the system call refuses the context or the selection
  Outcome skLookup(byte[] context, int repeat);

  /// Runs a program without a type on memory, or one with a packet on it, `repeat` times.
  Outcome data(byte[] data, int repeat);

  /// The program as something that can be timed, over contexts of user space's form, or on the
  /// first memory. It ends with this.
  ///
  /// @param engine the name for its rows
  /// @throws io.bpf4j.error.ErrnoException as the system call refuses a context
  BenchLane lane(String engine, List<byte[]> inputs);

  /// Refuses a map's name.
  ///
  /// @throws UsageException when there is none of that name
  void checkMap(String name);

  /// A map's contents in the form of the `--map` file.
  List<Map<String, Object>> dump(String name);

  @Override
  void close();
}
