package io.bpf4j.elf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bpf4j.btf.Btf;
import io.bpf4j.error.ElfFormatException;
import io.bpf4j.isa.Insn;
import io.bpf4j.isa.PseudoLoad;
import io.bpf4j.prog.BpfObject;
import io.bpf4j.prog.GlobalVar;
import io.bpf4j.prog.MapSpec;
import io.bpf4j.prog.ProgSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/// Maps and global data as clang writes them.
class ClangMapsTest {
  private static BpfObject read(String source) {
    return BpfObjectReader.read("test.o", Clang.c(source));
  }

  private static MapSpec map(BpfObject object, String name) {
    return Objects.requireNonNull(object.map(name), name);
  }

  @Test
  void slotsOfMapsOfMapsNameTheirMaps() {
    BpfObject object =
        read(
            """
            struct inner { NUMBER(type, 1); NUMBER(max_entries, 9); TYPE(key, __u64);
              TYPE(value, __u16); } one SEC(".maps"), two SEC(".maps");
            struct { NUMBER(type, 13); NUMBER(max_entries, 8); TYPE(key, __u32);
              VALUES(values, struct inner); } outer SEC(".maps")
              = { .values = { [1] = &one, [5] = &two } };
            """);
    MapSpec outer = map(object, "outer");
    assertThat(outer.initial()).isEqualTo(Map.of(1, "one", 5, "two"));
    assertThat(outer.valueSize()).isEqualTo(4);
    MapSpec inner = Objects.requireNonNull(outer.inner());
    assertThat(List.of(inner.type(), inner.keySize(), inner.valueSize(), inner.maxEntries()))
        .containsExactly(1, 8, 2, 9);
  }

  @Test
  void slotsOfProgramArraysNameTheirPrograms() {
    BpfObject object =
        read(
            """
            int a(void *c); int b(void *c);
            struct { NUMBER(type, 3); NUMBER(max_entries, 4); NUMBER(key_size, 4);
              VALUES(values, int (void *)); } jumps SEC(".maps")
              = { .values = { [0] = (void *)&a, [2] = (void *)&b } };
            SEC("tc") int a(void *c) { tail_call(c, &jumps, 2); return 0; }
            SEC("tc") int b(void *c) { return 1; }
            """);
    MapSpec jumps = map(object, "jumps");
    assertThat(jumps.initial()).isEqualTo(Map.of(0, "a", 2, "b"));
    assertThat(jumps.inner()).isNull();
    assertThat(List.of(jumps.keySize(), jumps.valueSize())).containsExactly(4, 4);
  }

  @Test
  void ringBuffersHaveNoKeysAndValues() {
    MapSpec ring =
        map(
            read(
                """
                struct { NUMBER(type, 27); NUMBER(max_entries, 4096); TYPE(value, __u64);
                } ring SEC(".maps");
                """),
            "ring");
    assertThat(List.of(ring.keySize(), ring.valueSize(), ring.valueTypeId())).containsOnly(0);
    assertThat(ring.maxEntries()).isEqualTo(4096);
  }

  @Test
  void sizesThatTheObjectLeavesOpenAreZero() {
    MapSpec open =
        map(
            read("struct { NUMBER(type, 1); NUMBER(max_entries, 3); } open SEC(\".maps\");"),
            "open");
    assertThat(List.of(open.keySize(), open.valueSize())).containsOnly(0);
    assertThat(open.withSizes(8, 16, 3).valueSize()).isEqualTo(16);
  }

  @Test
  void otherAttributesAreKeptOrPassedOver() {
    MapSpec map =
        map(
            read(
                """
                struct { NUMBER(type, 30); NUMBER(max_entries, 3); NUMBER(pinning, 1);
                  NUMBER(value_size, 8); NUMBER(numa_node, 1); NUMBER(a_loaders_own, 5);
                  enum { extra_ = 0x1234567890 } map_extra; } bloom SEC(".maps");
                """),
            "bloom");
    assertThat(map.mapExtra()).isEqualTo(0x1234567890L);
    assertThat(map.pinning()).isEqualTo(1);
  }

  @Test
  void sizesThatContradictEachOtherAreRefused() {
    byte[] object =
        Clang.c(
            """
            struct { NUMBER(type, 1); NUMBER(max_entries, 3); TYPE(key, __u64);
              NUMBER(key_size, 4); } torn SEC(".maps");
            """);
    assertThatThrownBy(() -> BpfObjectReader.read("test.o", object))
        .isInstanceOf(ElfFormatException.class)
        .hasMessageContaining(
            "map 'torn' attribute 'key_size': 4 bytes, where another attribute says 8");
  }

  private static final String GLOBALS =
      """
      int counter = 7; static int hidden = 9; int zeroed[5];
      const volatile int limit = 42; static const volatile int floor_ = 11;
      int custom SEC(".data.custom") = 5; const volatile int conf SEC(".rodata.conf") = 6;
      SEC("xdp") int a(__u32 *c) { zeroed[2] += hidden++; counter++;
        return limit + floor_ + custom + conf; }
      """;

