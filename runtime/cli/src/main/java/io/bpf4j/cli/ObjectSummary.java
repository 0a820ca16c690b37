package io.bpf4j.cli;

import io.bpf4j.btf.Btf;
import io.bpf4j.map.MapTypes;
import io.bpf4j.prog.BpfObject;
import io.bpf4j.prog.GlobalVar;
import io.bpf4j.prog.MapSpec;
import io.bpf4j.prog.ProgSpec;
import io.bpf4j.prog.Relocation;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/// What an object holds, for people.
final class ObjectSummary {
  private static final String MAP_PREFIX = "BPF_MAP_TYPE_";

  private final PrintStream out;
  private final BpfObject object;

  ObjectSummary(PrintStream out, BpfObject object) {
    this.out = out;
    this.object = object;
  }

  void print(List<ProgSpec> programs) {
    Btf btf = object.btf();
    out.printf(
        "%s: licence %s, %s%n",
        object.name(),
        object.license().isEmpty() ? "not given" : "'" + object.license() + "'",
        btf == null ? "no BTF" : "%,d BTF types".formatted(btf.size() - 1));
    programs.forEach(this::print);
    section(
        "maps",
        object.maps().stream().map(this::cells).toList(),
        "name",
        "type",
        "key",
        "value",
        "entries",
        "flags",
        "");
    section(
        "globals",
        object.globals().stream().map(this::cells).toList(),
        "name",
        "map",
        "offset",
        "bytes",
        "type");
    section(
        "relocations",
        object.relocations().stream().map(ObjectSummary::cells).toList(),
        "section",
        "offset",
        "type",
        "symbol",
        "target");
  }

  private void print(ProgSpec program) {
    out.printf(
        "%nprogram %s: %s, section '%s', %,d insns%n",
        program.name(), program.type().uapiName(), program.section(), program.insns().size());
    if (program.subprogs().size() > 1) {
      list("functions", program.subprogs().stream().map(f -> f.name() + " at " + f.pc()).toList());
    }
    list("maps", program.maps());
    list("helpers", ObjectDocument.helpers(program));
    if (!program.lines().isEmpty()) {
      list(
          "source",
          program.lines().stream().map(l -> l.place().replaceFirst(":.*", "")).distinct().toList());
    }
    if (program.problem() != null) {
      out.printf("  %-10s %s%n", "problem", program.problem());
    }
  }

  private void list(String what, List<String> names) {
    if (!names.isEmpty()) {
      out.printf("  %-10s %s%n", what, String.join(", ", names));
    }
  }

  private List<String> cells(MapSpec map) {
    String type = MapTypes.nameOf(map.type());
    return List.of(
        map.name(),
        type.startsWith(MAP_PREFIX) ? type.substring(MAP_PREFIX.length()) : type,
        sized(map.keySize(), map.keyTypeId()),
        sized(map.valueSize(), map.valueTypeId()),
        Integer.toUnsignedString(map.maxEntries()),
        map.flags() == 0 ? "0" : "0x" + Integer.toHexString(map.flags()),
        notes(map));
  }

  private static String notes(MapSpec map) {
    List<String> notes = new ArrayList<>();
    if (map.inner() != null) {
      notes.add("of " + map.inner().name());
    }
    if (!map.initial().isEmpty()) {
      notes.add(
          map.initial().entrySet().stream()
              .map(e -> e.getKey() + ": " + e.getValue())
              .collect(Collectors.joining(", ", "starts with ", "")));
    }
    if (map.pinning() != 0) {
      notes.add("pinned (" + map.pinning() + ")");
    }
    if (map.frozen()) {
      notes.add("read-only");
    }
    return String.join(", ", notes);
  }

  /// `4 struct service`: bytes, and the type where it is known.
  private String sized(int size, int typeId) {
    Btf btf = object.btf();
    String bytes = Integer.toUnsignedString(size);
    return btf == null || typeId == 0 ? bytes : bytes + " " + btf.spelling(typeId);
  }

  private List<String> cells(GlobalVar global) {
    Btf btf = object.btf();
    return List.of(
        global.name(),
        global.map(),
        Integer.toString(global.offset()),
        Integer.toString(global.size()),
        btf == null || global.typeId() == 0 ? "" : btf.spelling(global.typeId()));
  }

  private static List<String> cells(Relocation relocation) {
    return List.of(
        relocation.section(),
        "0x" + Long.toHexString(relocation.offset()),
        relocation.type(),
        relocation.symbol(),
        relocation.target());
  }

  /// A heading and a table, each column as wide as it needs; nothing for no rows.
  private void section(String title, List<List<String>> rows, String... heads) {
    if (rows.isEmpty()) {
      return;
    }
    out.printf("%n%s%n", title);
    List<List<String>> all = new ArrayList<>(List.of(List.of(heads)));
    all.addAll(rows);
    int[] widths = new int[heads.length];
    for (List<String> row : all) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    for (List<String> row : all) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        line.append("  ").append(row.get(i)).repeat(' ', widths[i] - row.get(i).length());
      }
      out.println(line.toString().stripTrailing());
    }
  }
}
