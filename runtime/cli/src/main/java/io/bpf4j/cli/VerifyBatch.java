package io.bpf4j.cli;

import io.bpf4j.error.InsnFormatException;
import io.bpf4j.error.UnsupportedException;
import io.bpf4j.error.VerifierException;
import io.bpf4j.isa.InsnDecoder;
import io.bpf4j.prog.MapSpec;
import io.bpf4j.prog.ProgType;
import io.bpf4j.verifier.MapDef;
import io.bpf4j.verifier.MapDef.Field;
import io.bpf4j.verifier.MapDef.FieldKind;
import io.bpf4j.verifier.Subject;
import io.bpf4j.verifier.Verifier;
import java.io.BufferedReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/// Verdicts on programs in hex, one a line, in order, each at once.
///
/// ```
/// ID <tab> PROG_TYPE <tab> ATTACH <tab> FLAGS <tab> MAPS-JSON <tab> HEX
/// ID <tab> accept|reject|unsupported <tab> REASON
/// ```
final class VerifyBatch {
  static final String ACCEPT = "accept";
  static final String REJECT = "reject";
  static final String UNSUPPORTED = "unsupported";

  private static final int FIELDS = 6;
  private static final int MAP_FD = 1;
  private static final int MAP_VALUE = 2;
  private static final int MAP_IDX = 5;
  private static final int MAP_IDX_VALUE = 6;
  private static final int LDDW = 0x18;

  private static final int SK_LOOKUP_ATTACH = 36;
  private static final int XDP_DEVMAP_ATTACH = 33;
  private static final int SLEEPABLE = 1 << 4;

  /// Strictness, any alignment, random upper halves, state frequency, XDP fragments, invariants.
  private static final int KNOWN_FLAGS = 0xaf | SLEEPABLE;

  private static final Map<String, Integer> ATTACHMENTS =
      Map.of(
          "SK_LOOKUP", SK_LOOKUP_ATTACH,
          "XDP", 37,
          "XDP_DEVMAP", XDP_DEVMAP_ATTACH,
          "XDP_CPUMAP", 35,
          "SK_REUSEPORT_SELECT", 39,
          "SK_REUSEPORT_SELECT_OR_MIGRATE", 40);

  private final Io io;

  VerifyBatch(Io io) {
    this.io = io;
  }

  /// A verdict and why.
  private record Verdict(String word, String reason) {}

