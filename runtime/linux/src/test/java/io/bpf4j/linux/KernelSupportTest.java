package io.bpf4j.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.bpf4j.error.Errno;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

final class KernelSupportTest {
  @Test
  void bothArchitecturesHaveTheirNumbers() {
    assertThat(Syscall.BPF.number(Arch.X86_64)).isEqualTo(321);
    assertThat(Syscall.BPF.number(Arch.AARCH64)).isEqualTo(280);
    assertThat(Arch.of("Linux", "amd64")).isEqualTo(Arch.X86_64);
    assertThat(Arch.of("Linux", "aarch64")).isEqualTo(Arch.AARCH64);
  }

  @Test
  void otherMachinesAreRefusedByName() {
    assertThat(Arch.of("Linux", "riscv64")).isNull();
    assertThat(Arch.refusal("Linux", "riscv64")).contains("riscv64");
    assertThat(Arch.of("Mac OS X", "aarch64")).isNull();
    assertThat(Arch.refusal("Mac OS X", "aarch64")).contains("Mac OS X");
  }

  @Test
  void refusalsAreExplained() {
    assertThat(KernelSupport.explain(Errno.EPERM, "2"))
        .contains("EPERM", "CAP_BPF", "unprivileged_bpf_disabled=2");
    assertThat(KernelSupport.explain(Errno.ENOSYS, "")).contains("ENOSYS", "no bpf(2)");
    assertThat(KernelSupport.explain(Errno.EINVAL, "")).contains("SK_LOOKUP");
  }

  @Test
  void possibleCpusAreCounted() {
    assertThat(KernelSupport.countCpus("0")).isEqualTo(1);
    assertThat(KernelSupport.countCpus("0-3,8,10-11")).isEqualTo(7);
    assertThat(KernelSupport.possibleCpus())
        .isGreaterThanOrEqualTo(Runtime.getRuntime().availableProcessors());
  }

  @Test
  void permissionIsGrantedOrSaysWhy() {
    assertThat(KernelSupport.bpf().granted()).isEqualTo(KernelSupport.whyNot().isEmpty());
    assertThat(KernelSupport.netns().granted()).isEqualTo(KernelSupport.netns().reason().isEmpty());
  }

  /// What a process without capabilities is told, asked in one.
  @Test
  void withoutCapabilitiesTheReasonNamesThem() throws IOException, InterruptedException {
    Live.assumeBpf();
    Path setpriv = Path.of("/usr/bin/setpriv");
    assumeTrue(Files.isExecutable(setpriv), "setpriv, which drops capabilities, is not there");
    Process child =
        new ProcessBuilder(
                List.of(
                    setpriv.toString(),
                    "--bounding-set=-all",
                    "--inh-caps=-all",
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "--enable-native-access=ALL-UNNAMED",
                    "-cp",
                    System.getProperty("java.class.path"),
                    Reasons.class.getName()))
            .redirectErrorStream(true)
            .start();
    String said = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(child.waitFor()).as(said).isZero();
    assertThat(said).contains("EPERM", "CAP_BPF", "unprivileged_bpf_disabled");
  }

  /// A main class that prints what is permitted.
  static final class Reasons {
    private Reasons() {}

    public static void main(String[] args) {
      System.out.println(KernelSupport.bpf().reason());
      System.out.println(KernelSupport.netns().reason());
    }
  }
}
