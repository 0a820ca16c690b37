package io.bpf4j.lookup;

import io.bpf4j.error.Errno;
import io.bpf4j.prog.LineInfo;
import io.bpf4j.sock.Sock;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A helper call of a program.
///
/// @param pc the slot of the call
/// @param id the helper's number
/// @param name its uapi name
/// @param args R1 to R5
/// @param result R0
/// @param errno the error in the result, or null
/// @param line the C line, or null
/// @param map what it did with a map, or null
/// @param sock the socket it found or was given, or null
public record HelperCall(
    int pc,
    int id,
    String name,
    List<Long> args,
    long result,
    @Nullable Errno errno,
    @Nullable LineInfo line,
    @Nullable MapAccess map,
    @Nullable Sock sock) {
  public HelperCall {
    args = List.copyOf(args);
  }

  /// What a call did with a map.
  ///
  /// @param name the map's name
  /// @param key the key's bytes
  /// @param hit whether the key was there, or the change was made
  /// @param value the bytes of a value that was found, or null
  public record MapAccess(String name, byte[] key, boolean hit, byte @Nullable [] value) {}
}
