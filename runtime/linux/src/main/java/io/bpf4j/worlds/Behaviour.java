package io.bpf4j.worlds;

import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What a program of a script does with each packet: if its condition holds, a few assignments, and
/// then its verdict; it passes the others.
///
/// @param assigns at most [#MAX_ASSIGNS]
/// @param verdict 1 to pass, 0 to drop
/// @param condition null: every packet
public record Behaviour(List<Assign> assigns, int verdict, @Nullable Condition condition) {
  /// The most assignments a program can make.
  public static final int MAX_ASSIGNS = 5;

  public Behaviour {
    assigns = List.copyOf(assigns);
    if (assigns.size() > MAX_ASSIGNS) {
      throw new IllegalArgumentException(assigns.size() + " assignments");
    }
  }

  /// Where an assigned socket comes from.
  public enum Source {
    /// The SOCKMAP of the script.
    SOCKMAP("m"),
    /// Its SOCKHASH.
    SOCKHASH("h"),
    /// No socket: NULL.
    NULL("null"),
    /// What is selected already, `ctx->sk`.
    SELF("self");

    private final String spelling;

    Source(String spelling) {
      this.spelling = spelling;
    }

    String spelling() {
      return spelling;
    }
  }

  /// A field of the context that a condition looks at.
  public enum Field {
    DPORT("dport"),
    FAMILY("family"),
    IFINDEX("ifindex");

    private final String spelling;

    Field(String spelling) {
      this.spelling = spelling;
    }

    String spelling() {
      return spelling;
    }
  }

  /// One call of bpf_sk_assign. A key without a socket makes none.
  ///
  /// @param key of the map; 0 for other sources
  public record Assign(Source source, int key, int flags) {
    @Override
    public String toString() {
      boolean keyed = source == Source.SOCKMAP || source == Source.SOCKHASH;
      return source.spelling() + (keyed ? key : "") + (flags == 0 ? "" : "+" + flags);
    }
  }

  /// A field has a value.
  public record Condition(Field field, int value) {
    @Override
    public String toString() {
      return field.spelling() + "=" + value;
    }
  }

  /// `m0 null+1 m1+3 pass if dport=80`.
  @Override
  public String toString() {
    String calls = assigns.stream().map(a -> a + " ").collect(Collectors.joining());
    return calls + (verdict == 0 ? "drop" : "pass") + (condition == null ? "" : " if " + condition);
  }
}
