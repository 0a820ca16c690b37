package io.bpf4j.linux;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.bpf4j.error.Errno;
import io.bpf4j.error.ErrnoException;
import io.bpf4j.isa.Assembler;
import io.bpf4j.isa.InsnEncoder;
import io.bpf4j.prog.ProgType;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.assertj.core.api.ThrowableAssertAlternative;

/// What the tests of this package share: skipping where nothing is permitted, programs from text.
final class Live {
  private Live() {}

  static void assumeBpf() {
    assumeTrue(KernelSupport.bpf().granted(), KernelSupport.bpf().reason());
  }

  static void assumeNetns() {
    assumeTrue(KernelSupport.netns().granted(), KernelSupport.netns().reason());
  }

  static byte[] code(String text) {
    return InsnEncoder.encode(Assembler.assemble(text));
  }

  static LoadRequest request(ProgType type, String text, KernelMap... maps) {
    return LoadRequest.of("test", type, code(text), List.of(maps));
  }

  static KernelProg load(ProgType type, String text, KernelMap... maps) {
    return KernelProg.load(request(type, text, maps));
  }

  /// The call fails with this errno, and says so in one line.
  static ThrowableAssertAlternative<ErrnoException> refused(Errno errno, ThrowingCallable call) {
    return assertThatExceptionOfType(ErrnoException.class)
        .isThrownBy(call)
        .matches(e -> e.errno() == errno, "errno " + errno)
        .withMessageContaining(": " + errno + ": ")
        .matches(e -> String.valueOf(e.getMessage()).lines().count() == 1, "is one line");
  }
}
