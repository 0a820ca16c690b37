package io.bpf4j.sim.explain;

import io.bpf4j.error.Errno;
import io.bpf4j.helper.MapHelpers;
import io.bpf4j.helper.SkHelpers;
import io.bpf4j.lookup.HelperCall;
import io.bpf4j.sock.Sock;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Helper calls in the words of C: `bpf_map_lookup_elem(services, 02 06 50 00)`.
final class Calls {
  private static final int SHOWN = 32;
  private static final HexFormat HEX = HexFormat.ofDelimiter(" ");
  private static final List<String> ASSIGN_FLAGS = List.of("REPLACE", "NO_REUSEPORT");

  private Calls() {}

  /// The call with its arguments.
  static String call(HelperCall call) {
    return call.name() + "(" + String.join(", ", arguments(call)) + ")";
  }

  private static List<String> arguments(HelperCall call) {
    HelperCall.MapAccess map = call.map();
    if (map != null) {
      List<String> arguments = new ArrayList<>(List.of(map.name(), bytes(map.key())));
      if (call.id() == SkHelpers.SK_SELECT_REUSEPORT) {
        arguments.addFirst("ctx");
      }
      if (call.id() == MapHelpers.UPDATE_ELEM) {
        arguments.add(call.sock() == null ? "…" : name(call.sock()));
        arguments.add("flags " + call.args().get(3));
      }
      return arguments;
    }
    return switch (call.id()) {
      case SkHelpers.SK_ASSIGN -> List.of("ctx", name(call.sock()), flags(call.args().get(2)));
      case SkHelpers.SK_RELEASE -> List.of(name(call.sock()));
      default -> List.of();
    };
  }

  /// What it returned.
  static String result(HelperCall call) {
    if (call.errno() != null) {
      return "-" + call.errno();
    }
    HelperCall.MapAccess map = call.map();
    if (call.id() == SkHelpers.SK_SELECT_REUSEPORT) {
      return call.result() + ", " + name(call.sock());
    }
    if (map == null || call.id() != MapHelpers.LOOKUP_ELEM) {
      return Long.toString(call.result());
    }
    if (!map.hit()) {
      return "NULL";
    }
    byte[] value = map.value();
    return call.sock() != null ? name(call.sock()) : value == null ? "found" : bytes(value);
  }

  /// Why an assignment or selection failed, in words, or null when it did not.
  static @Nullable String reason(HelperCall call) {
    return switch (call.id()) {
      case SkHelpers.SK_ASSIGN -> assignment(call.errno());
      case SkHelpers.SK_SELECT_REUSEPORT -> selection(call.errno(), name(call.sock()));
      default -> null;
    };
  }

  private static @Nullable String selection(@Nullable Errno errno, String sock) {
    if (errno == null) {
      return null;
    }
    return switch (errno) {
      case ENOENT -> "the map has no socket there";
      case EINVAL -> sock + " is in no reuseport group";
      case EPROTOTYPE -> sock + " is in another group, of another protocol";
      case EAFNOSUPPORT -> sock + " is in another group, of another family";
      case EBADFD -> sock + " is in another group";
      default -> null;
    };
  }

  private static @Nullable String assignment(@Nullable Errno errno) {
    if (errno == null) {
      return null;
    }
    return switch (errno) {
      case EINVAL -> "flags other than REPLACE and NO_REUSEPORT";
      case ESOCKTNOSUPPORT -> "only a listening TCP or an unconnected UDP socket can be selected";
      case EPROTOTYPE -> "the socket's protocol is not the packet's";
      case EAFNOSUPPORT -> "the socket does not take packets of this family";
      case EEXIST -> "a socket is selected already, and REPLACE was not given";
      default -> null;
    };
  }

  private static String flags(long flags) {
    List<String> names = new ArrayList<>();
    long rest = flags;
    for (int bit = 0; bit < ASSIGN_FLAGS.size(); bit++) {
      if ((flags >> bit & 1) != 0) {
        names.add(ASSIGN_FLAGS.get(bit));
        rest &= ~(1L << bit);
      }
    }
    if (rest != 0 || names.isEmpty()) {
      names.add(rest == 0 ? "0" : "0x%x".formatted(rest));
    }
    return String.join("|", names);
  }

  static String name(@Nullable Sock sock) {
    return sock == null ? "NULL" : sock.name().isEmpty() ? sock.toString() : sock.name();
  }

  static String bytes(byte[] bytes) {
    String text = HEX.formatHex(bytes, 0, Math.min(bytes.length, SHOWN));
    return bytes.length > SHOWN ? text + " … (" + bytes.length + " bytes)" : text;
  }
}
