package io.bpf4j.conformance;

import io.bpf4j.Engines;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// The text cases, on every engine.
class TextCaseTest {
  @TestFactory
  Stream<DynamicContainer> everyEngineDoesWhatTheCasesSay() {
    return Engines.forBarePrograms().stream()
        .map(engine ->
            DynamicContainer.dynamicContainer(
                engine,
                TextCase.all().stream()
                    .map(text ->
                        DynamicTest.dynamicTest(
                            text.name(), () -> text.check(Engines.named(engine))))));
  }
}
