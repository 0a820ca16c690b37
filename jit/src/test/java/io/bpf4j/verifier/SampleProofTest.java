package io.bpf4j.verifier;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.elf.BpfObjectReader;
import io.bpf4j.prog.BpfObject;
import io.bpf4j.prog.ProgSpec;
import io.bpf4j.prog.ProgType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The samples' programs are safe, and the proof says something about them.
class SampleProofTest {
  static List<Path> objects() throws IOException {
    try (Stream<Path> files = Files.walk(Path.of("..", "samples"), 2)) {
      return files.filter(f -> f.toString().endsWith(".bpf.o")).sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("objects")
  void programsAreAccepted(Path file) {
    BpfObject object = BpfObjectReader.read(file);
    for (ProgSpec program : object.programs()) {
      if (program.type() == ProgType.UNSPEC) {
        continue;
      }
      VerifiedProgram proof = Verifier.kernel().verify(Subject.of(object, program, program.type()));
      assertThat(proof.insnsProcessed()).isPositive();
      assertThat(proof.functions()).isEqualTo(program.subprogs().size());
    }
  }

  @ParameterizedTest
  @MethodSource("objects")
  void theLogIsTheKernels(Path file) {
    BpfObject object = BpfObjectReader.read(file);
    ProgSpec program = object.programs().getFirst();
    if (program.type() != ProgType.UNSPEC) {
      VerifiedProgram proof =
          Verifier.kernel().logging().verify(Subject.of(object, program, program.type()));
      assertThat(proof.log()).startsWith("0: R1=ctx() R10=fp0\n");
    }
  }
}
