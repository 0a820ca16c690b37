package io.bpf4j.elf;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.btf.Btf;
import io.bpf4j.btf.BtfType;
import io.bpf4j.isa.Insn;
import io.bpf4j.isa.Insns;
import io.bpf4j.isa.PseudoLoad;
import io.bpf4j.isa.Structure;
import io.bpf4j.prog.BpfObject;
import io.bpf4j.prog.LineInfo;
import io.bpf4j.prog.MapSpec;
import io.bpf4j.prog.ProgSpec;
import io.bpf4j.prog.ProgType;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// The samples' objects hold what their sources say.
class SampleObjectsTest {
  private static BpfObject read(String name) {
    return BpfObjectReader.read(SampleObjects.of(name));
  }

  private static ProgSpec program(BpfObject object, String name) {
    return Objects.requireNonNull(object.program(name), name);
  }

  private static MapSpec map(BpfObject object, String name) {
    return Objects.requireNonNull(object.map(name), name);
  }

  /// The maps that the instructions of a program refer to, in order.
  private static List<String> mapLoads(ProgSpec program) {
    List<String> names = new ArrayList<>();
    for (Insn insn : program.insns().toList()) {
      if (insn instanceof Insn.LoadImm64 load && load.source() == PseudoLoad.MAP_IDX) {
        names.add(program.maps().get(load.low()));
      }
    }
    return names;
  }

  @Test
  void steerHoldsOneProgramAndItsMaps() {
    BpfObject object = read("steer");
    assertThat(object.license()).isEqualTo("Apache-2.0");
    assertThat(object.programs()).extracting(ProgSpec::name).containsExactly("steer");
    ProgSpec steer = program(object, "steer");
    assertThat(steer.section()).isEqualTo("sk_lookup");
    assertThat(steer.type()).isEqualTo(ProgType.SK_LOOKUP);
    assertThat(steer.problem()).isNull();
    assertThat(mapLoads(steer)).containsExactly("services", "sockets", "counters");
    assertThat(object.maps())
        .extracting(MapSpec::name)
        .containsExactlyInAnyOrder("services", "sockets", "counters");
  }

  @Test
  void mapsHaveTheNumbersOfTheirDefinitions() {
    MapSpec canaries = map(read("chain"), "canaries");
    assertThat(canaries.type()).isEqualTo(11);
    assertThat(canaries.keySize()).isEqualTo(24);
    assertThat(canaries.valueSize()).isEqualTo(4);
    assertThat(canaries.maxEntries()).isEqualTo(4096);
    assertThat(canaries.flags()).isEqualTo(1);
  }

  @Test
  void keysHaveTheirTypeWithMembersInPlace() {
    BpfObject object = read("chain");
    Btf btf = Objects.requireNonNull(object.btf());
    int key = map(object, "canaries").keyTypeId();
    assertThat(btf.spelling(key)).isEqualTo("struct trial");
    assertThat(btf.sizeOf(key)).isEqualTo(24);
    assertThat(btf.fields(key))
        .extracting(BtfType.Member::name)
        .containsExactly("bits", "service", "source");
    assertThat(btf.fields(key)).extracting(BtfType.Member::bitOffset).containsExactly(0L, 32L, 64L);
    assertThat(btf.spelling(map(object, "canaries").valueTypeId())).isEqualTo("__u32");
  }

  @Test
  void severalProgramsOfOneSectionAreToldApart() {
    BpfObject object = read("chain");
    assertThat(object.programs()).extracting(ProgSpec::name).containsExactly("route", "policy");
    assertThat(mapLoads(program(object, "route")))
        .containsExactly("routes", "sockets", "route_counts");
    assertThat(mapLoads(program(object, "policy")))
        .containsExactly("closed", "canaries", "sockets", "policy_counts");
  }

  @Test
  void lineInfoNamesTheSourceLine() {
    LineInfo first = program(read("steer"), "steer").lines().getFirst();
    assertThat(first.pc()).isZero();
    assertThat(first.place()).startsWith("steer.bpf.c:");
    assertThat(first.text()).contains("steer(struct bpf_sk_lookup *ctx)");
  }

  @TestFactory
  Stream<DynamicTest> everyProgramIsSoundAndItsLinesAscend() {
    return SampleObjects.all().stream()
        .map(file ->
            DynamicTest.dynamicTest(
                file.getFileName().toString(),
                () -> BpfObjectReader.read(file).programs().forEach(SampleObjectsTest::isSound)));
  }

  private static void isSound(ProgSpec program) {
    Insns insns = program.insns();
    assertThat(Structure.check(insns, Set.of())).containsExactly(0);
    assertThat(program.lines()).isNotEmpty();
    int before = -1;
    for (LineInfo line : program.lines()) {
      assertThat(line.pc()).isGreaterThan(before);
      assertThat(insns.startsAt(line.pc())).isTrue();
      before = line.pc();
    }
  }
}
