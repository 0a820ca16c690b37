package io.bpf4j.error;

import org.jspecify.annotations.Nullable;

/// The error numbers that the bpf system call, socket calls and helpers answer with
/// (asm-generic/errno.h, and the kernel-internal 524).
public enum Errno {
  EPERM(1),
  ENOENT(2),
  E2BIG(7),
  EBADF(9),
  EAGAIN(11),
  ENOMEM(12),
  EACCES(13),
  EFAULT(14),
  EBUSY(16),
  EEXIST(17),
  ENODEV(19),
  EINVAL(22),
  ENOSPC(28),
  ERANGE(34),
  ENOLINK(67),
  EBADFD(77),
  ENOTSOCK(88),
  EDESTADDRREQ(89),
  EPROTOTYPE(91),
  ENOPROTOOPT(92),
  ESOCKTNOSUPPORT(94),
  EOPNOTSUPP(95),
  EAFNOSUPPORT(97),
  EADDRINUSE(98),
  EADDRNOTAVAIL(99),
  EISCONN(106),
  ENOTCONN(107),
  ECONNREFUSED(111),
  /// Kernel-internal, yet it reaches user space as errno 524.
  ENOTSUPP(524);

  private final int number;

  Errno(int number) {
    this.number = number;
  }

  public int number() {
    return number;
  }

  /// What a helper returns: the negated number.
  public long negated() {
    return -number;
  }

  /// The row of a helper's return value, or null when it is none of them.
  public static @Nullable Errno ofNegated(long result) {
    for (Errno errno : values()) {
      if (errno.number == -result) {
        return errno;
      }
    }
    return null;
  }
}
