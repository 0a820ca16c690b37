package io.bpf4j.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.Engines;
import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.error.Errno;
import io.bpf4j.error.ErrnoException;
import io.bpf4j.isa.Assembler;
import io.bpf4j.isa.InsnEncoder;
import io.bpf4j.isa.Insns;
import io.bpf4j.netns.World;
import io.bpf4j.packet.PacketRun;
import io.bpf4j.packet.PacketTypes;
import io.bpf4j.platform.CtxField;
import io.bpf4j.platform.CtxLayout;
import io.bpf4j.platform.ProgTypeInfo;
import io.bpf4j.prog.ProgType;
import io.bpf4j.prog.Program;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Programs on packets: every engine does what the kernel's BPF_PROG_TEST_RUN does.
class LivePacketTest {
  private static final int PROGRAMS = Integer.getInteger("bpf4j.packet.programs", 60);

  @BeforeAll
  static void permitted() {
    Live.assumeBpf();
  }

  private static byte[] frame(int length) {
    byte[] frame = new byte[length];
    for (int i = 0; i < length; i++) {
      frame[i] = (byte) (0x10 + i);
    }
    return frame;
  }

  /// A program on one of our engines.
  private record Loaded(String engine, World world, RunnableProgram program) {
    static Loaded on(String engine, ProgType type, Insns insns) {
      World world = World.of(Engines.named(engine), 1, 1);
      return new Loaded(engine, world, world.load(Program.raw("packet", insns).withType(type)));
    }

    PacketRun.Result run(byte[] frame) {
      return PacketRun.run(program, world.cpu(0), frame, 1);
    }
  }

