package io.bpf4j.elf;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.isa.Insn;
import io.bpf4j.isa.PseudoLoad;
import io.bpf4j.isa.Structure;
import io.bpf4j.prog.BpfObject;
import io.bpf4j.prog.LineInfo;
import io.bpf4j.prog.ProgSpec;
import io.bpf4j.prog.ProgType;
import io.bpf4j.prog.Subprog;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// Programs and functions as clang writes them.
class ClangProgramsTest {
  private static BpfObject read(String source) {
    return BpfObjectReader.read("test.o", Clang.c(source));
  }

  private static ProgSpec program(BpfObject object, String name) {
    return Objects.requireNonNull(object.program(name), name);
  }

  private static List<String> functions(ProgSpec program) {
    return program.subprogs().stream().map(Subprog::name).toList();
  }

  private static final String CALLS =
      """
      int counter;
      static NOINLINE int leaf(int x) { return x * counter++; }
      static NOINLINE int both(int x) { return leaf(x) + leaf(x + 1); }
      NOINLINE int seen(int x) { return both(x) ^ leaf(x); }
      SEC("sk_lookup/a") int a(__u32 *c) { return both(c[0]) + seen(c[1]) + leaf(c[2]); }
      SEC("sk_lookup.b") int b(__u32 *c) { return leaf(c[0]); }
      SEC("sk_lookup") int plain(__u32 *c) { return 1; }
      """;

  @Test
  void calledFunctionsStandBehindTheEntryEachOnce() {
    BpfObject object = read(CALLS);
    assertThat(functions(program(object, "a"))).containsExactly("a", "both", "leaf", "seen");
    assertThat(functions(program(object, "b"))).containsExactly("b", "leaf");
    assertThat(functions(program(object, "plain"))).containsExactly("plain");
  }

  @Test
  void callsLeadToTheFunctionsThatTheSourceNames() {
    ProgSpec a = program(read(CALLS), "a");
    List<Integer> starts = a.subprogs().stream().map(Subprog::pc).toList();
    assertThat(Structure.check(a.insns(), Set.of())).isEqualTo(starts);
    int calls = 0;
    for (int pc = 0; pc < a.insns().size(); pc = a.insns().next(pc)) {
      if (a.insns().at(pc) instanceof Insn.CallLocal(int offset)) {
        assertThat(starts).contains(pc + 1 + offset);
        calls++;
      }
    }
    assertThat(calls).isEqualTo(7);
  }

  @Test
  void sectionsOfSkLookupAreKnownUnderAllTheirNames() {
    assertThat(read(CALLS).programs())
        .hasSize(3)
        .allMatch(program -> program.type() == ProgType.SK_LOOKUP);
  }

  @Test
  void linesFollowTheirInstructionsIntoTheLinkedProgram() {
    ProgSpec b = program(read(CALLS), "b");
    int leaf = b.subprogs().getLast().pc();
    assertThat(b.lines())
        .filteredOn(line -> line.pc() < leaf)
        .extracting(LineInfo::line)
        .containsOnly(6);
    assertThat(b.lines())
        .filteredOn(line -> line.pc() >= leaf)
        .isNotEmpty()
        .allSatisfy(line -> {
          assertThat(line.line()).isEqualTo(2);
          assertThat(line.text()).contains("leaf(int x)");
        });
  }

  @Test
  void staticFunctionsAreProgramsUnlessSomethingCallsThem() {
    BpfObject object =
        read(
            """
            static NOINLINE SEC("tc") int helper(int x) { return x * 3; }
            static SEC("tc") int entry(__u32 *c) { return helper(c[0]); }
            """);
    assertThat(object.programs()).extracting(ProgSpec::name).containsExactly("entry");
    assertThat(functions(object.programs().getFirst())).containsExactly("entry", "helper");
  }

  @Test
  void functionPointersAreDistancesToTheirFunctions() {
    ProgSpec program =
        program(
            read(
                """
                static int step(__u32 i, int *sum) { *sum += i; return 0; }
                int global_step(__u32 i, int *sum) { *sum ^= i; return 0; }
                SEC("xdp") int main_prog(void *c) {
                  int sum = 0; loop(4, step, &sum, 0); loop(4, global_step, &sum, 0); return sum; }
                """),
            "main_prog");
    List<String> pointers = new java.util.ArrayList<>();
    for (int pc = 0; pc < program.insns().size(); pc = program.insns().next(pc)) {
      if (program.insns().at(pc) instanceof Insn.LoadImm64 load
          && load.source() == PseudoLoad.FUNC) {
        int target = pc + 1 + load.low();
        program.subprogs().stream()
            .filter(s -> s.pc() == target)
            .forEach(s -> pointers.add(s.name()));
      }
    }
    assertThat(pointers).containsExactly("step", "global_step");
  }

  @Test
  void codeThatIsOnlyInTextIsProgramsToo() {
    BpfObject object = read("int main_prog(__u32 *c) { return c[0]; }");
    ProgSpec program = object.programs().getFirst();
    assertThat(program.name()).isEqualTo("main_prog");
    assertThat(program.section()).isEqualTo(".text");
    assertThat(program.type()).isEqualTo(ProgType.UNSPEC);
  }

