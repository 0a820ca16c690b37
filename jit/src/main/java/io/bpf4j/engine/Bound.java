package io.bpf4j.engine;

import io.bpf4j.error.UnsupportedException;
import io.bpf4j.isa.Insn;
import io.bpf4j.isa.Insns;
import io.bpf4j.isa.Structure;
import io.bpf4j.mem.Region;
import io.bpf4j.platform.CtxLayout;
import io.bpf4j.platform.Helper;
import io.bpf4j.platform.Platform;
import io.bpf4j.platform.ProgTypeInfo;
import io.bpf4j.prog.BpfMap;
import io.bpf4j.prog.ProgType;
import io.bpf4j.prog.Program;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A program together with what it refers to on its host: helpers by id, maps by pointer, the
/// memory behind the maps' values. Both engines hold one a program and hand it to [Checks]. Making
/// it refuses, by name, what cannot be executed.
public final class Bound {
  private final Program program;
  private final Platform platform;
  private final EngineOptions options;
  private final @Nullable CtxLayout ctx;
  private final BpfMap[] maps;
  private final List<Integer> functions;
  private final BitSet entries = new BitSet();
  private @Nullable Proof proof;
  private volatile Region[] @Nullable [] regionsByCpu = {};

  private Bound(
      Program program, Platform platform, EngineOptions options, @Nullable CtxLayout ctx) {
    this.program = program;
    this.platform = platform;
    this.options = options;
    this.ctx = ctx;
    this.maps = program.maps().toArray(BpfMap[]::new);
    Set<Integer> named = new HashSet<>();
    program.subprogs().forEach(subprog -> named.add(subprog.pc()));
    this.functions = List.copyOf(Structure.check(program.insns(), named));
    functions.forEach(entries::set);
  }

  /// Binds a program to its host.
  ///
  /// @throws io.bpf4j.error.InsnFormatException when a jump or call leads nowhere
  /// @throws UnsupportedException when an instruction, a helper or the program type cannot be
  ///   executed
  public static Bound bind(Program program, Platform platform, EngineOptions options) {
    ProgTypeInfo type =
        program.type() == ProgType.UNSPEC ? null : platform.progType(program.type());
    Bound bound = new Bound(program, platform, options, type == null ? null : type.ctx());
    Insns insns = program.insns();
    for (int pc = 0; pc < insns.size(); pc++) {
      if (insns.startsAt(pc)) {
        String refusal = bound.refusal(insns.at(pc), type);
        if (refusal != null) {
          throw new UnsupportedException("prog '" + program.name() + "' insn " + pc, refusal);
        }
      }
    }
    return bound;
  }

  /// Binds a program to its host and proves it, so that it can run without checks.
  ///
  /// @throws io.bpf4j.error.InsnFormatException when a jump or call leads nowhere
  /// @throws UnsupportedException when an instruction, a helper or the program type cannot be
  ///   executed, or the proof knows nothing of it
  /// @throws io.bpf4j.error.VerifierException when it is not safe
  public static Bound prove(Program program, Platform platform, EngineOptions options) {
    if (program.type() == ProgType.UNSPEC) {
      throw new UnsupportedException(
          "prog '" + program.name() + "'",
          "it has no program type, so that nothing can be proved of it; checked engines run it");
    }
    Bound bound = bind(program, platform, options);
    bound.proof = Proof.of(program, platform, bound.ctx);
    return bound;
  }

  private @Nullable String refusal(Insn insn, @Nullable ProgTypeInfo type) {
    return switch (insn) {
      case Insn.CallHelper(int id) -> helperRefusal(id, type);
      case Insn.LegacyLoad _ ->
          type != null && type.packetLoads()
              ? null
              : "a packet load (LD_ABS, LD_IND) needs a program type that has them; %s not"
                  .formatted(type == null ? "a bare program has" : type.type().uapiName() + " has");
      case Insn.CallKfunc _ -> "kernel functions cannot be called outside the kernel";
      case Insn.AddrSpaceCast _ -> "addr_space_cast needs an arena, and there are none";
      case Insn.LoadImm64 load -> loadRefusal(load);
      default -> null;
    };
  }

  private @Nullable String loadRefusal(Insn.LoadImm64 load) {
    return switch (load.source()) {
      case IMM, FUNC -> null;
      case MAP_IDX ->
          load.low() >= 0 && load.low() < maps.length
              ? null
              : "map index " + load.low() + " is not bound";
      case MAP_IDX_VALUE -> {
        if (load.low() < 0 || load.low() >= maps.length) {
          yield "map index " + load.low() + " is not bound";
        }
        BpfMap map = maps[load.low()];
        yield map.directValueAddress() != 0
            ? null
            : "map '" + map.spec().name() + "' has no values that can be addressed directly";
      }
      case MAP_FD, MAP_VALUE, BTF_ID ->
          "a wide load of "
              + load.source().name().toLowerCase(Locale.ROOT)
              + " means nothing outside the kernel";
    };
  }

