package io.bpf4j.cli;

import io.bpf4j.engine.Bound;
import io.bpf4j.engine.EngineOptions;
import io.bpf4j.error.UnsupportedException;
import io.bpf4j.isa.InsnDecoder;
import io.bpf4j.isa.InsnForm;
import io.bpf4j.isa.Insns;
import io.bpf4j.map.MapTypes;
import io.bpf4j.netns.LinuxPlatform;
import io.bpf4j.platform.CtxField;
import io.bpf4j.platform.CtxField.LegalLoad;
import io.bpf4j.platform.CtxField.LegalStore;
import io.bpf4j.platform.CtxLayout;
import io.bpf4j.platform.Helper;
import io.bpf4j.platform.MapTypeInfo;
import io.bpf4j.platform.Platform;
import io.bpf4j.platform.ProgTypeInfo;
import io.bpf4j.prog.Program;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;

/// SUPPORT.md, written from the tables that engines and runtime work by, so that it cannot promise
/// what they do not do: a form counts as executed when an engine binds an instruction of it.
final class SupportDocument {
  private static final int[] FIELD_VALUES = {0, 1, 2, 8, 16, 32, 64, 0x40, 0xe1, 0x100, 0x110};

  private final Platform platform = LinuxPlatform.PLATFORM;
  private final StringBuilder out = new StringBuilder();

  private SupportDocument() {}

  static String text() {
    SupportDocument document = new SupportDocument();
    document.line("# What is supported");
    document.line("");
    document.line(
        "Written from the code's own tables by `./bpf4j support > SUPPORT.md`; a test fails when it"
            + " is out of date. Names and numbers are Linux's (uapi/linux/bpf.h of 6.18) and RFC"
            + " 9669's.");
    document.instructions();
    document.programTypes();
    document.helpers();
    document.mapTypes();
    return document.out.toString();
  }

  private void line(String text) {
    out.append(text).append('\n');
  }

  private void table(String... columns) {
    line("");
    row(List.of(columns));
    out.append('|').append("---|".repeat(columns.length)).append('\n');
  }

  private void row(List<String> cells) {
    line("| " + String.join(" | ", cells) + " |");
  }

  private void instructions() {
    line("");
    line("## Instructions");
    line("");
    line(
        "Every form is decoded, encoded, assembled and disassembled; reserved fields must hold what"
            + " the table says. `cpu` is the version of the instruction set that brought the form"
            + " (clang's `-mcpu`).");
    table("form", "opcodes", "dst", "src", "offset", "immediate", "group", "cpu", "executed");
    for (InsnForm form : InsnForm.values()) {
      row(
          List.of(
              form.name(),
              form.opcodes().stream().map("%02x"::formatted).collect(Collectors.joining(" ")),
              form.dst().words(),
              form.src().words(),
              form.offset().words(),
              form.imm().words(),
              form.group().spelling(),
              "v" + form.cpu(),
              refusal(form)));
    }
  }

  /// "yes", or what an engine says to an instruction of the form.
  private String refusal(InsnForm form) {
    int own = form == InsnForm.LOAD_IMM64 ? 2 : 1;
    int slots = own + 2;
    ByteBuffer code = ByteBuffer.allocate(slots * InsnDecoder.SLOT).order(ByteOrder.LITTLE_ENDIAN);
    code.put((byte) (int) form.opcodes().getFirst());
    code.put((byte) (legal(form.src()) << 4 | legal(form.dst())));
    code.putShort((short) legal(form.offset()));
    // The helper that exists, and the function behind this one.
    boolean calls = form == InsnForm.CALL_HELPER || form == InsnForm.CALL_LOCAL;
    code.putInt(calls ? 1 : legal(form.imm()));
    for (int slot = own; slot < slots; slot++) {
      code.put(slot * InsnDecoder.SLOT, (byte) (int) InsnForm.EXIT.opcodes().getFirst());
    }
    Insns insns = InsnDecoder.decode(code.array());
    if (binds(Program.raw("form", insns))) {
      return "yes";
    }
    List<String> types =
        platform.progTypes().stream()
            .map(ProgTypeInfo::type)
            .filter(type -> binds(Program.raw("form", insns).withType(type)))
            .map(type -> "`" + type.uapiName() + "`")
            .toList();
    return types.isEmpty() ? "no: refused by name" : "in " + String.join(", ", types);
  }