  /// Return value and frame, the same on the kernel and every engine.
  private static void same(ProgType type, String source, byte[]... frames) {
    Insns insns = Assembler.assemble(source);
    byte[] code = InsnEncoder.encode(insns);
    List<Loaded> engines =
        Engines.forBarePrograms().stream().map(name -> Loaded.on(name, type, insns)).toList();
    try (KernelProg prog = KernelProg.load(LoadRequest.of("packet", type, code, List.of()))) {
      for (byte[] frame : frames) {
        TestRun kernel = prog.testRun(TestRun.Input.data(frame));
        String told = "%08x %s".formatted(kernel.retval(), HexFormat.of().formatHex(kernel.data()));
        for (Loaded loaded : engines) {
          PacketRun.Result ours = loaded.run(frame);
          assertThat("%08x %s".formatted(ours.retval(), HexFormat.of().formatHex(ours.data())))
              .as("%s on %s, %d bytes:%n%s", loaded.engine, type, frame.length, source)
              .isEqualTo(told);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = ProgType.class,
      names = {"SOCKET_FILTER", "SCHED_CLS"})
  void packetLoadsReachExactlyWhatTheKernelsReach(ProgType type) {
    for (String size : List.of("u8", "u16", "u32")) {
      for (int base : new int[] {0, -0x1000, -0x100000, -0x200000, 0x7fffffff, -0x80000000}) {
        for (int delta : new int[] {-1, 0, 13, 16, 17, 18, 19, 20, 21, 30, 31, 32, 33, 34}) {
          int offset = base + delta;
          String end = "\nr0 |= 0x40000000\nexit";
          byte[] frames = frame(34);
          same(type, "r6 = r1\nr0 = *(%s *)skb[%d]%s".formatted(size, offset, end), frames);
          if (delta == 13) {
            String load = "r6 = r1\nr7 = %d\nr0 = *(%s *)skb[r7 + %d]%s";
            same(type, load.formatted(base, size, delta, end), frames);
            same(
                type,
                load.formatted(0x5_0000_0003L, size, delta, end).replace("\nr0 =", " ll\nr0 ="),
                frames);
          }
        }
      }
    }
  }

  @Test
  void aMissEndsTheFunctionItIsInWithZero() {
    String source =
        """
          r6 = r1
          r7 = subprog[f]
          call f
          r0 += 0x100
          exit
        f:
          r6 = r1
          r0 = *(u16 *)skb[20]
          r0 += 1
          exit
        """;
    same(ProgType.SOCKET_FILTER, source, frame(30), frame(36), frame(40));
  }

  /// The compiler makes several methods of it.
  @Test
  void aMissEndsAFunctionThatIsSplit() {
    String filler = "r8 *= 31\nr8 += r0\nr8 ^= r7\n".repeat(700);
    String load = "r0 = *(u16 *)skb[r7 + 0]\n";
    String source = "r6 = r1\nr7 = %d\nr8 = 1\nr0 = 2\n" + filler + load + filler + load;
    for (int offset : new int[] {0, 8, 9, 40}) {
      same(
          ProgType.SOCKET_FILTER, source.formatted(offset) + "r0 = r8\nexit", frame(24), frame(60));
    }
  }

  static Stream<Named<ProgTypeInfo>> types() {
    return PacketTypes.ROWS.stream().map(row -> Named.of(row.type().uapiName(), row));
  }

  /// Frames whose addresses and types the kernel tells apart.
  private static byte[][] frames() {
    HexFormat hex = HexFormat.of();
    String rest = "0102030405060800450000140000000040060000c0000201c6336407";
    return new byte[][] {
      hex.parseHex("020304050607" + rest),
      hex.parseHex("000000000000" + rest),
      hex.parseHex("ffffffffffff" + rest),
      hex.parseHex("010000000000" + rest),
      hex.parseHex("02030405060711121314151686dd" + "60".repeat(40)),
      hex.parseHex("0203040506071112131415160005ffff"),
      hex.parseHex("0203040506071112131415160005ff"),
      hex.parseHex("020304050607111213141516000501020304"),
      hex.parseHex("02030405060711121314151605ff"),
      hex.parseHex("0203040506071112131415160600"),
    };
  }

  @ParameterizedTest
  @MethodSource("types")
  void everyLegalLoadOfTheContextAnswersAsTheKernels(ProgTypeInfo type) {
    for (CtxField field : type.ctx().fields()) {
      for (CtxField.LegalLoad load : field.loads()) {
        // Addresses, and the socket that only the kernel makes, are nobody else's.
        if (!field.name().startsWith("data") && !field.pointer()) {
          String source =
              "r0 = *(u%d *)(r1 +%d)\nr2 = r0\nr2 >>= 32\nr0 ^= r2\nexit"
                  .formatted(8 * load.width(), load.offset());
          same(type.type(), source, frames());
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("types")
  void everyLegalStoreToTheContextIsReadAsTheKernelReadsIt(ProgTypeInfo type) {
    for (CtxField field : type.ctx().fields()) {
      for (CtxField.LegalStore store : field.stores()) {
        same(
            type.type(),
            """
              r2 = 0x1234567890abcdef ll
              *(u%d *)(r1 +%d) = r2
              r0 = *(u32 *)(r1 +%d)
              exit
            """
                .formatted(8 * store.width(), store.offset(), store.offset() & ~3),
            frame(60));
      }
    }
  }

  /// The verifier takes an access of the context exactly when our table has it.
  @ParameterizedTest
  @MethodSource("types")
  void whatTheTableLacksTheKernelRefuses(ProgTypeInfo type) {
    CtxLayout layout = type.ctx();
    boolean filter = type.type() == ProgType.SOCKET_FILTER;
    for (int width : new int[] {1, 2, 4, 8}) {
      for (int offset = 0; offset + width <= layout.size(); offset += width) {
        String load = "r0 = *(u%d *)(r1 +%d)\nr0 = 0\nexit".formatted(8 * width, offset);
        String store = "*(u%d *)(r1 +%d) = r1\nr0 = 0\nexit".formatted(8 * width, offset);
        store = "r2 = 0\n" + store.replace("= r1", "= r2");
        // Left out on purpose: the socket, stores to queue_mapping and tstamp; and egress_ifindex,
        // which needs an attach type.
        boolean skipLoad = offset == 168 && width == 8;
        boolean skipStore = !filter && (offset == 12 || offset == 152);
        if (!skipLoad) {
          assertThat(taken(type.type(), load))
              .as("%s load %d at %d", type.type(), width, offset)
              .isEqualTo(layout.rule(offset, width) != null);
        }
        if (!skipStore) {
          assertThat(taken(type.type(), store))
              .as("%s store %d at %d", type.type(), width, offset)
              .isEqualTo(layout.storeMask(offset, width) != 0);
        }
      }
    }
  }

  private static boolean taken(ProgType type, String source) {
    return switch (KernelProg.tryLoad(Live.request(type, source))) {
      case LoadResult.Loaded(KernelProg prog, String _) -> {
        prog.close();
        yield true;
      }
      case LoadResult.Refused _ -> false;
    };
  }

  @ParameterizedTest
  @ValueSource(strings = {"SCHED_CLS", "XDP"})
  void framesAreReadAndWrittenDirectly(ProgType type) {
    int at = type == ProgType.XDP ? 0 : 76;
    same(
        type,
        """
          r2 = *(u32 *)(r1 +%d)
          r3 = *(u32 *)(r1 +%d)
          r4 = r2
          r4 += 20
          r0 = 7
          if r4 > r3 goto end
          r0 = *(u32 *)(r2 +16)
          *(u16 *)(r2 +2) = r0
          r3 -= r2
          r0 += r3
        end:
          exit
        """
            .formatted(at, at + 4),
        frame(14),
        frame(19),
        frame(20),
        frame(64));
  }

  @ParameterizedTest
  @MethodSource("types")
  void framesShorterThanTheirHeadersAreRefused(ProgTypeInfo type) {
    String source = "r0 = 1\nexit";
    Loaded loaded = Loaded.on("interp", type.type(), Assembler.assemble(source));
    try (KernelProg prog = Live.load(type.type(), source)) {
      for (int protocol : new int[] {0x0800, 0x86dd, 0x0806}) {
        for (int length : new int[] {13, 14, 33, 34, 53, 54}) {
          byte[] frame = Arrays.copyOf(frame(12), length);
          if (length >= PacketRun.HEADER) {
            ByteBuffer.wrap(frame).putShort(12, (short) protocol);
          }
          boolean taken = answers(() -> prog.testRun(TestRun.Input.data(frame)));
          assertThat(answers(() -> loaded.run(frame)))
              .as("%s, protocol %x, %d bytes", type.type(), protocol, length)
              .isEqualTo(taken);
        }
      }
    }
  }

  private static boolean answers(Runnable run) {
    try {
      run.run();
      return true;
    } catch (ErrnoException e) {
      assertThat(e.errno()).isEqualTo(Errno.EINVAL);
      return false;
    }
  }

  @ParameterizedTest
  @MethodSource("types")
  void randomProgramsAgree(ProgTypeInfo type) {
    SplittableRandom random = new SplittableRandom(Long.getLong("bpf4j.packet.seed", 5));
    for (int i = 0; i < PROGRAMS; i++) {
      byte[][] frames = new byte[3][];
      for (int f = 0; f < frames.length; f++) {
        frames[f] = new byte[PacketRun.HEADER + random.nextInt(1, 60)];
        random.nextBytes(frames[f]);
      }
      same(type.type(), new PacketPrograms(random, type).next(), frames);
    }
  }
}
