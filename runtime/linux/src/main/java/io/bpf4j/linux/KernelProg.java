package io.bpf4j.linux;

import io.bpf4j.error.ErrnoException;
import io.bpf4j.prog.ProgSpec;
import io.bpf4j.prog.ProgType;
import java.lang.foreign.Arena;
import java.util.Map;

/// A program in this machine's kernel.
public final class KernelProg implements AutoCloseable {
  private final String name;
  private final ProgType type;
  private final Fd fd;

  KernelProg(String name, ProgType type, Fd fd) {
    this.name = name;
    this.type = type;
    this.fd = fd;
  }

  /// Loads a program.
  ///
  /// @throws ErrnoException when it is refused; the message ends with the verifier's reason
  public static KernelProg load(LoadRequest request) {
    return switch (tryLoad(request)) {
      case LoadResult.Loaded(KernelProg prog, String _) -> prog;
      case LoadResult.Refused(ErrnoException refusal, String _) -> throw refusal;
    };
  }

  /// Loads a program of an object, its maps found by name.
  ///
  /// @throws ErrnoException when it is refused
  public static KernelProg load(ProgSpec spec, Map<String, KernelMap> maps) {
    return load(LoadRequest.of(spec, maps));
  }

  /// Loads a program, or says why the kernel refuses it, with the verifier's whole log.
  public static LoadResult tryLoad(LoadRequest request) {
    return new Loading(request).run();
  }

  public String name() {
    return name;
  }

  public ProgType type() {
    return type;
  }

  /// The file descriptor, which stays this program's to close.
  public int fd() {
    return fd.number();
  }

  /// The kernel's id.
  public int id() {
    return info("id");
  }

  /// Bytes of machine code; 0 when the kernel interprets it.
  public int jitedBytes() {
    return info("jited_prog_len");
  }

  private int info(String member) {
    try (Arena arena = Arena.ofConfined()) {
      return ObjectInfo.of(fd, BpfAttr.PROG_INFO, arena).getInt(member);
    }
  }

  /// Runs the program without a packet or connection of its own (BPF_PROG_TEST_RUN). Attached
  /// programs are not disturbed.
  ///
  /// @throws ErrnoException EINVAL for inputs that the type does not take, ENOTSUPP (524) for types
  ///   that cannot be run so
  public TestRun testRun(TestRun.Input input) {
    return input.run(this);
  }

  @Override
  public void close() {
    fd.close();
  }

  @Override
  public String toString() {
    return fd.thing();
  }
}
