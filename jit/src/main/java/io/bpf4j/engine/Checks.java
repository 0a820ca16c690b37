package io.bpf4j.engine;

import io.bpf4j.isa.AtomicOp;
import io.bpf4j.mem.AtomicMemory;
import io.bpf4j.mem.Cpu;
import io.bpf4j.mem.Memory;
import io.bpf4j.mem.Packet;
import io.bpf4j.mem.Region;
import io.bpf4j.platform.ArgType;
import io.bpf4j.platform.CtxLayout;
import io.bpf4j.platform.Helper;
import io.bpf4j.platform.LoadRule;
import io.bpf4j.platform.MapTypeInfo;
import io.bpf4j.prog.BpfMap;
import io.bpf4j.prog.ProgType;
import java.lang.invoke.MethodHandle;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a checked program may do, decided at run time: the one place both engines ask when their
/// own quick tests do not settle an access, so that they agree to the letter.
///
/// An address belongs to one of: the stack from the current frame up to the outermost, the context,
/// the run's memory, a value of one of the program's maps, a socket. `fp` is the frame pointer of
/// the function that asks.
public final class Checks {
  /// No helper takes more memory than this at once (the kernel's BPF_MAX_VAR_SIZ).
  private static final long MAX_MEM = 1L << 29;

  private Checks() {}

  /// Loads from anywhere the program may read.
  ///
  /// @param size 1, 2, 4 or 8 bytes
  /// @param signed whether to sign-extend instead of zero-extend
  /// @throws io.bpf4j.error.MemoryFault when it may not
  public static long load(
      Bound bound, Cpu cpu, long fp, long address, int size, boolean signed, int pc) {
    CtxLayout ctx = bound.ctx();
    if (ctx != null && address - cpu.ctx() >= 0 && address - cpu.ctx() < ctx.size()) {
      return field(bound, ctx, cpu.ctx(), address, size, signed, pc);
    }
    if (!onStack(cpu, fp, address, size)) {
      Region region = find(bound, cpu, address);
      if (region == null || !region.holds(address, size)) {
        throw Faults.access(bound, cpu, fp, pc, address, size, "read");
      }
      CtxLayout sock = bound.platform().sock();
      if (region.kind() == Region.Kind.SOCK && sock != null) {
        long offset = (address - region.base()) & (region.stride() - 1);
        return field(bound, sock, address - offset, address, size, signed, pc);
      }
    }
    long value = Memory.load(address, size);
    int shift = 64 - 8 * size;
    return signed ? value << shift >> shift : value;
  }

  /// Stores to anywhere the program may write.
  ///
  /// @throws io.bpf4j.error.MemoryFault when it may not
  public static void store(
      Bound bound, Cpu cpu, long fp, long address, int size, long value, int pc) {
    long mask = -1;
    if (!onStack(cpu, fp, address, size)) {
      Region region = find(bound, cpu, address);
      CtxLayout ctx = bound.ctx();
      if (region == null && ctx != null) {
        mask = ctx.storeMask(address - cpu.ctx(), size);
      }
      boolean legal =
          region == null
              ? ctx != null && mask != 0
              : region.writable() && region.holds(address, size);
      if (!legal) {
        throw Faults.access(bound, cpu, fp, pc, address, size, "write");
      }
    }
    Memory.store(address, size, value & mask);
  }

  /// A packet load (LD_ABS, LD_IND): the number in network order, or [Packet#MISS], with which the
  /// function that asked ends and answers 0 (net/core/filter.c, bpf_gen_ld_abs).
  ///
  /// @param r6 what R6 holds, which must be the context
  /// @param size 1, 2 or 4 bytes
  /// @throws io.bpf4j.error.CallFault when R6 holds something else, or the run has no packet
  public static long packetLoad(Bound bound, Cpu cpu, long r6, int offset, int size, int pc) {
    Packet packet = cpu.packet();
    if (r6 != cpu.ctx() || packet == null) {
      throw Faults.call(
          bound,
          pc,
          packet == null ? "the run has no packet" : "R6 = 0x%x must be the context".formatted(r6));
    }
    return packet.load(offset, size);
  }

