package io.bpf4j.lookup;

import io.bpf4j.error.Errno;
import io.bpf4j.helper.HelperNames;
import io.bpf4j.helper.MapHelpers;
import io.bpf4j.helper.SkHelpers;
import io.bpf4j.map.MapTypes;
import io.bpf4j.map.RuntimeMap;
import io.bpf4j.map.SocketMap;
import io.bpf4j.mem.ExecTracer;
import io.bpf4j.mem.Memory;
import io.bpf4j.platform.MapTypeInfo;
import io.bpf4j.prog.Program;
import io.bpf4j.sock.Sock;
import io.bpf4j.sock.SockSlots;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Collects the helper calls of one run.
final class CallTracer implements ExecTracer {
  /// No value is copied beyond this.
  private static final int MAX_VALUE = 4096;

  private final Program program;
  private final SockSlots slots;
  private final List<HelperCall> calls = new ArrayList<>();
  private long[] args = new long[5];
  private @Nullable RuntimeMap map;

  CallTracer(Program program, SockSlots slots) {
    this.program = program;
    this.slots = slots;
  }

  List<HelperCall> calls() {
    return calls;
  }

  @Override
  public void beforeHelper(int pc, int helper, long[] registers) {
    args = Arrays.copyOf(registers, 5);
    map =
        switch (helper) {
          case MapHelpers.LOOKUP_ELEM, MapHelpers.UPDATE_ELEM, MapHelpers.DELETE_ELEM ->
              RuntimeMap.ofPointer(args[0]);
          case SkHelpers.SK_SELECT_REUSEPORT -> RuntimeMap.ofPointer(args[1]);
          default -> null;
        };
  }

  @Override
  public void afterHelper(int pc, int helper, long result) {
    calls.add(
        new HelperCall(
            pc,
            helper,
            HelperNames.nameOf(helper),
            Arrays.stream(args).boxed().toList(),
            result,
            helper == MapHelpers.LOOKUP_ELEM ? null : Errno.ofNegated(result),
            program.lineAt(pc),
            access(helper, result),
            sock(helper, result)));
  }

  private HelperCall.@Nullable MapAccess access(int helper, long result) {
    RuntimeMap used = map;
    if (used == null) {
      return null;
    }
    boolean lookup = helper == MapHelpers.LOOKUP_ELEM;
    int size = used.spec().valueSize();
    boolean readable = lookup && result != 0 && !holdsSockets(used) && size <= MAX_VALUE;
    // The helper's arguments were checked: the key's memory can be read.
    return new HelperCall.MapAccess(
        used.name(),
        Memory.bytes(args[helper == SkHelpers.SK_SELECT_REUSEPORT ? 2 : 1], used.spec().keySize()),
        lookup ? result != 0 : result == 0,
        readable ? Memory.bytes(result, size) : null);
  }

  private static boolean holdsSockets(RuntimeMap map) {
    MapTypeInfo row = MapTypes.row(map.spec().type());
    return row != null && row.values() == MapTypeInfo.Values.SOCKETS;
  }

  private @Nullable Sock sock(int helper, long result) {
    return switch (helper) {
      case MapHelpers.LOOKUP_ELEM -> slots.ofPointer(result);
      case MapHelpers.UPDATE_ELEM -> slots.ofPointer(args[2]);
      case SkHelpers.SK_ASSIGN -> slots.ofPointer(args[1]);
      case SkHelpers.SK_RELEASE -> slots.ofPointer(args[0]);
      case SkHelpers.SK_SELECT_REUSEPORT ->
          map instanceof SocketMap sockets
              ? sockets.sockAt(Memory.bytes(args[2], sockets.spec().keySize()))
              : null;
      default -> null;
    };
  }
}
