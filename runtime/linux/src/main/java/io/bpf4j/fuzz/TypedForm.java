package io.bpf4j.fuzz;

import io.bpf4j.helper.Helpers;
import io.bpf4j.isa.Imm;
import io.bpf4j.isa.Insn;
import io.bpf4j.isa.Insns;
import io.bpf4j.isa.PseudoLoad;
import io.bpf4j.isa.Reg;
import io.bpf4j.isa.Width;
import io.bpf4j.map.MapTypes;
import io.bpf4j.platform.CtxLayout;
import io.bpf4j.platform.Platform;
import io.bpf4j.platform.ProgTypeInfo;
import io.bpf4j.prog.BpfMap;
import io.bpf4j.prog.ProgType;
import io.bpf4j.prog.Program;
import io.bpf4j.prog.Subprog;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/// A bare program as one that can be proved: a socket filter, whose return value may be any number,
/// whose memory is the value of a map. Three slots in front of it put address and length where the
/// program expects them. Distances inside it stay what they are.
///
/// ```
/// r1 = memory ll
/// r2 = length
/// the program
/// ```
final class TypedForm {
  private static final CtxLayout NO_FIELDS = new CtxLayout("struct __sk_buff", 192, List.of());

  /// What [TypedForm] programs run on.
  static final Platform PLATFORM =
      new Platform(
          List.of(
              new ProgTypeInfo(
                  ProgType.SOCKET_FILTER,
                  "",
                  NO_FIELDS,
                  Helpers.ROWS.stream().map(row -> row.id()).collect(Collectors.toSet()),
                  Integer.MIN_VALUE,
                  Integer.MAX_VALUE)),
          Helpers.ROWS,
          MapTypes.ROWS,
          null);

  private TypedForm() {}

  /// @param maps the program's maps; the memory's is added behind them
  /// @param memory an array of one value
  static Program of(Insns insns, List<? extends BpfMap> maps, BpfMap memory) {
    List<Insn> all = new ArrayList<>();
    all.add(new Insn.LoadImm64(Reg.R1, PseudoLoad.MAP_IDX_VALUE, maps.size()));
    all.add(new Insn.Mov(Width.W64, Reg.R2, new Imm(memory.spec().valueSize())));
    all.addAll(insns.toList());
    List<BpfMap> bound = new ArrayList<>(maps);
    bound.add(memory);
    return new Program(
        "fuzz",
        ProgType.SOCKET_FILTER,
        Insns.of(all),
        bound,
        List.of(new Subprog("fuzz", 0)),
        List.of(),
        "GPL");
  }
}
