package io.bpf4j.sock;

import io.bpf4j.cbpf.ClassicFilter;
import io.bpf4j.engine.RunnableProgram;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// The program that picks a member of a reuseport group for each packet.
public sealed interface GroupProgram {
  /// Its name, for messages.
  String name();

  /// A program as what it can be to a group, or null when its type is none of these.
  static @Nullable GroupProgram of(RunnableProgram program) {
    return switch (program.program().type()) {
      case SK_REUSEPORT -> new SkReuseport(program);
      case SOCKET_FILTER -> new Filter(program);
      default -> null;
    };
  }

  /// The same program on another engine.
  default GroupProgram on(UnaryOperator<RunnableProgram> engine) {
    return switch (this) {
      case SkReuseport(var program) -> new SkReuseport(engine.apply(program));
      case Filter(var program) -> new Filter(engine.apply(program));
      case Classic classic -> classic;
    };
  }

  /// A sk_reuseport program: it selects a socket by `bpf_sk_select_reuseport`, and passes or drops.
  record SkReuseport(RunnableProgram program) implements GroupProgram {
    @Override
    public String name() {
      return program.program().name();
    }
  }

  /// A socket filter: what it returns is the index of a member.
  record Filter(RunnableProgram program) implements GroupProgram {
    @Override
    public String name() {
      return program.program().name();
    }
  }

  /// A classic filter: what it returns is the index of a member.
  record Classic(ClassicFilter filter) implements GroupProgram {
    @Override
    public String name() {
      return "classic filter";
    }
  }
}
