package io.bpf4j.conformance;

import io.bpf4j.mem.Cpu;
import io.bpf4j.mem.Memory;
import io.bpf4j.platform.ArgType;
import io.bpf4j.platform.CtxField;
import io.bpf4j.platform.CtxField.LegalLoad;
import io.bpf4j.platform.CtxLayout;
import io.bpf4j.platform.Helper;
import io.bpf4j.platform.LoadRule;
import io.bpf4j.platform.MapTypeInfo;
import io.bpf4j.platform.Platform;
import io.bpf4j.platform.ProgTypeInfo;
import io.bpf4j.platform.RetType;
import io.bpf4j.prog.ProgType;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.util.List;
import java.util.Set;

/// A host with five helpers, one map type, one program type and one kind of socket.
public final class ToyPlatform {
  public static final int LOOKUP = 1;
  public static final int WEIGH = 2;
  public static final int TICK = 5;
  public static final int FILL = 6;
  public static final int SUM = 7;

  /// What [#TICK] answers.
  public static final long TICKS = 0x1234_5678_9abcL;

  /// `struct toy_ctx { u32 family; u16 port; u16 pad; u64 sk; }`: the port may be read as 4 bytes,
  /// which answer it twice; the padding not at all.
  public static final CtxLayout CTX =
      new CtxLayout(
          "struct toy_ctx",
          16,
          List.of(
              new CtxField("family", 0, 4, List.of(load(0, 4), load(0, 1), load(2, 2)), false),
              new CtxField(
                  "port",
                  4,
                  2,
                  List.of(load(4, 2), new LegalLoad(4, 4, new LoadRule(4, 2, true))),
                  false),
              new CtxField("sk", 8, 8, List.of(load(8, 8)), true)));

  /// `struct toy_sock { u32 family; u32 mark; }`, of which only whole fields can be read.
  public static final CtxLayout SOCK =
      new CtxLayout(
          "struct toy_sock",
          8,
          List.of(
              new CtxField("family", 0, 4, List.of(load(0, 4)), false),
              new CtxField("mark", 4, 4, List.of(load(4, 4)), false)));

  public static final Platform PLATFORM =
      new Platform(
          List.of(
              new ProgTypeInfo(
                  ProgType.SOCKET_FILTER, "", CTX, Set.of(LOOKUP, WEIGH, FILL, SUM), 0, 1)),
          List.of(
              helper(
                  LOOKUP,
                  "toy_lookup",
                  RetType.MAP_VALUE_OR_NULL,
                  "lookup",
                  ArgType.CONST_MAP_PTR,
                  ArgType.MAP_KEY),
              helper(
                  WEIGH,
                  "toy_weigh",
                  RetType.INTEGER,
                  "weigh",
                  ArgType.ANY,
                  ArgType.ANY,
                  ArgType.ANY,
                  ArgType.ANY,
                  ArgType.ANY),
              helper(TICK, "toy_tick", RetType.INTEGER, "tick"),
              helper(
                  FILL,
                  "toy_fill",
                  RetType.VOID,
                  "fill",
                  ArgType.MEM_OUT,
                  ArgType.SIZE,
                  ArgType.ANY),
              helper(SUM, "toy_sum", RetType.INTEGER, "sum", ArgType.MEM, ArgType.SIZE_OR_ZERO),
              Helper.of(30, "toy_absent", List.of(), RetType.INTEGER, null)),
          List.of(
              new MapTypeInfo(
                  ToyMap.TYPE, "TOY_MAP", MapTypeInfo.Values.BYTES, Set.of(LOOKUP), true)),
          SOCK);

  private ToyPlatform() {}

  private static LegalLoad load(int offset, int width) {
    return new LegalLoad(offset, width, new LoadRule(offset, width, false));
  }

  private static Helper helper(int id, String name, RetType ret, String method, ArgType... args) {
    try {
      MethodHandle impl =
          MethodHandles.lookup().findStatic(ToyPlatform.class, method, Helper.SHAPE);
      return Helper.of(id, name, List.of(args), ret, impl);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(method, e);
    }
  }

  /// The address of the value under the key at `r2`, or 0.
  static long lookup(Cpu cpu, long r1, long r2, long r3, long r4, long r5) {
    ToyMap map = ToyMap.ofPointer(r1);
    return map == null ? 0 : map.lookup(r2);
  }

  /// All five arguments in one number, so that none can be lost or swapped.
  static long weigh(Cpu cpu, long r1, long r2, long r3, long r4, long r5) {
    return r1 + 10 * r2 + 100 * r3 + 1000 * r4 + 10000 * r5;
  }

  static long tick(Cpu cpu, long r1, long r2, long r3, long r4, long r5) {
    return TICKS;
  }

  /// Writes `r2` bytes of value `r3` at `r1`.
  static long fill(Cpu cpu, long r1, long r2, long r3, long r4, long r5) {
    for (long i = 0; i < r2; i++) {
      Memory.putByte(r1 + i, (byte) r3);
    }
    return 0;
  }

  /// The sum of `r2` bytes at `r1`.
  static long sum(Cpu cpu, long r1, long r2, long r3, long r4, long r5) {
    long sum = 0;
    for (long i = 0; i < r2; i++) {
      sum += Byte.toUnsignedLong(Memory.getByte(r1 + i));
    }
    return sum;
  }
}
