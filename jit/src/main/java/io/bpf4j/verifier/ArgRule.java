package io.bpf4j.verifier;

import java.util.List;
import java.util.Locale;

/// What an argument of a helper must be, as a row of `helpers.txt` says it.
///
/// @param form what it is
/// @param nullable whether 0 will do (`?` after the form)
/// @param releases whether the helper gives the reference back (`!`)
/// @param size for memory of a fixed size, its bytes (`fixed8`)
/// @param aligned whether it must be aligned to its size (`a` at the end)
public record ArgRule(Form form, boolean nullable, boolean releases, int size, boolean aligned) {
  /// The forms, by their word in the table.
  public enum Form {
    /// Anything that was written.
    ANY,
    /// The context, unmodified.
    CTX,
    /// A map.
    MAP,
    /// Readable memory of the map's key size.
    KEY,
    /// Readable memory of the map's value size; for socket maps a socket.
    VALUE,
    /// Memory of the map's value size that the helper writes.
    VALUEOUT,
    /// Readable memory; the next argument is its size.
    MEM,
    /// Readable memory that may not be read-only memory.
    IN,
    /// Memory the helper writes before it reads.
    OUT,
    /// Memory the helper writes.
    RW,
    /// The size of the memory before, at least 1.
    SIZE,
    /// The size of the memory before, 0 allowed.
    SIZE0,
    /// A constant: the size of what is allocated.
    ALLOC,
    /// A socket of any kind.
    SOCK,
    /// A socket of any kind, or a kernel structure that starts like one.
    SOCKCOMMON,
    /// A full socket.
    FULLSOCK,
    /// A bpf_spin_lock in a map value.
    LOCK,
    /// A bpf_timer in a map value.
    TIMER,
    /// A function of the program.
    FUNC,
    /// The stack.
    STACK,
    /// A constant string in read-only data.
    STR,
    /// A ring buffer record.
    RINGBUF,
    /// Readable memory of a fixed size.
    FIXED,
    /// Memory of a fixed size that the helper writes before it reads.
    FIXEDOUT,
    /// Memory of a fixed size that the helper writes.
    FIXEDRW,
    /// What no table can say.
    SPECIAL;

    /// Memory whose size is the next argument.
    boolean isSizedMemory() {
      return this == MEM || this == IN || this == OUT || this == RW;
    }

    boolean isSize() {
      return this == SIZE || this == SIZE0;
    }

    /// Whether the helper writes there.
    boolean writes() {
      return switch (this) {
        case VALUEOUT, OUT, RW, FIXEDOUT, FIXEDRW -> true;
        default -> false;
      };
    }

    /// Whether what was there before does not matter.
    boolean takesUnwritten() {
      return this == VALUEOUT || this == OUT || this == FIXEDOUT;
    }

    boolean isMemory() {
      return switch (this) {
        case KEY, VALUE, VALUEOUT, MEM, IN, OUT, RW, FIXED, FIXEDOUT, FIXEDRW -> true;
        default -> false;
      };
    }
  }

  /// The kernel's names of what a form accepts, in the order its messages print them.
  List<String> expected() {
    return switch (form) {
      case KEY, VALUE, VALUEOUT, MEM, IN, OUT, RW, FIXED, FIXEDOUT, FIXEDRW ->
          List.of(
              "fp",
              "pkt",
              "pkt_meta",
              "map_key",
              "map_value",
              "mem",
              "ringbuf_mem",
              "buf",
              "trusted_ptr_");
      case CTX -> List.of("ctx");
      case MAP -> List.of("map_ptr");
      case SIZE, SIZE0, ALLOC -> List.of("scalar");
      case SOCK -> List.of("sock_common", "sock", "tcp_sock", "xdp_sock");
      case SOCKCOMMON ->
          List.of("sock_common", "sock", "tcp_sock", "xdp_sock", "ptr_", "trusted_ptr_");
      case FULLSOCK -> List.of("sock");
      case LOCK -> List.of("map_value", "ptr_");
      case TIMER, STR -> List.of("map_value");
      case FUNC -> List.of("func");
      case STACK -> List.of("fp");
      case RINGBUF -> List.of("ringbuf_mem");
      case ANY, SPECIAL -> List.of();
    };
  }

  /// Whether a register's kind is one of [#expected()]. Read-only memory is none of them but for
  /// forms that only read; null is admitted where the form admits it.
  boolean takes(RegState reg) {
    if (reg instanceof Scalar) {
      return form.isSize() || form == Form.ALLOC;
    }
    if (!(reg instanceof Pointer p) || (p.nullable() && !nullable)) {
      return false;
    }
    return switch (form) {
      case KEY, VALUE, VALUEOUT, IN, OUT, RW, FIXED, FIXEDOUT, FIXEDRW ->
          isMemory(p.kind()) && !p.readOnly();
      case MEM -> isMemory(p.kind());
      case CTX -> p.kind() == PtrKind.CTX;
      case MAP -> p.kind() == PtrKind.MAP;
      case SOCK, SOCKCOMMON -> p.kind().isSocket();
      case FULLSOCK -> p.kind() == PtrKind.SOCK;
      case LOCK, TIMER, STR -> p.kind() == PtrKind.MAP_VALUE;
      case FUNC -> p.kind() == PtrKind.FUNC;
      case STACK -> p.kind() == PtrKind.STACK;
      case RINGBUF -> p.kind() == PtrKind.MEM && p.ringbuf();
      case SIZE, SIZE0, ALLOC, ANY, SPECIAL -> false;
    };
  }

  private static boolean isMemory(PtrKind kind) {
    return switch (kind) {
      case STACK, PACKET, PACKET_META, MAP_KEY, MAP_VALUE, MEM -> true;
      default -> false;
    };
  }

  static ArgRule parse(String token) {
    boolean releases = token.endsWith("!");
    boolean nullable = token.endsWith("?");
    String word = releases || nullable ? token.substring(0, token.length() - 1) : token;
    int digits = 0;
    while (digits < word.length() && !Character.isDigit(word.charAt(digits))) {
      digits++;
    }
    if (!word.startsWith("fixed")) {
      return new ArgRule(Form.valueOf(word.toUpperCase(Locale.ROOT)), nullable, releases, 0, false);
    }
    boolean aligned = word.endsWith("a");
    int size = Integer.parseInt(word.substring(digits, word.length() - (aligned ? 1 : 0)));
    Form form = Form.valueOf(word.substring(0, digits).toUpperCase(Locale.ROOT));
    return new ArgRule(form, nullable, releases, size, aligned);
  }
}
