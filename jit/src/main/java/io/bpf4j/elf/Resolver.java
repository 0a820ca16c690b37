package io.bpf4j.elf;

import io.bpf4j.btf.Btf;
import io.bpf4j.error.ElfFormatException;
import io.bpf4j.isa.Insn;
import io.bpf4j.prog.Relocation;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Finds what instructions refer to: by relocation, and by distance inside a section.
///
/// ```
/// R_BPF_64_64   wide load   symbol + imm = a map's definition, a byte of data, a function
/// R_BPF_64_32   call        symbol + (imm + 1) * 8 = a function; imm is -1 for a named one
/// ```
final class Resolver {
  private final ElfFile elf;
  private final MapTable maps;
  private final Functions functions;
  private final Externs externs;
  private final List<Relocation> relocations = new ArrayList<>();

  Resolver(ElfFile elf, MapTable maps, Functions functions, @Nullable Btf btf) {
    this.elf = elf;
    this.maps = maps;
    this.functions = functions;
    this.externs = new Externs(maps, btf);
  }

  /// Fills in the references of all functions and returns the relocations of the code.
  ///
  /// @throws ElfFormatException when one cannot be what a compiler wrote
  List<Relocation> resolve() {
    for (ElfSection section : elf.sections()) {
      if (section.code()) {
        elf.relocationsOf(section).forEach(reloc -> apply(section, reloc));
      }
    }
    functions.all().forEach(this::resolveDistances);
    return relocations;
  }

  private void apply(ElfSection section, ElfReloc reloc) {
    Function function = functions.around(section.index(), reloc.offset());
    if (reloc.type() == ElfReloc.R_BPF_NONE || function == null) {
      return;
    }
    int pc = function.pcAt(reloc.offset());
    if (pc < 0) {
      throw broken(
          section, reloc, "patches 0x%x, where no instruction starts".formatted(reloc.offset()));
    }
    Reference reference = reference(section, reloc, function.insns().at(pc), function.place(pc));
    function.references().put(pc, reference);
    relocations.add(
        new Relocation(
            section.name(),
            reloc.offset(),
            reloc.typeName(),
            symbolName(reloc.symbol()),
            describe(reference)));
  }

  private Reference reference(ElfSection section, ElfReloc reloc, Insn insn, String place) {
    ElfSymbol symbol = reloc.symbol();
    Reference found =
        switch (insn) {
          case Insn.LoadImm64 load when reloc.type() == ElfReloc.R_BPF_64_64 ->
              symbol.undefined() ? externs.address(named(section, reloc)) : address(load, symbol);
          case Insn.CallLocal call when reloc.type() == ElfReloc.R_BPF_64_32 ->
              symbol.undefined() ? externs.call(named(section, reloc)) : call(call, symbol);
          // Compilers before clang 9 called undefined functions as helpers of number -1.
          case Insn.CallHelper _ when reloc.type() == ElfReloc.R_BPF_64_32 && symbol.undefined() ->
              externs.call(named(section, reloc));
          default ->
              throw broken(
                  section, reloc, "type %s does not fit %s".formatted(reloc.typeName(), place));
        };
    return found instanceof Reference.Unresolved(String problem)
        ? new Reference.Unresolved(place + ": " + problem)
        : found;
  }

  private ElfSymbol named(ElfSection section, ElfReloc reloc) {
    if (reloc.symbol().name().isEmpty()) {
      throw broken(section, reloc, "refers to no symbol");
    }
    return reloc.symbol();
  }

  private Reference address(Insn.LoadImm64 load, ElfSymbol symbol) {
    ElfSection target = elf.sectionOf(symbol);
    if (target == null) {
      return new Reference.Unresolved(
          "'%s' is in no section (0x%x)".formatted(symbol.name(), symbol.section()));
    }
    long offset = symbol.value() + load.low();
    if (maps.defines(target.index())) {
      int map = maps.definedAt(target.index(), offset);
      return map >= 0
          ? new Reference.ToMap(map)
          : new Reference.Unresolved(
              "no map is defined at 0x%x of section '%s'".formatted(offset, target.name()));
    }
    int data = maps.ofData(target.index());
    if (data >= 0) {
      return new Reference.ToData(data, (int) offset);
    }
    if (target.code()) {
      return function(target, offset);
    }
    return new Reference.Unresolved(
        "'%s' is in section '%s', which is no data section that a program can load"
            .formatted(symbolName(symbol), target.name()));
  }

  private Reference call(Insn.CallLocal call, ElfSymbol symbol) {
    ElfSection target = elf.sectionOf(symbol);
    return target == null
        ? new Reference.Unresolved("'%s' is in no section".formatted(symbol.name()))
        : function(target, symbol.value() + (call.offset() + 1L) * 8);
  }

  private Reference function(ElfSection section, long offset) {
    Function target = functions.at(section.index(), offset);
    return target != null
        ? new Reference.ToFunction(target)
        : new Reference.Unresolved(
            "no function starts at 0x%x of section '%s'".formatted(offset, section.name()));
  }

  /// Calls inside a section need no relocation.
  private void resolveDistances(Function function) {
    for (int pc = 0; pc < function.insns().size(); pc = function.insns().next(pc)) {
      if (function.insns().at(pc) instanceof Insn.CallLocal(int distance)
          && !function.references().containsKey(pc)) {
        long target = function.start() + (pc + 1L + distance) * 8;
        // Hand-written code may call a label inside its own function; that stays as it is.
        if (target <= function.start() || target >= function.end()) {
          Reference found = function(function.section(), target);
          function
              .references()
              .put(
                  pc,
                  found instanceof Reference.Unresolved(String problem)
                      ? new Reference.Unresolved(function.place(pc) + ": " + problem)
                      : found);
        }
      }
    }
  }

  private String symbolName(ElfSymbol symbol) {
    ElfSection section = elf.sectionOf(symbol);
    return symbol.name().isEmpty() && section != null ? section.name() : symbol.name();
  }

  private String describe(Reference reference) {
    return switch (reference) {
      case Reference.ToMap(int map) -> "map " + maps.name(map);
      case Reference.ToData(int map, int offset) -> "data %s%+d".formatted(maps.name(map), offset);
      case Reference.ToFunction(Function function) -> "function " + function.name();
      case Reference.ToNumber(long value) -> "weak extern, " + value;
      case Reference.ToNothing _ -> "weak extern function, not there";
      case Reference.Unresolved(String problem) -> problem;
    };
  }

  private ElfFormatException broken(ElfSection section, ElfReloc reloc, String rule) {
    return elf.span()
        .error(
            reloc.entryOffset(), "a relocation of section '%s' %s".formatted(section.name(), rule));
  }
}
