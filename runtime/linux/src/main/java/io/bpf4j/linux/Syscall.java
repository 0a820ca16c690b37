package io.bpf4j.linux;

import io.bpf4j.error.Errno;
import io.bpf4j.error.ErrnoException;
import io.bpf4j.error.UnsupportedException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Locale;

/// The system calls we make, with their numbers (arch/x86/entry/syscalls/syscall_64.tbl and
/// uapi/asm-generic/unistd.h). Arguments are numbers or addresses; the caller keeps the memory
/// behind an address alive.
enum Syscall {
  CLOSE(3, 57),
  MMAP(9, 222),
  MUNMAP(11, 215),
  SOCKET(41, 198),
  CONNECT(42, 203),
  SENDTO(44, 206),
  RECVFROM(45, 207),
  SHUTDOWN(48, 210),
  BIND(49, 200),
  LISTEN(50, 201),
  GETSOCKNAME(51, 204),
  GETPEERNAME(52, 205),
  SETSOCKOPT(54, 208),
  GETSOCKOPT(55, 209),
  FCHOWN(93, 55),
  SCHED_SETAFFINITY(203, 122),
  SCHED_GETAFFINITY(204, 123),
  OPENAT(257, 56),
  UNSHARE(272, 97),
  ACCEPT4(288, 242),
  BPF(321, 280);

  private static final int MAX_ARGUMENTS = 6;

  private final int x86;
  private final int aarch64;

  Syscall(int x86, int aarch64) {
    this.x86 = x86;
    this.aarch64 = aarch64;
  }

  int number(Arch arch) {
    return switch (arch) {
      case X86_64 -> x86;
      case AARCH64 -> aarch64;
    };
  }

  /// The number on this machine.
  ///
  /// @throws UnsupportedException naming the machine when its numbers are not known
  int number() {
    Arch arch = Arch.here();
    if (arch == null) {
      throw new UnsupportedException(
          "system call " + spelling(),
          Arch.refusal(System.getProperty("os.name", ""), System.getProperty("os.arch", "")));
    }
    return number(arch);
  }

  String spelling() {
    return name().toLowerCase(Locale.ROOT);
  }

  /// The call's result, or −errno.
  long call(long... arguments) {
    int number = number();
    long[] a = new long[MAX_ARGUMENTS];
    System.arraycopy(arguments, 0, a, 0, arguments.length);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = Libc.state(arena);
      return Libc.syscall(state, number, a[0], a[1], a[2], a[3], a[4], a[5]);
    }
  }

  /// A result that is no error; `what` says what the call was given.
  ///
  /// @throws ErrnoException for −errno
  long check(long result, String what) {
    if (result < 0) {
      throw failure(result, spelling(), what);
    }
    return result;
  }

  /// The exception of a −errno.
  static ErrnoException failure(long negated, String call, String what) {
    Errno errno = Errno.ofNegated(negated);
    if (errno == null) {
      // Numbers above 133 are the kernel's own; but for 524, none gets out.
      throw new IllegalStateException("%s: errno %d: %s".formatted(call, -negated, what));
    }
    return new ErrnoException(errno, call, what);
  }
}
