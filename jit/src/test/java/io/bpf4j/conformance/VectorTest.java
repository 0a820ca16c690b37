package io.bpf4j.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.Engines;
import io.bpf4j.isa.InsnDecoder;
import io.bpf4j.isa.InsnEncoder;
import io.bpf4j.isa.Insns;
import io.bpf4j.prog.Program;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// The vectors of bpf_conformance, from raw bytes, on every engine.
class VectorTest {
  @TestFactory
  Stream<DynamicContainer> everyEngineAgreesWithTheVectors() {
    List<Vector> vectors = Vector.all();
    return Engines.forBarePrograms().stream()
        .map(engine ->
            DynamicContainer.dynamicContainer(
                engine,
                vectors.stream()
                    .map(vector ->
                        DynamicTest.dynamicTest(vector.name(), () -> check(engine, vector)))));
  }

  private static void check(String engine, Vector vector) {
    Machine machine = new Machine(Engines.named(engine));
    machine.memory(vector.memory());
    Insns insns = InsnDecoder.decode(vector.code());
    long r0 = machine.run(machine.load(Program.raw(vector.name(), insns)));
    assertThat(r0).as("r0 = 0x%x, must be 0x%x", r0, vector.result()).isEqualTo(vector.result());
  }

  @TestFactory
  Stream<DynamicTest> whatIsDecodedIsEncodedAgain() {
    return Vector.all().stream()
        .map(vector ->
            DynamicTest.dynamicTest(
                vector.name(),
                () ->
                    assertThat(InsnEncoder.encode(InsnDecoder.decode(vector.code())))
                        .isEqualTo(vector.code())));
  }
}
