package io.bpf4j.elf;

import io.bpf4j.btf.Btf;
import io.bpf4j.btf.BtfExt;
import io.bpf4j.btf.Placement;
import io.bpf4j.error.ElfFormatException;
import io.bpf4j.prog.BpfObject;
import io.bpf4j.prog.ProgSpec;
import io.bpf4j.prog.Relocation;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reads an object that clang built for BPF: its programs linked, its maps defined, nothing
/// created. What the reader cannot be sure of is a [ProgSpec#problem] of the program concerned;
/// what no compiler writes is refused.
///
/// Which functions are programs: those outside `.text`, but for static ones that something calls.
/// When all code is in `.text`, its functions are.
public final class BpfObjectReader {
  private static final int MOST_BYTES = 1 << 28;
  private static final String TEXT = ".text";

  private final ElfFile elf;
  private final @Nullable Btf btf;
  private final Functions functions;

  private BpfObjectReader(ElfFile elf) {
    this.elf = elf;
    this.btf = btf(elf);
    this.functions = new Functions(elf);
  }

  /// Reads a file; messages name it as the path is written.
  ///
  /// @throws ElfFormatException naming offset and rule
  /// @throws UncheckedIOException when the file cannot be read
  public static BpfObject read(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(MOST_BYTES + 1);
      if (bytes.length > MOST_BYTES) {
        throw new ElfFormatException(file.toString(), -1, "larger than 256 MiB");
      }
      return read(file.toString(), bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Reads the bytes of a file; `name` is what messages call it.
  ///
  /// @throws ElfFormatException naming offset and rule
  public static BpfObject read(String name, byte[] bytes) {
    return new BpfObjectReader(ElfReader.read(name, bytes)).read();
  }

  private BpfObject read() {
    MapTable maps = new MapTable(elf, btf);
    List<Relocation> relocations = new Resolver(elf, maps, functions, btf).resolve();
    BtfExt ext = btf == null ? null : btf.ext();
    if (btf != null && ext != null) {
      CoreRelocs.resolve(elf, functions, btf, ext);
    }
    ElfSection licenseSection = elf.section("license");
    String license = licenseSection == null ? "" : licenseSection.bytes().text();
    Linker linker = new Linker(elf, maps, license, btf, ext);
    List<ProgSpec> programs = entries().stream().map(linker::link).toList();
    return new BpfObject(
        elf.span().object(),
        license,
        programs,
        maps.all().stream().map(PlacedMap::spec).toList(),
        DataMaps.variables(elf, btf, maps.all()),
        relocations,
        btf);
  }

  private static @Nullable Btf btf(ElfFile elf) {
    ElfSection types = elf.section(".BTF");
    if (types == null || types.bytes().length() == 0) {
      return null;
    }
    ElfSection ext = elf.section(".BTF.ext");
    return Btf.read(
        types.bytes(),
        ext == null || ext.bytes().length() == 0 ? null : ext.bytes(),
        placement(elf));
  }

  private static Placement placement(ElfFile elf) {
    return new SymbolPlacement(elf);
  }

  private List<Function> entries() {
    Set<Function> called = new HashSet<>();
    for (Function function : functions.all()) {
      function.references().values().stream()
          .filter(Reference.ToFunction.class::isInstance)
          .forEach(r -> called.add(((Reference.ToFunction) r).function()));
    }
    boolean onlyText = functions.all().stream().allMatch(BpfObjectReader::inText);
    List<Function> entries = new ArrayList<>();
    for (Function function : functions.all()) {
      boolean helper = function.local() && called.contains(function);
      if ((onlyText || !inText(function)) && !helper) {
        entries.add(function);
      }
    }
    return entries;
  }

  private static boolean inText(Function function) {
    return function.section().named(TEXT);
  }
}