  @Test
  void dataSectionsAreArraysWithTheirBytes() {
    BpfObject object = read(GLOBALS);
    MapSpec readOnly = map(object, ".rodata");
    assertThat(readOnly.type()).isEqualTo(2);
    assertThat(readOnly.frozen()).isTrue();
    assertThat(readOnly.contents()).containsExactly(42, 0, 0, 0, 11, 0, 0, 0);
    assertThat(map(object, ".data").frozen()).isFalse();
    assertThat(map(object, ".bss").contents()).isEqualTo(new byte[20]);
    assertThat(map(object, ".data.custom").contents()).containsExactly(5, 0, 0, 0);
    assertThat(map(object, ".rodata.conf").frozen()).isTrue();
  }

  @Test
  void loadsOfGlobalsNameMapAndOffset() {
    BpfObject object = read(GLOBALS);
    ProgSpec program = Objects.requireNonNull(object.program("a"));
    List<String> loads = new ArrayList<>();
    for (Insn insn : program.insns().toList()) {
      if (insn instanceof Insn.LoadImm64 load && load.source() == PseudoLoad.MAP_IDX_VALUE) {
        loads.add(program.maps().get(load.low()) + "+" + load.high());
      }
    }
    assertThat(loads)
        .contains(".rodata+0", ".rodata+4", ".data.custom+0", ".rodata.conf+0", ".bss+0");
    assertThat(object.globals())
        .filteredOn(g -> g.map().equals(".data"))
        .extracting(GlobalVar::name)
        .containsExactlyInAnyOrder("counter", "hidden");
    for (GlobalVar global : object.globals()) {
      if (global.map().equals(".data")) {
        assertThat(loads).contains(".data+" + global.offset());
      }
    }
  }

  @Test
  void globalsHaveTheirTypes() {
    BpfObject object = read(GLOBALS);
    Btf btf = Objects.requireNonNull(object.btf());
    GlobalVar zeroed =
        object.globals().stream().filter(g -> g.name().equals("zeroed")).findFirst().orElseThrow();
    assertThat(btf.spelling(zeroed.typeId())).isEqualTo("int[5]");
    assertThat(zeroed.size()).isEqualTo(20);
    assertThat(btf.spelling(map(object, ".bss").valueTypeId())).isEqualTo(".bss");
  }

  @Test
  void stringsAreReadOnlyData() {
    BpfObject object =
        BpfObjectReader.read(
            "test.o",
            Clang.cWithoutDebugInfo(
                """
                SEC("xdp") int a(__u32 *c) {
                  static const char s[] = "not to be folded away"; return s[c[0] & 15]; }
                """));
    ProgSpec program = object.programs().getFirst();
    MapSpec strings = map(object, program.maps().getFirst());
    assertThat(strings.name()).startsWith(".rodata");
    assertThat(
            new String(
                Objects.requireNonNull(strings.contents()),
                java.nio.charset.StandardCharsets.UTF_8))
        .startsWith("not to be folded away");
    assertThat(object.btf()).isNull();
    assertThat(program.lines()).isEmpty();
  }

  @Test
  void legacyMapsAreRecordsOfNumbers() {
    BpfObject object =
        BpfObjectReader.read(
            "test.o",
            Clang.cWithoutDebugInfo(
                """
                struct def { __u32 type, key_size, value_size, max_entries, map_flags; };
                struct def one SEC("maps") = { 1, 4, 8, 100, 1 };
                struct def two SEC("maps") = { 2, 4, 16, 10 };
                SEC("xdp") int a(__u32 *c) { return lookup(&two, c) != 0; }
                """));
    MapSpec one = map(object, "one");
    assertThat(List.of(one.type(), one.keySize(), one.valueSize(), one.maxEntries(), one.flags()))
        .containsExactly(1, 4, 8, 100, 1);
    assertThat(object.programs().getFirst().maps()).containsExactly("two");
  }

  @Test
  void legacyRecordsOfTheSamplesNameInnerMapsByPlace() {
    BpfObject object =
        BpfObjectReader.read(
            "test.o",
            Clang.cWithoutDebugInfo(
                """
                struct def { __u32 type, key_size, value_size, max_entries, map_flags, inner, numa; };
                struct def in SEC("maps") = { 1, 4, 8, 100 };
                struct def out SEC("maps") = { 12, 4, 4, 10, 0, 0 };
                """));
    assertThat(Objects.requireNonNull(map(object, "out").inner()).name()).isEqualTo("in");
    assertThat(map(object, "in").inner()).isNull();
  }

  @Test
  void legacyRecordsOfIproute2NameInnerMapsById() {
    BpfObject object =
        BpfObjectReader.read(
            "test.o",
            Clang.cWithoutDebugInfo(
                """
                struct elf_map { __u32 type, size_key, size_value, max_elem, flags, id, pinning,
                  inner_id, inner_idx; };
                struct elf_map in SEC("maps") = { 2, 4, 8, 1, 0, 7, 0, 9, 3 };
                struct elf_map out SEC("maps") = { 12, 4, 4, 10, 0, 9, 2, 7 };
                """));
    MapSpec out = map(object, "out");
    assertThat(Objects.requireNonNull(out.inner()).name()).isEqualTo("in");
    assertThat(out.initial()).isEqualTo(Map.of(3, "in"));
    assertThat(out.pinning()).isEqualTo(2);
  }
}
