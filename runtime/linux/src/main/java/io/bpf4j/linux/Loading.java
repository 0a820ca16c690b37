package io.bpf4j.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.bpf4j.error.Errno;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// One BPF_PROG_LOAD: first without a log, since most programs are taken and a log costs; when the
/// program is refused again with one, made larger until the log fits.
final class Loading {
  private static final int FIRST_LOG = 64 << 10;
  private static final int LAST_LOG = 64 << 20;
  private static final int VERBOSE = 1;

  private final LoadRequest request;
  private final String thing;

  Loading(LoadRequest request) {
    this.request = request;
    this.thing = "prog '" + request.name() + "'";
  }

  LoadResult run() {
    try (Arena arena = Arena.ofConfined();
        FuncInfo funcs = FuncInfo.of(request, arena)) {
      Struct attr = attributes(arena);
      funcs.describe(attr);
      if (request.logLevel() == 0) {
        long fd = Bpf.PROG_LOAD.call(attr);
        if (fd >= 0) {
          return new LoadResult.Loaded(prog(fd), "");
        }
      }
      return runWithLog(attr);
    }
  }

  private LoadResult runWithLog(Struct attr) {
    for (int size = FIRST_LOG; ; size *= 8) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment buffer = arena.allocate(size);
        attr.put("log_level", request.logLevel() == 0 ? VERBOSE : request.logLevel())
            .put("log_size", size)
            .put("log_buf", buffer);
        long fd = Bpf.PROG_LOAD.call(attr);
        if (fd == Errno.ENOSPC.negated() && size < LAST_LOG) {
          continue;
        }
        String log = text(buffer);
        if (fd >= 0) {
          return new LoadResult.Loaded(prog(fd), log);
        }
        attr.put("log_level", 0).put("log_size", 0);
        return new LoadResult.Refused(
            Bpf.PROG_LOAD.failure(fd, thing, what(attr, reason(log))), log);
      }
    }
  }

  private static String what(Struct attr, String reason) {
    return reason.isEmpty() ? attr.toString() : attr + ": " + reason;
  }

  private KernelProg prog(long fd) {
    return new KernelProg(request.name(), request.type(), new Fd(fd, thing));
  }

  private Struct attributes(Arena arena) {
    return new Struct(BpfAttr.PROG_LOAD, arena)
        .put("prog_type", request.type().number())
        .put("insn_cnt", request.insns().length / Long.BYTES)
        .put("insns", arena.allocateFrom(JAVA_BYTE, request.insns()))
        .put("license", arena.allocateFrom(request.license()))
        .put("prog_flags", request.flags())
        .putText("prog_name", KernelMap.objectName(request.name()))
        .put("expected_attach_type", request.attachType())
        .put("fd_array", arena.allocateFrom(JAVA_INT, fds(request.maps())));
  }

  private static int[] fds(List<KernelMap> maps) {
    return maps.isEmpty() ? new int[1] : maps.stream().mapToInt(KernelMap::fd).toArray();
  }

  private static String text(MemorySegment buffer) {
    return buffer.getString(0).strip();
  }

  /// The line that says why, or nothing: the last that is not a count. `processed 3 insns (limit
  /// 1000000) ...` and the like end a log.
  static String reason(String log) {
    List<String> lines =
        log.lines()
            .map(String::strip)
            .filter(line ->
                !line.isEmpty() && !line.matches("(processed|stack depth|verification time) .*"))
            .toList();
    return lines.isEmpty() ? "" : lines.getLast();
  }
}
