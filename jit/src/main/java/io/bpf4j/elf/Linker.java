package io.bpf4j.elf;

import io.bpf4j.btf.Btf;
import io.bpf4j.btf.BtfExt;
import io.bpf4j.error.ElfFormatException;
import io.bpf4j.isa.Imm;
import io.bpf4j.isa.Insn;
import io.bpf4j.isa.Insns;
import io.bpf4j.isa.PseudoLoad;
import io.bpf4j.prog.LineInfo;
import io.bpf4j.prog.ProgSpec;
import io.bpf4j.prog.Subprog;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Makes a program of an entry function: behind it stand the functions it reaches, each once;
/// distances and map references are rewritten to fit.
final class Linker {
  /// Of all programs of an object. A program may have 1,000,000 (kernel/bpf/syscall.c,
  /// `bpf_prog_load`), but functions that many programs share are copied for each.
  private static final long MOST_SLOTS = 2_000_000;

  /// libbpf's number of a helper that is not there (`POISON_CALL_KFUNC_BASE`).
  private static final int NO_SUCH_HELPER = 2_002_000_000;

  private final ElfFile elf;
  private final MapTable maps;
  private final String license;
  private final @Nullable Btf btf;
  private final Map<String, List<BtfExt.LineRecord>> lines = new HashMap<>();
  private long slots;

  Linker(ElfFile elf, MapTable maps, String license, @Nullable Btf btf, @Nullable BtfExt ext) {
    this.elf = elf;
    this.maps = maps;
    this.license = license;
    this.btf = btf;
    if (ext != null) {
      ext.lines()
          .forEach((section, records) -> {
            List<BtfExt.LineRecord> sorted = new ArrayList<>(records);
            sorted.sort(Comparator.comparingLong(BtfExt.LineRecord::insnOffset));
            lines.put(section, sorted);
          });
    }
  }

  /// Links one program.
  ///
  /// @throws ElfFormatException when the object's programs grow beyond all measure
  ProgSpec link(Function entry) {
    Map<Function, Integer> starts = layOut(entry);
    Draft draft = new Draft(starts);
    starts.forEach(draft::add);
    return new ProgSpec(
        entry.name(),
        entry.section().name(),
        SectionTypes.of(entry.section().name()),
        Insns.of(draft.insns),
        draft.maps.keySet().stream().map(maps::name).toList(),
        starts.entrySet().stream().map(e -> new Subprog(e.getKey().name(), e.getValue())).toList(),
        draft.lines,
        license,
        draft.problem,
        btf);
  }

  /// The functions of a program with their first slots, in that order: each is followed by what it
  /// calls before its caller's next callee, as libbpf lays them out (`bpf_object__reloc_code`).
  private Map<Function, Integer> layOut(Function entry) {
    Map<Function, Integer> starts = new LinkedHashMap<>();
    Deque<Iterator<Function>> path = new ArrayDeque<>();
    path.push(List.of(entry).iterator());
    int end = 0;
    while (!path.isEmpty()) {
      if (!path.getFirst().hasNext()) {
        path.pop();
        continue;
      }
      Function function = path.getFirst().next();
      if (starts.putIfAbsent(function, end) == null) {
        end += function.insns().size();
        slots += function.insns().size();
        if (slots > MOST_SLOTS) {
          throw new ElfFormatException(
              elf.span().object(),
              -1,
              "its linked programs have more than %,d instructions".formatted(MOST_SLOTS));
        }
        path.push(callees(function).iterator());
      }
    }
    return starts;
  }

  private static List<Function> callees(Function function) {
    return new TreeMap<>(function.references())
        .values().stream()
            .filter(Reference.ToFunction.class::isInstance)
            .map(r -> ((Reference.ToFunction) r).function())
            .distinct()
            .toList();
  }

  /// A program in the making.
  private final class Draft {
    final Map<Function, Integer> starts;
    final List<Insn> insns = new ArrayList<>();
    final List<LineInfo> lines = new ArrayList<>();

    /// Indices in the program by indices in the object.
    final Map<Integer, Integer> maps = new LinkedHashMap<>();

    @Nullable String problem;

    Draft(Map<Function, Integer> starts) {
      this.starts = starts;
    }

    void add(Function function, int start) {
      for (int pc = 0; pc < function.insns().size(); pc = function.insns().next(pc)) {
        Insn insn = function.insns().at(pc);
        Reference reference = function.references().get(pc);
        insns.add(reference == null ? insn : rewritten(insn, reference, start + pc));
      }
      addLines(function, start);
    }

    private Insn rewritten(Insn insn, Reference reference, int pc) {
      return switch (reference) {
        case Reference.ToMap(int map) -> load(insn, PseudoLoad.MAP_IDX, index(map), 0);
        case Reference.ToData(int map, int offset) ->
            load(insn, PseudoLoad.MAP_IDX_VALUE, index(map), offset);
        case Reference.ToFunction(Function function) -> {
          int distance = start(function) - (pc + 1);
          yield insn instanceof Insn.LoadImm64
              ? load(insn, PseudoLoad.FUNC, distance, 0)
              : new Insn.CallLocal(distance);
        }
        case Reference.ToNumber(long value) -> number(insn, value);
        case Reference.ToNothing(int extern) -> new Insn.CallHelper(NO_SUCH_HELPER + extern);
        case Reference.Unresolved(String why) -> {
          problem = problem == null ? why : problem;
          // A distance that leads nowhere must not lead somewhere.
          yield insn instanceof Insn.CallLocal ? new Insn.CallKfunc(0, (short) 0) : insn;
        }
      };
    }

    private int start(Function function) {
      Integer start = starts.get(function);
      if (start == null) {
        throw new IllegalStateException("a function that is called was not laid out");
      }
      return start;
    }

    private int index(int map) {
      return maps.computeIfAbsent(map, _ -> maps.size());
    }

    private static Insn load(Insn insn, PseudoLoad source, int low, int high) {
      return insn instanceof Insn.LoadImm64 load
          ? new Insn.LoadImm64(load.dst(), source, Integer.toUnsignedLong(low) | (long) high << 32)
          : insn;
    }

    private static Insn number(Insn insn, long value) {
      return switch (insn) {
        case Insn.LoadImm64 load -> new Insn.LoadImm64(load.dst(), PseudoLoad.IMM, value);
        case Insn.Mov mov when mov.src() instanceof Imm ->
            new Insn.Mov(mov.width(), mov.dst(), new Imm((int) value));
        default -> insn;
      };
    }

    /// Lines of the function's instructions. Line 0 marks code that no line stands for.
    private void addLines(Function function, int start) {
      List<BtfExt.LineRecord> records =
          Linker.this.lines.getOrDefault(function.section().name(), List.of());
      for (int i = firstAt(records, function.start()); i < records.size(); i++) {
        BtfExt.LineRecord record = records.get(i);
        if (record.insnOffset() >= function.end()) {
          break;
        }
        int pc = function.pcAt(record.insnOffset());
        boolean later = lines.isEmpty() || lines.getLast().pc() < start + pc;
        if (pc >= 0 && record.line() > 0 && later) {
          lines.add(
              new LineInfo(
                  start + pc, record.file(), record.line(), record.column(), record.text()));
        }
      }
    }
  }

  private static int firstAt(List<BtfExt.LineRecord> records, long offset) {
    int low = 0;
    int high = records.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (records.get(middle).insnOffset() < offset) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
