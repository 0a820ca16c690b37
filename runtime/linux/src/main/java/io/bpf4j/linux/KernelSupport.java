package io.bpf4j.linux;

import io.bpf4j.error.Errno;
import io.bpf4j.error.ErrnoException;
import io.bpf4j.prog.ProgType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// What this machine's kernel offers to this process. Whether something is permitted is found out
/// once, by trying it.
public final class KernelSupport {
  private static final Path LOCK = Path.of("/proc/sys/kernel/unprivileged_bpf_disabled");
  private static final Path JIT = Path.of("/proc/sys/net/core/bpf_jit_enable");
  private static final Path CPUS = Path.of("/sys/devices/system/cpu/possible");

  private KernelSupport() {}

  /// Tried when it is first asked for.
  private static final class Tried {
    static final Permission BPF = tryBpf();
    static final Permission NETNS = BPF.and(KernelSupport::tryNetns);
    static final int CPUS = countCpus(text(KernelSupport.CPUS).orElse("0"));
  }

  /// Whether bpf(2) loads SK_LOOKUP programs for this process.
  public static Permission bpf() {
    return Tried.BPF;
  }

  /// Whether, besides, this process may make network namespaces: what comparisons of traffic need.
  public static Permission netns() {
    return Tried.NETNS;
  }

  /// Whether [#bpf] is granted.
  public static boolean permitted() {
    return bpf().granted();
  }

  /// Why [#bpf] is not granted, in one line; empty when it is.
  public static String whyNot() {
    return bpf().reason();
  }

  /// The kernel's release, as `uname -r` prints it.
  public static String release() {
    return System.getProperty("os.version", "");
  }

  /// What the kernel does with programs, by net.core.bpf_jit_enable.
  public enum Jit {
    /// Programs are interpreted.
    OFF,
    ON,
    /// Compiled, and the machine code is written to the kernel's log.
    DEBUG,
    /// The kernel does not say: it is too old, or this is not Linux.
    UNKNOWN
  }

  /// Whether programs become machine code.
  public static Jit jit() {
    return switch (text(JIT).orElse("")) {
      case "0" -> Jit.OFF;
      case "1" -> Jit.ON;
      case "2" -> Jit.DEBUG;
      default -> Jit.UNKNOWN;
    };
  }

  /// How many CPUs the kernel keeps per-CPU values for, present or not.
  public static int possibleCpus() {
    return Tried.CPUS;
  }

  /// Counts a list like `0-3,8`.
  static int countCpus(String list) {
    int count = 0;
    for (String range : list.split(",", -1)) {
      String[] ends = range.split("-", -1);
      count += 1 + Integer.parseInt(ends[ends.length - 1]) - Integer.parseInt(ends[0]);
    }
    return count;
  }

  private static Permission tryBpf() {
    String os = System.getProperty("os.name", "");
    String machine = System.getProperty("os.arch", "");
    if (Arch.of(os, machine) == null) {
      return Permission.denied(Arch.refusal(os, machine));
    }
    try {
      // r0 = 1 (SK_PASS); exit
      byte[] insns =
          ByteBuffer.allocate(2 * Long.BYTES)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putLong(0x1_0000_00b7L)
              .putLong(0x95)
              .array();
      KernelProg.load(LoadRequest.of("permitted", ProgType.SK_LOOKUP, insns, List.of())).close();
      return Permission.GRANTED;
    } catch (ErrnoException e) {
      return Permission.denied(explain(e.errno(), text(LOCK).orElse("")));
    } catch (IllegalCallerException | ExceptionInInitializerError e) {
      return Permission.denied(
          "this JVM makes no native calls: start it with --enable-native-access=ALL-UNNAMED");
    }
  }

  /// What an errno of loading a program means; `lock` is the setting
  /// kernel.unprivileged_bpf_disabled.
  static String explain(Errno errno, String lock) {
    String call = "bpf(2) is refused with " + errno + ": ";
    return call
        + switch (errno) {
          case EPERM, EACCES ->
              "this process lacks CAP_BPF and CAP_NET_ADMIN (or CAP_SYS_ADMIN)"
                  + (lock.isEmpty() ? "" : ", kernel.unprivileged_bpf_disabled=" + lock);
          case ENOSYS -> "this kernel has no bpf(2), or a filter of system calls hides it";
          case EINVAL, E2BIG -> "Linux " + release() + " knows no SK_LOOKUP programs (5.9 does)";
          default -> "loading a program of two instructions failed";
        };
  }

  private static Permission tryNetns() {
    try {
      KernelNetns.open().close();
      return Permission.GRANTED;
    } catch (ErrnoException e) {
      return Permission.denied("a network namespace cannot be made: " + e.getMessage());
    }
  }

  private static Optional<String> text(Path file) {
    try {
      return Optional.of(Files.readString(file).strip());
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
