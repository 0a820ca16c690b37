package io.bpf4j.sim.scenario;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// How the bytes of a key or value are laid out in C, as far as it is known.
public sealed interface Layout {
  /// Bytes.
  int size();

  /// How C calls it, for messages.
  String spelling();

  /// An integer of 1, 2, 4 or 8 bytes; `constants` are the names of an enum.
  record Int(String spelling, int size, Map<String, Long> constants) implements Layout {
    public Int {
      constants = Map.copyOf(constants);
    }
  }

  /// A struct or union. Members of anonymous structs inside it count as its own.
  record Struct(String spelling, int size, List<Member> members) implements Layout {
    public Struct {
      members = List.copyOf(members);
    }

    /// The member with this name, or null.
    @Nullable Member member(String name) {
      return members.stream().filter(m -> m.name().equals(name)).findFirst().orElse(null);
    }
  }

  /// A member of a struct at a byte offset; `bits` is 0 unless it is a bit field.
  record Member(String name, int offset, Layout layout, int bits) {}

  /// An array.
  record Array(String spelling, Layout element, int count) implements Layout {
    @Override
    public int size() {
      return element.size() * count;
    }
  }

  /// Bytes of which nothing more is known.
  record Plain(int size) implements Layout {
    @Override
    public String spelling() {
      return size + " bytes";
    }
  }
}
