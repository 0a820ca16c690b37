package io.bpf4j.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.bpf4j.error.BindException;
import io.bpf4j.error.Errno;
import io.bpf4j.isa.Assembler;
import io.bpf4j.map.MapTypes;
import io.bpf4j.prog.MapSpec;
import io.bpf4j.prog.ProgSpec;
import io.bpf4j.prog.ProgType;
import io.bpf4j.prog.Subprog;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

final class KernelProgTest {
  private static final byte[] PACKET = new byte[64];
  private static final MapSpec ARRAY = MapSpec.of("values", MapTypes.ARRAY, 4, 16, 1, 0);

  @BeforeAll
  static void liveKernel() {
    Live.assumeBpf();
  }

  @Test
  void aProgramRunsAndShowsThirtyTwoBits() {
    try (KernelProg prog = Live.load(ProgType.SOCKET_FILTER, "r0 = 0x1122334455667788 ll\nexit")) {
      TestRun run = prog.testRun(TestRun.Input.data(PACKET).withRepeat(1000));
      assertThat(run.retval()).isEqualTo(0x55667788);
      assertThat(run.durationNanos()).isPositive();
      assertThat(prog.id()).isPositive();
      assertThat(prog.jitedBytes() > 0).isEqualTo(KernelSupport.jit() != KernelSupport.Jit.OFF);
    }
  }

  @Test
  void aRefusalHasTheVerifiersReasonAndItsLog() {
    LoadResult result = KernelProg.tryLoad(Live.request(ProgType.SOCKET_FILTER, "r0 = r3\nexit"));
    assertThat(result).isInstanceOf(LoadResult.Refused.class);
    assertThat(result.log()).contains("R3 !read_ok").contains("processed");
    assertThat(((LoadResult.Refused) result).errno()).isEqualTo(Errno.EACCES);
    Live.refused(Errno.EACCES, () -> Live.load(ProgType.SOCKET_FILTER, "r0 = r3\nexit").close())
        .withMessageContaining("bpf(BPF_PROG_LOAD) prog 'test'")
        .withMessageContaining("prog_type=1 insn_cnt=2")
        .withMessageEndingWith(": R3 !read_ok");
  }

  @Test
  void theLogOfAnAcceptedProgramIsGivenOnRequest() {
    LoadResult result =
        KernelProg.tryLoad(Live.request(ProgType.SOCKET_FILTER, "r0 = 5\nexit").withLogLevel(2));
    assertThat(result.log()).contains("R0=5").contains("processed 2 insns");
    ((LoadResult.Loaded) result).prog().close();
  }

  @Test
  void aLongLogComesWhole() {
    String text = "r0 = 1\n" + "r0 += 1\n".repeat(20_000) + "r0 = r9\nexit";
    LoadResult result =
        KernelProg.tryLoad(Live.request(ProgType.SOCKET_FILTER, text).withLogLevel(2));
    assertThat(result.log()).contains("R9 !read_ok").contains("\n0: ");
    assertThat(result.log().length()).isGreaterThan(20_000 * 20);
  }

  @Test
  void whatIsNoProgramIsRefused() {
    Live.refused(
            Errno.E2BIG,
            () ->
                KernelProg.load(
                        LoadRequest.of("none", ProgType.SOCKET_FILTER, new byte[0], List.of()))
                    .close())
        .withMessageContaining("bpf(BPF_PROG_LOAD) prog 'none'");
    Live.refused(Errno.EINVAL, () -> Live.load(ProgType.UNSPEC, "r0 = 0\nexit").close());
  }

  @Test
  void helpersForGplAloneNeedTheLicense() {
    String text = "r1 = 0\nr2 = 0\nr3 = 0\nr0 = 0\ncall helper#6\nexit"; // bpf_trace_printk
    Live.refused(
            Errno.EINVAL,
            () ->
                KernelProg.load(
                        Live.request(ProgType.RAW_TRACEPOINT, text).withLicense("Proprietary"))
                    .close())
        .withMessageContaining("GPL");
  }

  @Test
  void mapsAreFoundByIndex() {
    try (KernelMap first = KernelMap.create(ARRAY);
        KernelMap second = KernelMap.create(ARRAY);
        KernelProg prog =
            Live.load(
                ProgType.SOCKET_FILTER,
                """
                r6 = map[idx:1][0]+8
                *(u64 *)(r6 + 0) = 77
                *(u32 *)(r10 - 4) = 0
                r2 = r10
                r2 += -4
                r1 = map[idx:0]
                call helper#1
                if r0 == 0 goto out
                *(u64 *)(r0 + 0) = 66
                out: r0 = 0
                exit
                """,
                first,
                second)) {
      prog.testRun(TestRun.Input.data(PACKET));
      assertThat(first.lookupElem(new byte[4])).startsWith(66).endsWith(0);
      assertThat(second.lookupElem(new byte[4])).startsWith(0).contains(77);
    }
  }

