package io.bpf4j.cli;

import io.bpf4j.btf.Btf;
import io.bpf4j.helper.HelperNames;
import io.bpf4j.isa.Insn;
import io.bpf4j.map.MapTypes;
import io.bpf4j.prog.BpfObject;
import io.bpf4j.prog.GlobalVar;
import io.bpf4j.prog.MapSpec;
import io.bpf4j.prog.ProgSpec;
import io.bpf4j.prog.Relocation;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// What an object holds, as the JSON document of `load`.
final class ObjectDocument {
  private final BpfObject object;

  private ObjectDocument(BpfObject object) {
    this.object = object;
  }

  static Map<String, Object> of(BpfObject object, List<ProgSpec> programs) {
    ObjectDocument document = new ObjectDocument(object);
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("object", object.name());
    root.put("license", object.license());
    root.put("btf", document.types());
    root.put("programs", programs.stream().map(ObjectDocument::program).toList());
    root.put("maps", object.maps().stream().map(document::map).toList());
    root.put("globals", object.globals().stream().map(document::global).toList());
    root.put("relocations", object.relocations().stream().map(ObjectDocument::relocation).toList());
    return root;
  }

  private @Nullable Map<String, Object> types() {
    Btf btf = object.btf();
    if (btf == null) {
      return null;
    }
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("types", btf.size() - 1);
    row.put("lineInfo", btf.ext() != null && !btf.ext().lines().isEmpty());
    row.put("coreRelocations", btf.ext() != null && !btf.ext().coreRelocs().isEmpty());
    return row;
  }

  private static Map<String, Object> program(ProgSpec program) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("name", program.name());
    row.put("section", program.section());
    row.put("type", program.type().uapiName());
    row.put("insns", program.insns().size());
    row.put(
        "functions",
        program.subprogs().stream().map(f -> Map.of("name", f.name(), "pc", f.pc())).toList());
    row.put("maps", program.maps());
    row.put("helpers", helpers(program));
    row.put("lines", program.lines().size());
    row.put("problem", program.problem());
    return row;
  }

  /// The names of the helpers that a program calls, by their numbers. A weak function of the kernel
  /// that is not there stands as a helper of a number that none has.
  static List<String> helpers(ProgSpec program) {
    TreeSet<Integer> ids = new TreeSet<>();
    for (Insn insn : program.insns().toList()) {
      if (insn instanceof Insn.CallHelper(int id)) {
        ids.add(id);
      }
    }
    return ids.stream()
        .map(id -> id >= 1 && id <= HelperNames.LAST ? HelperNames.nameOf(id) : "helper#" + id)
        .toList();
  }

  private Map<String, Object> map(MapSpec map) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("name", map.name());
    row.put("type", MapTypes.nameOf(map.type()));
    row.put("keySize", Integer.toUnsignedLong(map.keySize()));
    row.put("valueSize", Integer.toUnsignedLong(map.valueSize()));
    row.put("maxEntries", Integer.toUnsignedLong(map.maxEntries()));
    row.put("flags", Integer.toUnsignedLong(map.flags()));
    row.put("mapExtra", map.mapExtra());
    row.put("pinning", map.pinning());
    row.put("frozen", map.frozen());
    row.put("key", spelling(map.keyTypeId()));
    row.put("value", spelling(map.valueTypeId()));
    row.put("inner", map.inner() == null ? null : map(map.inner()));
    row.put("initial", map.initial());
    return row;
  }

  private Map<String, Object> global(GlobalVar global) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("name", global.name());
    row.put("map", global.map());
    row.put("offset", global.offset());
    row.put("size", global.size());
    row.put("type", spelling(global.typeId()));
    return row;
  }

  private @Nullable String spelling(int typeId) {
    Btf btf = object.btf();
    return btf == null || typeId == 0 ? null : btf.spelling(typeId);
  }

  private static Map<String, Object> relocation(Relocation relocation) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("section", relocation.section());
    row.put("offset", relocation.offset());
    row.put("type", relocation.type());
    row.put("symbol", relocation.symbol());
    row.put("target", relocation.target());
    return row;
  }
}