  private @Nullable String helperRefusal(int id, @Nullable ProgTypeInfo type) {
    Helper helper = platform.helper(id);
    if (helper == null) {
      return "helper #" + id + " is unknown";
    }
    String name = "helper " + helper.name() + "#" + id;
    if (type != null && !type.helpers().contains(id)) {
      return name + " is not offered to " + type.type().uapiName() + " programs";
    }
    if (helper.impl() == null) {
      return name + " has no implementation";
    }
    if (helper.gplOnly() && !gplCompatible(program.license())) {
      return name + " is for GPL-compatible programs, the licence is '" + program.license() + "'";
    }
    return null;
  }

  /// The licence strings the kernel takes as GPL-compatible (include/linux/license.h).
  public static boolean gplCompatible(String license) {
    return switch (license) {
      case "GPL",
          "GPL v2",
          "GPL and additional rights",
          "Dual BSD/GPL",
          "Dual MIT/GPL",
          "Dual MPL/GPL" ->
          true;
      default -> false;
    };
  }

  /// The proof that the program is safe, or null: then it runs checked.
  public @Nullable Proof proof() {
    return proof;
  }

  public Program program() {
    return program;
  }

  public Platform platform() {
    return platform;
  }

  public EngineOptions options() {
    return options;
  }

  /// The helper with this id, or null: the platform's row, found without a hash.
  public @Nullable Helper helper(int id) {
    return platform.helper(id);
  }

  /// Where the program's functions start, ascending, the first 0.
  public List<Integer> functions() {
    return functions;
  }

  /// Whether a function of the program starts at `pc`.
  public boolean isEntry(int pc) {
    return pc >= 0 && entries.get(pc);
  }

  /// The layout of the program's context; null for a bare program.
  public @Nullable CtxLayout ctx() {
    return ctx;
  }

  /// What a wide load puts into its register; for FUNC the function's pc, tagged as
  /// [#functionPointer].
  public long wideValue(Insn.LoadImm64 load, int pc) {
    return switch (load.source()) {
      case MAP_IDX -> maps[load.low()].pointer();
      case MAP_IDX_VALUE ->
          maps[load.low()].directValueAddress() + Integer.toUnsignedLong(load.high());
      case FUNC -> functionPointer(pc + 1 + load.low());
      default -> load.imm();
    };
  }

  /// What a program sees as the address of its function at `pc`: an opaque number no memory region
  /// holds.
  public static long functionPointer(int pc) {
    return FUNCTION_TAG | Integer.toUnsignedLong(pc);
  }

  /// The pc in a function pointer, or -1 when the number is none.
  public static int pcOfFunctionPointer(long pointer) {
    return (pointer & 0xffff_ffff_0000_0000L) == FUNCTION_TAG ? (int) pointer : -1;
  }

  private static final long FUNCTION_TAG = 0xb4f0_ffff_0000_0000L;

  /// The map a pointer stands for, or null.
  public @Nullable BpfMap mapOfPointer(long pointer) {
    for (BpfMap map : maps) {
      if (map.pointer() == pointer) {
        return map;
      }
    }
    return null;
  }

  /// The value memory of the program's maps that contains an address, as seen from a CPU, or null.
  public @Nullable Region mapRegion(int cpu, long address) {
    Region[] @Nullable [] known = regionsByCpu;
    Region @Nullable [] own = cpu < known.length ? known[cpu] : null;
    Region[] regions = own != null ? own : regions(cpu);
    int low = 0;
    int high = regions.length - 1;
    while (low <= high) {
      int mid = (low + high) >>> 1;
      Region region = regions[mid];
      if (Long.compareUnsigned(address, region.base()) < 0) {
        high = mid - 1;
      } else if (region.contains(address)) {
        return region;
      } else {
        low = mid + 1;
      }
    }
    return null;
  }

  private Region[] regions(int cpu) {
    List<Region> all = new ArrayList<>();
    for (BpfMap map : maps) {
      all.addAll(map.valueRegions(cpu));
    }
    Region[] sorted = all.stream().distinct().toArray(Region[]::new);
    Arrays.sort(sorted, Comparator.comparingLong(Region::base));
    remember(cpu, sorted);
    return sorted;
  }

  private synchronized void remember(int cpu, Region[] regions) {
    Region[] @Nullable [] longer =
        Arrays.copyOf(regionsByCpu, Math.max(cpu + 1, regionsByCpu.length));
    longer[cpu] = regions;
    regionsByCpu = longer;
  }
}