  private boolean binds(Program program) {
    try {
      Bound.bind(program, platform, EngineOptions.DEFAULT);
      return true;
    } catch (UnsupportedException e) {
      return false;
    }
  }

  private static int legal(InsnForm.Legal field) {
    for (int value : FIELD_VALUES) {
      if (field.test(value)) {
        return value;
      }
    }
    throw new IllegalStateException("no value for a field that must be " + field.words());
  }

  private void programTypes() {
    line("");
    line("## Program types");
    for (ProgTypeInfo type : platform.progTypes()) {
      line("");
      line("### " + type.type().uapiName());
      line("");
      String hook =
          type.attachType().isEmpty()
              ? "Not attached; runs on a packet (`run --data`)"
              : "Attach type `%s`".formatted(type.attachType());
      line(
          "%s, returns %d to %d, may call %d helpers%s."
              .formatted(
                  hook,
                  type.minReturn(),
                  type.maxReturn(),
                  type.helpers().size(),
                  type.packetLoads() ? ", has packet loads (LD_ABS, LD_IND)" : ""));
      layout(type.ctx());
    }
    CtxLayout sock = platform.sock();
    if (sock != null) {
      line("");
      line("### Sockets");
      layout(sock);
    }
  }

  private void layout(CtxLayout layout) {
    boolean stores = layout.fields().stream().anyMatch(field -> !field.stores().isEmpty());
    String loads = "legal loads (offset: widths)";
    if (stores) {
      table(layout.struct(), "offset", "bytes", loads, "legal stores");
    } else {
      table(layout.struct(), "offset", "bytes", loads);
    }
    for (CtxField field : layout.fields()) {
      List<String> cells = new ArrayList<>();
      cells.add("`" + field.name() + "`");
      cells.add(Integer.toString(field.offset()));
      cells.add(Integer.toString(field.size()));
      cells.add(widths(field.loads(), LegalLoad::offset, LegalLoad::width));
      if (stores) {
        cells.add(widths(field.stores(), LegalStore::offset, LegalStore::width));
      }
      row(cells);
    }
  }

  private static <T> String widths(List<T> legal, ToIntFunction<T> offset, ToIntFunction<T> width) {
    TreeMap<Integer, List<Integer>> widths = new TreeMap<>();
    for (T access : legal) {
      widths
          .computeIfAbsent(offset.applyAsInt(access), _ -> new ArrayList<>())
          .add(width.applyAsInt(access));
    }
    return widths.entrySet().stream()
        .map(e ->
            e.getKey()
                + ": "
                + e.getValue().stream()
                    .sorted()
                    .map(String::valueOf)
                    .collect(Collectors.joining(" ")))
        .collect(Collectors.joining(", "));
  }

  private void helpers() {
    line("");
    line("## Helpers");
    line("");
    line(
        "Those that the kernel offers to sk_lookup programs. A program that calls one without an"
            + " implementation can be read and disassembled; running it is refused by name.");
    table("id", "helper", "arguments", "returns", "GPL only", "implemented");
    platform.helpers().stream()
        .sorted(Comparator.comparingInt(Helper::id))
        .forEach(h ->
            row(
                List.of(
                    Integer.toString(h.id()),
                    "`" + h.name() + "`",
                    h.args().stream().map(SupportDocument::word).collect(Collectors.joining(", ")),
                    word(h.ret()),
                    h.gplOnly() ? "yes" : "",
                    h.impl() == null ? "no" : "yes")));
  }

  private static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  private void mapTypes() {
    line("");
    line("## Map types");
    table("number", "type", "helpers that take it in sk_lookup programs", "implemented");
    for (MapTypeInfo type : MapTypes.ROWS) {
      row(
          List.of(
              Integer.toString(type.number()),
              "`" + type.name() + "`",
              type.helpers().stream()
                  .sorted()
                  .map(id -> {
                    Helper helper = platform.helper(id);
                    return helper == null ? "#" + id : "`" + helper.name() + "`";
                  })
                  .collect(Collectors.joining(", ")),
              type.implemented() ? "yes" : "no"));
    }
  }
}