  @Test
  void functionsWhoseAddressIsTakenGetTheirTypes() {
    // bpf_loop(10, add, &sum, 0)
    String text =
        """
        *(u64 *)(r10 - 8) = 0
        r1 = 10
        r2 = subprog[add]
        r3 = r10
        r3 += -8
        r4 = 0
        call helper#181
        r0 = *(u64 *)(r10 - 8)
        exit
        add:
        r3 = *(u64 *)(r2 + 0)
        r3 += r1
        *(u64 *)(r2 + 0) = r3
        r0 = 0
        exit
        """;
    try (KernelProg prog =
        KernelProg.load(
            Live.request(ProgType.SOCKET_FILTER, text)
                .withSubprogs(List.of(new Subprog("main", 0), new Subprog("add", 10))))) {
      assertThat(prog.testRun(TestRun.Input.data(PACKET)).retval()).isEqualTo(45);
    }
  }

  @Test
  void packetsComeBackChanged() {
    try (KernelProg prog =
        Live.load(
            ProgType.XDP,
            """
            r2 = *(u32 *)(r1 + 0)
            r3 = *(u32 *)(r1 + 4)
            r4 = r2
            r4 += 20
            if r4 > r3 goto out
            *(u32 *)(r2 + 16) = 0x04030201
            out: r0 = 2
            exit
            """)) {
      TestRun run = prog.testRun(TestRun.Input.data(PACKET));
      assertThat(run.retval()).isEqualTo(2);
      assertThat(run.data()).hasSize(64).containsSequence(1, 2, 3, 4);
      Live.refused(Errno.EINVAL, () -> prog.testRun(TestRun.Input.data(new byte[4])))
          .withMessageContaining("bpf(BPF_PROG_TEST_RUN) prog 'test'")
          .withMessageContaining("data_size_in=4");
    }
  }

  @Test
  void lookupContextsGoInAndOut() {
    byte[] ctx = new byte[72];
    ByteBuffer fields = ByteBuffer.wrap(ctx).order(ByteOrder.LITTLE_ENDIAN);
    fields.putInt(8, 2).putInt(12, 6).putInt(60, 443);
    try (KernelProg prog =
        Live.load(
            ProgType.SK_LOOKUP,
            """
            r2 = *(u32 *)(r1 + 60)
            r0 = 1
            if r2 == 443 goto out
            r0 = 0
            out: exit
            """)) {
      TestRun run = prog.testRun(TestRun.Input.ctx(ctx));
      assertThat(run.retval()).isEqualTo(1);
      assertThat(run.ctx()).hasSize(72);
      fields.putInt(60, 80);
      assertThat(prog.testRun(TestRun.Input.ctx(ctx)).retval()).isZero();
      fields.putInt(8, 1);
      Live.refused(Errno.EAFNOSUPPORT, () -> prog.testRun(TestRun.Input.ctx(ctx)));
    }
  }

  @Test
  void callsOfTheSystemSeeTheirContext() {
    try (KernelProg prog =
        Live.load(
            ProgType.SYSCALL,
            """
            r2 = *(u64 *)(r1 + 0)
            r2 += 1
            *(u64 *)(r1 + 8) = r2
            r0 = 7
            exit
            """)) {
      TestRun run =
          prog.testRun(
              TestRun.Input.ctx(new byte[] {41, 0, 0, 0, 0, 0, 0, 0, 9, 9, 9, 9, 9, 9, 9, 9}));
      assertThat(run.retval()).isEqualTo(7);
      assertThat(run.ctx()).startsWith(41).endsWith(42, 0, 0, 0, 0, 0, 0, 0);
    }
  }

  @Test
  void typesThatCannotBeRunSaySo() {
    try (KernelProg prog = Live.load(ProgType.SK_REUSEPORT, "r0 = 1\nexit")) {
      Live.refused(Errno.ENOTSUPP, () -> prog.testRun(TestRun.Input.data(PACKET)));
    }
  }

  @Test
  void specsAreBoundByName() {
    ProgSpec spec =
        new ProgSpec(
            "prog",
            "sk_lookup",
            ProgType.SK_LOOKUP,
            Assembler.assemble("r1 = map[idx:0]\nr0 = 1\nexit"),
            List.of("values"),
            List.of(new Subprog("prog", 0)),
            List.of(),
            "GPL",
            null);
    try (KernelMap map = KernelMap.create(ARRAY);
        KernelProg prog = KernelProg.load(spec, Map.of("values", map))) {
      assertThat(prog.name()).isEqualTo("prog");
      assertThat(prog.type()).isEqualTo(ProgType.SK_LOOKUP);
    }
    assertThatExceptionOfType(BindException.class)
        .isThrownBy(() -> KernelProg.load(spec, Map.of()))
        .withMessage("prog 'prog': map 'values' is not given");
  }

  @Test
  void aClosedProgramIsNotRun() {
    KernelProg prog = Live.load(ProgType.SOCKET_FILTER, "r0 = 0\nexit");
    prog.close();
    assertThatIllegalStateException()
        .isThrownBy(() -> prog.testRun(TestRun.Input.data(PACKET)))
        .withMessage("prog 'test' is closed");
  }
}
