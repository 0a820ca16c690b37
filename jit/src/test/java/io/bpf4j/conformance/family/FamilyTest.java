package io.bpf4j.conformance.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.bpf4j.Engines;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The families, on every engine.
class FamilyTest {
  @TestFactory
  Stream<DynamicContainer> everyEngineDoesWhatTheRowsSay() {
    List<Trial> trials = Families.trials();
    return Engines.forBarePrograms().stream()
        .map(engine -> {
          Host host = new EngineHost(Engines.named(engine));
          return DynamicContainer.dynamicContainer(
              engine,
              trials.stream()
                  .map(trial ->
                      DynamicTest.dynamicTest(
                          trial.name(), () -> assertThat(trial.failures(host)).isEmpty())));
        });
  }

  @TestFactory
  Stream<DynamicTest> everyEngineStopsWhatLeavesItsPlace() {
    return Engines.forBarePrograms().stream()
        .map(engine ->
            DynamicTest.dynamicTest(
                engine,
                () ->
                    assertThat(Families.permitted(new EngineHost(Engines.named(engine))))
                        .isEmpty()));
  }

  /// With 5 for `a` and -3 for `b`.
  @ParameterizedTest
  @CsvSource({
    "a + b * 3, -4",
    "(a + b) * 3, 6",
    "a - b - 1, 7",
    "b / 2, -1",
    "b % 2, -1",
    "u8(-1), 255",
    "s8(255), -1",
    "s8(127), 127",
    "u64(b) >> 63, 1",
    "b >> 63, -1",
    "1 << 2 + 1, 8",
    "a != 5 ? 1 / 0 : 9, 9",
    "a & 1 | 4, 5",
    "a != 7 & b < 0, 1",
    "swap16(0x1234) == 0x3412, 1",
    "swap64(b) == swap64(u64(b)), 1",
  })
  void formulasAreThoseOfC(String formula, long value) {
    assertThat(Meaning.of(formula).of(new Meaning.Values(5, -3, 0, 0))).isEqualTo(value);
  }

  @Test
  void whatIsNoFormulaIsRefused() {
    for (String text : new String[] {"a +", "(a", "a b", "z", "f8(a)", ""}) {
      assertThatIllegalArgumentException().as(text).isThrownBy(() -> Meaning.of(text));
    }
  }
}