  @Test
  void untypedSymbolsWithoutSizeAreFunctionsWhereNoneIsTyped() {
    BpfObject object =
        BpfObjectReader.read(
            "old.o",
            Clang.assembly(
                """
                .section xdp,"ax",@progbits
                .globl first
                first:
                  r0 = 1
                LBB0_1:
                  exit
                .globl second
                second:
                  r0 = 2
                  exit
                """));
    assertThat(object.programs()).extracting(ProgSpec::name).containsExactly("first", "second");
    assertThat(object.programs()).allMatch(program -> program.insns().size() == 2);
  }

  @Test
  void sectionWithoutSymbolsIsOneProgramOfItsName() {
    BpfObject object =
        BpfObjectReader.read(
            "bare.o", Clang.assembly(".section xdp_prog0,\"ax\",@progbits\n r0 = 1\n exit\n"));
    assertThat(object.programs()).extracting(ProgSpec::name).containsExactly("xdp_prog0");
    assertThat(object.programs()).extracting(ProgSpec::type).containsExactly(ProgType.XDP);
  }

  @Test
  void strongExternsAreAProblemOfTheProgramThatUsesThem() {
    BpfObject object =
        read(
            """
            extern int CONFIG_HZ SEC(".kconfig");
            extern int kfunc(int) __attribute__((section(".ksyms")));
            SEC("xdp") int a(void *c) { return CONFIG_HZ; }
            SEC("xdp") int b(__u32 *c) { return kfunc(c[0]); }
            SEC("xdp") int clean(void *c) { return 2; }
            """);
    assertThat(program(object, "a").problem())
        .startsWith("insn ")
        .endsWith("of 'a': extern 'CONFIG_HZ' of .kconfig is not weak, and nothing provides it");
    assertThat(program(object, "b").problem()).contains("extern 'kfunc', a kernel function,");
    assertThat(program(object, "clean").problem()).isNull();
  }

  @Test
  void weakExternsAreZero() {
    BpfObject object =
        read(
            """
            extern int CONFIG_X __attribute__((section(".kconfig"))) WEAK;
            extern __u64 CONFIG_Y __attribute__((section(".kconfig"))) WEAK;
            extern const int ksym __attribute__((section(".ksyms"))) WEAK;
            extern int kfunc(int) __attribute__((section(".ksyms"))) WEAK;
            SEC("xdp") int a(__u32 *c) {
              if (kfunc) return kfunc(c[0]);
              return CONFIG_X + CONFIG_Y + (&ksym != 0); }
            """);
    ProgSpec a = program(object, "a");
    assertThat(a.problem()).isNull();
    assertThat(a.maps()).containsExactly(".kconfig");
    assertThat(Objects.requireNonNull(object.map(".kconfig")).contents()).isEqualTo(new byte[16]);
    assertThat(a.insns().toList())
        .anyMatch(i -> i instanceof Insn.CallHelper(int id) && id >= 2_002_000_000)
        .anyMatch(i -> i instanceof Insn.LoadImm64 load && load.imm() == 0)
        .noneMatch(i -> i instanceof Insn.CallLocal);
  }

  private static final String RELOCATABLE =
      """
      struct kernel_thing { int a; int b; } __attribute__((preserve_access_index));
      struct bpf_sk_lookup { __u32 x; __u32 family; } __attribute__((preserve_access_index));
      SEC("kprobe/x") int foreign(struct kernel_thing *t) { return t->b; }
      SEC("sk_lookup") int ctx(struct bpf_sk_lookup *c) { return c->family; }
      SEC("xdp") int id(void *c) { return __builtin_btf_type_id(*(struct kernel_thing *)0, 0); }
      """;

  @Test
  void fieldsOfKernelTypesAreAProblemThatNamesTheAccess() {
    assertThat(program(read(RELOCATABLE), "foreign").problem())
        .isEqualTo(
            "insn 0 of 'foreign': the field byte offset of 'struct kernel_thing' at 0:1 depends on"
                + " a kernel's types (CO-RE), and none are given");
  }

  @Test
  void fieldsOfUapiContextsStayWhereTheyAre() {
    ProgSpec ctx = program(read(RELOCATABLE), "ctx");
    assertThat(ctx.problem()).isNull();
    assertThat(ctx.insns().at(0))
        .isInstanceOfSatisfying(
            Insn.Load.class, load -> assertThat(load.offset()).isEqualTo((short) 4));
  }

  @Test
  void idsOfLocalTypesAreThoseOfTheObject() {
    BpfObject object = read(RELOCATABLE);
    ProgSpec id = program(object, "id");
    int expected =
        Objects.requireNonNull(object.btf())
            .idOf("kernel_thing", io.bpf4j.btf.BtfType.Struct.class::isInstance);
    assertThat(id.problem()).isNull();
    assertThat(id.insns().at(0))
        .isInstanceOfSatisfying(
            Insn.LoadImm64.class, load -> assertThat(load.imm()).isEqualTo(expected));
  }
}
