package io.bpf4j.sim.scenario;

import io.bpf4j.cbpf.ClassicInsn;
import java.util.List;

/// Reads the programs of reuseport groups.
final class GroupReader {
  private static final int BYTE = 0xff;

  private final Values values;
  private final Names socketNames;
  private final Names objectNames;

  GroupReader(Values values, Names socketNames, Names objectNames) {
    this.values = values;
    this.socketNames = socketNames;
    this.objectNames = objectNames;
  }

  GroupSpec group(Yaml yaml) {
    Section section = new Section(values, Shape.GROUP, yaml);
    Yaml socket = section.required("socket");
    boolean classic = section.has("filter");
    if (classic == section.has("object") || classic == section.has("program")) {
      throw section.error("a group has 'object' and 'program', or a 'filter'");
    }
    Yaml program = section.required(classic ? "filter" : "program");
    return new GroupSpec(
        section.place(),
        socket.place(),
        program.place(),
        socketNames.refer(socket),
        section.orNull("object", objectNames::refer),
        section.orNull("program", y -> values.text(y, "the name of a program")),
        section.list("filter", "classic instructions", this::insn));
  }

  /// `code jt jf k`, as `tcpdump -ddd` and `bpf_asm` write it.
  private ClassicInsn insn(Yaml yaml) {
    String text = values.text(yaml, "a classic instruction");
    List<String> words = List.of(text.strip().split("\\s+"));
    try {
      if (words.size() == 4) {
        int jt = Integer.parseInt(words.get(1));
        int jf = Integer.parseInt(words.get(2));
        if (jt >= 0 && jt <= BYTE && jf >= 0 && jf <= BYTE) {
          return new ClassicInsn(
              Integer.decode(words.getFirst()), jt, jf, (int) (long) Long.decode(words.getLast()));
        }
      }
    } catch (IllegalArgumentException _) {
      // Not four numbers: told below.
    }
    throw values.error(
        yaml, "'%s' is no classic instruction: code jt jf k, like 48 0 0 0".formatted(text));
  }
}