  /// The region an engine may remember for its next accesses: the run's memory, map values or a
  /// socket that contains the address; null for stack, context and everything else. Accesses to a
  /// SOCK region must go through [#load].
  public static @Nullable Region find(Bound bound, Cpu cpu, long address) {
    Region mem = cpu.memRegion();
    if (mem != null && mem.contains(address)) {
      return mem;
    }
    Region values = bound.mapRegion(cpu.index(), address);
    return values != null ? values : cpu.hostRegion(address);
  }

  /// An atomic operation on memory the program may write; context and sockets are refused
  /// (kernel/bpf/verifier.c, check_atomic_rmw). Returns the old value, zero-extended.
  ///
  /// @param size 4 or 8 bytes, to which the address must be aligned
  /// @param expected what CMPXCHG compares with (R0); others ignore it
  /// @throws io.bpf4j.error.MemoryFault when it may not
  public static long atomic(
      Bound bound,
      Cpu cpu,
      long fp,
      long address,
      int size,
      AtomicOp op,
      long value,
      long expected,
      int pc) {
    checkAtomic(bound, cpu, fp, address, size, true, "atomic access", pc);
    return switch (op) {
      case ADD -> AtomicMemory.add(address, size, value);
      case OR -> AtomicMemory.or(address, size, value);
      case AND -> AtomicMemory.and(address, size, value);
      case XOR -> AtomicMemory.xor(address, size, value);
      case XCHG -> AtomicMemory.exchange(address, size, value);
      case CMPXCHG -> AtomicMemory.compareExchange(address, size, expected, value);
    };
  }

  /// A load that what follows it cannot overtake, of 1, 2, 4 or 8 aligned bytes, zero-extended.
  ///
  /// @throws io.bpf4j.error.MemoryFault when it may not
  public static long loadAcquire(Bound bound, Cpu cpu, long fp, long address, int size, int pc) {
    checkAtomic(bound, cpu, fp, address, size, false, "load_acquire", pc);
    return AtomicMemory.loadAcquire(address, size);
  }

  /// A store that cannot overtake what precedes it, of 1, 2, 4 or 8 aligned bytes.
  ///
  /// @throws io.bpf4j.error.MemoryFault when it may not
  public static void storeRelease(
      Bound bound, Cpu cpu, long fp, long address, int size, long value, int pc) {
    checkAtomic(bound, cpu, fp, address, size, true, "store_release", pc);
    AtomicMemory.storeRelease(address, size, value);
  }

  private static void checkAtomic(
      Bound bound, Cpu cpu, long fp, long address, int size, boolean write, String verb, int pc) {
    if (!onStack(cpu, fp, address, size)) {
      Region region = find(bound, cpu, address);
      if (region == null
          || region.kind() == Region.Kind.SOCK
          || (write && !region.writable())
          || !region.holds(address, size)) {
        throw Faults.access(bound, cpu, fp, pc, address, size, verb);
      }
    }
    if ((address & (size - 1)) != 0) {
      throw Faults.alignment(bound, pc, address, size, verb);
    }
  }

  /// What a call through a register reaches: the pc of a function of the program, or the complement
  /// (`~id`) of a helper's number. Bare programs call helpers so (as the `callx` vector of
  /// bpf_conformance does); clang makes calls through pointers to functions only.
  ///
  /// @throws io.bpf4j.error.CallFault when it is neither
  public static int callTarget(Bound bound, long target, int pc) {
    int entry = Bound.pcOfFunctionPointer(target);
    if (bound.isEntry(entry)) {
      return entry;
    }
    if (bound.program().type() == ProgType.UNSPEC && target >= 0 && target <= Integer.MAX_VALUE) {
      Helper helper = bound.helper((int) target);
      if (helper != null && helper.impl() != null) {
        return ~helper.id();
      }
    }
    throw badTarget(bound, pc, target);
  }

  private static boolean onStack(Cpu cpu, long fp, long address, long size) {
    return address >= fp - Cpu.FRAME_BYTES && address <= cpu.stackTop() - size;
  }

  private static long field(
      Bound bound, CtxLayout layout, long base, long address, int size, boolean signed, int pc) {
    LoadRule rule = layout.rule(address - base, size);
    if (rule == null) {
      throw Faults.field(bound, layout, pc, address - base, address, size);
    }
    return rule.load(base, size, signed);
  }