  void answer(BufferedReader in) throws IOException {
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      if (line.isBlank()) {
        continue;
      }
      String[] fields = line.split("\t", -1);
      Verdict verdict = answer(fields);
      io.out().print(fields[0] + "\t" + verdict.word() + "\t" + verdict.reason() + "\n");
      io.out().flush();
      if (io.out().checkError()) {
        return;
      }
    }
  }

  private static Verdict answer(String[] fields) {
    try {
      if (fields.length != FIELDS) {
        throw new UsageException(
            "a line is ID, PROG_TYPE, ATTACH, FLAGS, MAPS-JSON and HEX between tabs, not %d fields"
                .formatted(fields.length));
      }
      return verify(fields);
    } catch (VerifierException e) {
      return new Verdict(REJECT, oneLine(e.rule()));
    } catch (InsnFormatException e) {
      return new Verdict(REJECT, oneLine(String.valueOf(e.getMessage())));
    } catch (UnsupportedException | UsageException e) {
      return new Verdict(UNSUPPORTED, oneLine(String.valueOf(e.getMessage())));
    } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
      // A bug of ours must not pass for a verdict, nor keep the other lines waiting.
      return new Verdict(UNSUPPORTED, "bug: " + oneLine(e.toString()));
    }
  }

  static String oneLine(String text) {
    return text.replaceAll("\\s+", " ").strip();
  }

  private static Verdict verify(String[] fields) {
    ProgType type = ProgType.named(fields[1].strip());
    if (type == null) {
      throw new UsageException("program type '" + fields[1] + "' is not known");
    }
    int flags = number("flags", fields[3].isBlank() ? "0" : fields[3].strip());
    if ((flags & ~KNOWN_FLAGS) != 0) {
      throw new UsageException("load flags " + flags + " are not supported");
    }
    if ((flags & SLEEPABLE) != 0 && type != ProgType.SYSCALL) {
      return new Verdict(REJECT, "programs of this type cannot be sleepable");
    }
    int attach = attachment(fields[2].strip());
    if (attach >= 0 && !fits(type, attach)) {
      return new Verdict(REJECT, "expected_attach_type " + attach + " does not fit the type");
    }
    if (type == ProgType.XDP && attach == XDP_DEVMAP_ATTACH) {
      throw new UsageException("XDP programs of device maps are not supported");
    }
    byte[] code = Hex.parse("program", fields[5].strip());
    List<MapDef> maps = maps(fields[4].strip(), code);
    Subject subject =
        new Subject(
            fields[0], type, InsnDecoder.decode(code), maps, List.of(), List.of(), "GPL", flags);
    Verifier.kernel().verify(subject);
    return new Verdict(ACCEPT, "");
  }

  private static int attachment(String text) {
    if (text.isEmpty()) {
      return -1;
    }
    if (Character.isDigit(text.charAt(0))) {
      return number("attach type", text);
    }
    String name = text.toUpperCase(java.util.Locale.ROOT);
    Integer known = ATTACHMENTS.get(name.startsWith("BPF_") ? name.substring(4) : name);
    if (known == null) {
      throw new UsageException("attach type '" + text + "' is not known");
    }
    return known;
  }

  /// What the system call checks before it verifies (bpf_prog_load_check_attach).
  private static boolean fits(ProgType type, int attach) {
    return switch (type) {
      case SK_LOOKUP -> attach == SK_LOOKUP_ATTACH;
      case SK_REUSEPORT -> attach == 0 || attach == 39 || attach == 40;
      default -> true;
    };
  }

  private static int number(String what, String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new UsageException(what + " '" + text + "' is no number");
    }
  }

  /// Makes the maps, and the loads that want them refer to them.
  private static List<MapDef> maps(String text, byte[] code) {
    List<MapDef> maps = new ArrayList<>();
    if (text.isEmpty()) {
      return maps;
    }
    JsonNode pairs = Json.mapper().readTree(text);
    for (JsonNode pair : pairs) {
      int at = pair.get(0).asInt() * InsnDecoder.SLOT;
      if (at < 0 || at + 2 * InsnDecoder.SLOT > code.length || code[at] != LDDW) {
        throw new UsageException("no lddw at " + pair.get(0).asInt() + " for a map");
      }
      int source = code[at + 1] >> 4 & 0xf;
      boolean value = source == MAP_VALUE || source == MAP_IDX_VALUE;
      if (!value && source != 0 && source != MAP_FD && source != MAP_IDX) {
        throw new UsageException("the lddw at %d loads no map".formatted(pair.get(0).asInt()));
      }
      code[at + 1] = (byte) ((code[at + 1] & 0xf) | ((value ? MAP_IDX_VALUE : MAP_IDX) << 4));
      int index = maps.size();
      for (int i = 0; i < Integer.BYTES; i++) {
        code[at + 4 + i] = (byte) (index >> (8 * i));
      }
      maps.add(map(pair.get(1).asString()));
    }
    return maps;
  }

  private static MapDef map(String kind) {
    return switch (kind) {
      case "hash_8b" -> MapDef.of(MapSpec.of(kind, 1, 8, 8, 1, 0));
      case "hash_48b" -> MapDef.of(MapSpec.of(kind, 1, 8, 48, 1, 0));
      case "array_1b" -> MapDef.of(MapSpec.of(kind, 2, 4, 1, 1, 0));
      case "array_48b" -> MapDef.of(MapSpec.of(kind, 2, 4, 48, 1, 0));
      case "ringbuf" -> MapDef.of(MapSpec.of(kind, 27, 0, 0, 4096, 0));
      case "perf_event_array" -> MapDef.of(MapSpec.of(kind, 4, 4, 4, 1, 0));
      case "array_kptr" -> kernelPointers(kind);
      default -> throw new UsageException("map kind '" + kind + "' is not known");
    };
  }

  private static MapDef kernelPointers(String name) {
    List<Field> fields =
        List.of(
            new Field(FieldKind.KPTR, 0),
            new Field(FieldKind.KPTR, 8),
            new Field(FieldKind.KPTR, 16));
    return MapDef.of(name, 2, 4, 24, 1, 0, fields);
  }
}
