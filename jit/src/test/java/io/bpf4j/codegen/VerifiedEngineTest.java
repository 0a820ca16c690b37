package io.bpf4j.codegen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bpf4j.conformance.Machine;
import io.bpf4j.conformance.ToyMap;
import io.bpf4j.engine.CompileReport;
import io.bpf4j.engine.Engine;
import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.error.MemoryFault;
import io.bpf4j.error.UnsupportedException;
import io.bpf4j.error.VerifierException;
import io.bpf4j.interp.Interpreter;
import io.bpf4j.mem.Memory;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What engines do with a proof: which programs run by it, and that what it says of memory is
/// heeded.
class VerifiedEngineTest {
  static Stream<Engine> engines() {
    return Stream.of(
        JitEngine.verified(),
        JitEngine.verified(new Limits(300, 3, 40_000)),
        new Interpreter("interp", true));
  }

  private final ToyMap map = ToyMap.of("ports", 4);

  private long run(Engine engine, String source) {
    Machine machine = new Machine(engine);
    Memory.putInt(machine.cpu().ctx(), 2);
    return machine.runTyped(machine.typed(source, map));
  }

  private static RunnableProgram load(String source) {
    return new Machine(JitEngine.verified()).typed(source);
  }

  @Test
  void aProgramThatIsNotSafeIsNotLoaded() {
    assertThatThrownBy(() -> load("r0 = *(u64 *)(r10 -520)\nexit"))
        .isInstanceOf(VerifierException.class)
        .hasMessageContaining("invalid read from stack R10 off=-520 size=8");
  }

  @Test
  void aProgramWithoutATypeIsNotLoaded() {
    assertThatThrownBy(() -> new Machine(JitEngine.verified()).load("r0 = 0\nexit"))
        .isInstanceOf(UnsupportedException.class)
        .hasMessageContaining("it has no program type");
  }

  @Test
  void theInterpreterRunsWhatCannotBeProvedWithChecks() {
    assertThatThrownBy(() -> run(new Interpreter("interp", true), "r0 = *(u64 *)(r10 -520)\nexit"))
        .isInstanceOf(MemoryFault.class);
  }

  /// The kernel's helper 7 takes no arguments, so nothing is proved of what this one needs.
  @Test
  void aHelperThatAsksForMoreThanCanBeProvedIsNotRunWithoutChecks() {
    String source = "r1 = 8\nr2 = 4\ncall toy_sum#7\nexit";
    assertThatThrownBy(() -> load(source))
        .isInstanceOf(UnsupportedException.class)
        .hasMessageContaining("insn 2: helper toy_sum#7 asks for something else here");
    assertThatThrownBy(() -> run(new Interpreter("interp", true), source))
        .isInstanceOf(MemoryFault.class)
        .hasMessageContaining("toy_sum: R1 = 0x8");
  }

  /// The kernel's context has a socket there, the toy's has nothing.
  @ParameterizedTest
  @MethodSource("engines")
  void aFieldThatTheHostDoesNotHaveIsAFault(Engine engine) {
    assertThatThrownBy(() -> run(engine, "r0 = *(u64 *)(r1 +168)\nr0 = 0\nexit"))
        .isInstanceOf(MemoryFault.class);
  }

  @ParameterizedTest
  @MethodSource("engines")
  void contextFieldsAnswerByTheirRules(Engine engine) {
    assertThat(run(engine, "r0 = *(u32 *)(r1 +0)\nexit")).isEqualTo(2);
  }

  @ParameterizedTest
  @MethodSource("engines")
  void aCalleeSeesAndChangesTheFrameOfItsCaller(Engine engine) {
    String source =
        """
        *(u64 *)(r10 -8) = 1
        *(u64 *)(r10 -16) = 7
        r1 = r10
        r1 += -16
        call f
        r0 = *(u64 *)(r10 -16)
        r1 = *(u64 *)(r10 -8)
        r0 += r1
        exit
        f: r2 = *(u64 *)(r1 +0)
        r2 *= 10
        *(u64 *)(r1 +0) = r2
        r0 = 0
        exit
        """;
    assertThat(run(engine, source)).isEqualTo(71);
  }

  @ParameterizedTest
  @MethodSource("engines")
  void aPointerHandedDownTwiceReachesTheOutermostFrame(Engine engine) {
    String source =
        """
        *(u64 *)(r10 -16) = 5
        r1 = r10
        r1 += -16
        call f
        r0 = *(u64 *)(r10 -16)
        exit
        f: *(u64 *)(r10 -16) = 100
        call g
        r1 = *(u64 *)(r10 -16)
        r0 = 0
        exit
        g: *(u64 *)(r1 +0) = 6
        r0 = 0
        exit
        """;
    assertThat(run(engine, source)).isEqualTo(6);
  }

  @ParameterizedTest
  @MethodSource("engines")
  void aStoreAtAVariableOffsetHitsWhatIsLoadedByNumber(Engine engine) {
    String source =
        """
        r6 = *(u32 *)(r1 +0)
        r6 &= 1
        r6 <<= 3
        *(u64 *)(r10 -16) = 3
        *(u64 *)(r10 -8) = 4
        r1 = r10
        r1 += -16
        r1 += r6
        *(u64 *)(r1 +0) = 9
        r0 = *(u64 *)(r10 -16)
        r2 = *(u64 *)(r10 -8)
        r0 <<= 4
        r0 |= r2
        exit
        """;
    assertThat(run(engine, source)).isEqualTo(0x94);
  }

  /// Frames read as zero where they were not written, by whomever.
  @ParameterizedTest
  @MethodSource("engines")
  void whatACalleeReadsOfAnUnwrittenFrameIsZero(Engine engine) {
    String source =
        """
        r1 = r10
        r1 += -32
        call f
        exit
        f: r0 = *(u64 *)(r1 +8)
        exit
        """;
    Machine machine = new Machine(engine);
    Memory.putLong(machine.cpu().stackTop() - 24, -1);
    assertThat(machine.runTyped(machine.typed(source))).isZero();
  }

  @ParameterizedTest
  @MethodSource("engines")
  void aMapsValueIsReachedBehindItsNullCheck(Engine engine) {
    Memory.putLong(map.value(2), 40);
    String source =
        """
        *(u32 *)(r10 -4) = 2
        r2 = r10
        r2 += -4
        r1 = map[idx:0]
        call toy_lookup#1
        if r0 == 0 goto out
        r1 = *(u64 *)(r0 +0)
        r1 += 2
        *(u64 *)(r0 +0) = r1
        r0 = *(u64 *)(r0 +0)
        out: exit
        """;
    assertThat(run(engine, source)).isEqualTo(42);
  }

  /// Neither the branch nor what it would have led to is compiled.
  @Test
  void deadCodeIsNotCompiled() {
    String dead =
        """
        r1 = 1
        if r1 != 1 goto dead
        r0 = 7
        exit
        dead: r0 = 8
        r0 *= 77
        r0 += 5
        r0 ^= 0x12345
        exit
        """;
    assertThat(bytes(dead)).isEqualTo(bytes("r1 = 1\nr0 = 7\nexit"));
    assertThat(run(JitEngine.verified(), dead)).isEqualTo(7);
  }

  @Test
  void aJumpThatIsAlwaysTakenGoesThere() {
    String source =
        """
        r1 = 1
        r0 = 3
        if r1 == 1 goto on
        r0 = 4
        on: r0 += 1
        exit
        """;
    assertThat(run(JitEngine.verified(), source)).isEqualTo(4);
  }

  private static int bytes(String source) {
    return load(source).report().methods().stream().mapToInt(CompileReport.Method::bytes).sum();
  }
}