  /// Calls a helper after checking every argument.
  ///
  /// @throws io.bpf4j.error.MemoryFault when a pointer argument is not what the helper needs
  /// @throws io.bpf4j.error.CallFault when there is no such helper
  public static long call(
      Bound bound, Cpu cpu, long fp, int id, long r1, long r2, long r3, long r4, long r5, int pc) {
    Helper helper = bound.helper(id);
    MethodHandle impl = helper == null ? null : helper.impl();
    if (helper == null || impl == null) {
      throw Faults.call(bound, pc, "helper #" + id + " is unknown");
    }
    checkArguments(bound, cpu, fp, helper, r1, r2, r3, r4, r5, pc);
    return invoke(impl, cpu, r1, r2, r3, r4, r5);
  }

  /// Calls a helper that is there with arguments that were proved.
  public static long invoke(
      Bound bound, Cpu cpu, int id, long r1, long r2, long r3, long r4, long r5) {
    Helper helper = bound.helper(id);
    MethodHandle impl = helper == null ? null : helper.impl();
    if (impl == null) {
      throw new IllegalStateException("helper #" + id + " was let through");
    }
    return invoke(impl, cpu, r1, r2, r3, r4, r5);
  }

  private static long invoke(
      MethodHandle impl, Cpu cpu, long r1, long r2, long r3, long r4, long r5) {
    try {
      return (long) impl.invokeExact(cpu, r1, r2, r3, r4, r5);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /// Throws when an argument is not what the helper needs; `args` holds R1 to R5.
  public static void checkArguments(
      Bound bound, Cpu cpu, long fp, Helper helper, long[] args, int pc) {
    checkArguments(bound, cpu, fp, helper, args[0], args[1], args[2], args[3], args[4], pc);
  }

  /// Throws when an argument is not what the helper needs. Makes no garbage.
  public static void checkArguments(
      Bound bound,
      Cpu cpu,
      long fp,
      Helper helper,
      long r1,
      long r2,
      long r3,
      long r4,
      long r5,
      int pc) {
    List<ArgType> types = helper.args();
    BpfMap map = null;
    for (int i = 0; i < types.size(); i++) {
      long arg = argument(i, r1, r2, r3, r4, r5);
      switch (types.get(i)) {
        case ANY -> {}
        case CTX ->
            require(
                bound, helper, pc, i, arg, arg == cpu.ctx() && bound.ctx() != null, "the context");
        case CONST_MAP_PTR -> map = map(bound, helper, pc, i, arg);
        case MAP_KEY ->
            memory(bound, cpu, fp, helper, pc, i, arg, spec(map).spec().keySize(), false);
        case MAP_VALUE -> mapValue(bound, cpu, fp, helper, pc, i, arg, spec(map));
        case MAP_VALUE_OUT ->
            memory(bound, cpu, fp, helper, pc, i, arg, spec(map).spec().valueSize(), true);
        case MEM, MEM_OUT -> {
          boolean zeroAllowed = types.get(i + 1) == ArgType.SIZE_OR_ZERO;
          long size = argument(i + 1, r1, r2, r3, r4, r5);
          boolean sane = size >= (zeroAllowed ? 0 : 1) && size <= MAX_MEM;
          String need = zeroAllowed ? "a size from 0 to " : "a size from 1 to ";
          require(bound, helper, pc, i + 1, size, sane, need, MAX_MEM);
          memory(bound, cpu, fp, helper, pc, i, arg, size, types.get(i) == ArgType.MEM_OUT);
        }
        case SIZE, SIZE_OR_ZERO -> {}
        case SOCK -> require(bound, helper, pc, i, arg, isSocket(cpu, arg), "a socket");
        case SOCK_OR_NULL ->
            require(bound, helper, pc, i, arg, arg == 0 || isSocket(cpu, arg), "a socket or NULL");
        case LONG_OUT -> {
          require(bound, helper, pc, i, arg, (arg & 7) == 0, "aligned to 8 bytes");
          memory(bound, cpu, fp, helper, pc, i, arg, 8, true);
        }
        case FUNC, STACK_OR_NULL ->
            throw Faults.call(bound, pc, helper.name() + ": callbacks cannot be run yet");
      }
    }
  }

  private static long argument(int i, long r1, long r2, long r3, long r4, long r5) {
    return switch (i) {
      case 0 -> r1;
      case 1 -> r2;
      case 2 -> r3;
      case 3 -> r4;
      default -> r5;
    };
  }

  private static BpfMap spec(@Nullable BpfMap map) {
    if (map == null) {
      throw new IllegalStateException("a helper row names a key or value before its map");
    }
    return map;
  }

  private static BpfMap map(Bound bound, Helper helper, int pc, int i, long arg) {
    BpfMap map = bound.mapOfPointer(arg);
    if (map == null) {
      throw Faults.argument(bound, helper, pc, i, arg, "must be a map of this program");
    }
    MapTypeInfo type = bound.platform().mapType(map.spec().type());
    if (type != null && !type.helpers().contains(helper.id())) {
      throw Faults.argument(
          bound,
          helper,
          pc,
          i,
          arg,
          "map '" + map.spec().name() + "' is a " + type.name() + ", which it does not take");
    }
    return map;
  }

  private static void mapValue(
      Bound bound, Cpu cpu, long fp, Helper helper, int pc, int i, long arg, BpfMap map) {
    MapTypeInfo type = bound.platform().mapType(map.spec().type());
    if (type != null && type.values() == MapTypeInfo.Values.SOCKETS) {
      require(bound, helper, pc, i, arg, isSocket(cpu, arg), "a socket");
    } else {
      memory(bound, cpu, fp, helper, pc, i, arg, map.spec().valueSize(), false);
    }
  }

  private static void memory(
      Bound bound,
      Cpu cpu,
      long fp,
      Helper helper,
      int pc,
      int i,
      long address,
      long size,
      boolean write) {
    if (size == 0 || onStack(cpu, fp, address, size)) {
      return;
    }
    Region region = find(bound, cpu, address);
    boolean legal =
        region != null
            && region.kind() != Region.Kind.SOCK
            && (!write || region.writable())
            && region.holds(address, size);
    if (!legal) {
      String need =
          "must be %d bytes of %s memory".formatted(size, write ? "writable" : "readable");
      throw Faults.argument(bound, helper, pc, i, address, need);
    }
  }

  /// Whether an address is that of a socket, as [ArgType#SOCK] asks.
  public static boolean isSocket(Cpu cpu, long address) {
    Region region = cpu.hostRegion(address);
    return region != null
        && region.kind() == Region.Kind.SOCK
        && ((address - region.base()) & (region.stride() - 1)) == 0;
  }

  private static void require(
      Bound bound, Helper helper, int pc, int i, long arg, boolean holds, String need) {
    if (!holds) {
      throw Faults.argument(bound, helper, pc, i, arg, "must be " + need);
    }
  }

  private static void require(
      Bound bound, Helper helper, int pc, int i, long arg, boolean holds, String need, long limit) {
    if (!holds) {
      throw Faults.argument(bound, helper, pc, i, arg, "must be " + need + limit);
    }
  }

  /// The fault of an access to the stack at a constant offset outside the frame, or of a context
  /// access that is never legal: engines that know it at load time throw it when they get there.
  public static io.bpf4j.error.MemoryFault fault(
      Bound bound, Cpu cpu, long fp, long address, int size, boolean write, int pc) {
    CtxLayout ctx = bound.ctx();
    if (!write && ctx != null && address - cpu.ctx() >= 0 && address - cpu.ctx() < ctx.size()) {
      return Faults.field(bound, ctx, pc, address - cpu.ctx(), address, size);
    }
    return Faults.access(bound, cpu, fp, pc, address, size, write ? "write" : "read");
  }

  /// What is wrong with a run of a typed program that does not start with its context in R1.
  public static IllegalArgumentException wrongContext() {
    return new IllegalArgumentException("R1 of a typed program is its context, Cpu.ctx()");
  }

  /// The end of a run that spent its budget at `pc`.
  public static io.bpf4j.error.BudgetExhausted budget(Bound bound, int pc) {
    return Faults.budget(bound, pc);
  }

  /// The end of a run whose local calls nest too deep at `pc`.
  public static io.bpf4j.error.CallFault tooDeep(Bound bound, int pc) {
    return Faults.call(bound, pc, "local calls nest deeper than " + Cpu.MAX_FRAMES + " frames");
  }

  /// The end of a run that called through a register which holds no function of the program.
  public static io.bpf4j.error.CallFault badTarget(Bound bound, int pc, long target) {
    return Faults.call(bound, pc, "0x%x is no function of this program".formatted(target));
  }
}
