package io.bpf4j.linux;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The machine architectures whose system call numbers we know.
enum Arch {
  X86_64("amd64"),
  AARCH64("aarch64");

  private final String jvmName;

  Arch(String jvmName) {
    this.jvmName = jvmName;
  }

  /// The architecture of this JVM, or null when its numbers are not known or it is not Linux.
  static @Nullable Arch here() {
    return of(System.getProperty("os.name", ""), System.getProperty("os.arch", ""));
  }

  static @Nullable Arch of(String osName, String osArch) {
    if (!osName.equals("Linux")) {
      return null;
    }
    for (Arch arch : values()) {
      if (arch.jvmName.equals(osArch)) {
        return arch;
      }
    }
    return null;
  }

  /// Why [#of] knows nothing, in one line.
  static String refusal(String osName, String osArch) {
    return osName.equals("Linux")
        ? "system call numbers are known for x86-64 and aarch64, this is "
            + osArch.toLowerCase(Locale.ROOT)
        : "bpf(2) is Linux's, this is " + osName;
  }
}
