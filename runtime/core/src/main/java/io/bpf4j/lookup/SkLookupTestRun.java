package io.bpf4j.lookup;

import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.error.Errno;
import io.bpf4j.error.ErrnoException;
import io.bpf4j.error.UnsupportedException;
import io.bpf4j.prog.ProgType;
import io.bpf4j.sklookup.SkLookupCtx;
import io.bpf4j.sklookup.Verdicts;
import io.bpf4j.sock.ListenTable;
import io.bpf4j.sock.Probe;
import io.bpf4j.sock.Sock;
import io.bpf4j.sock.SockOption;
import io.bpf4j.sock.SockSpace;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// BPF_PROG_TEST_RUN of sk_lookup programs (net/bpf/test_run.c bpf_prog_test_run_sk_lookup): only
/// the given program runs, on a context that the caller wrote, and no regular lookup follows. What
/// programs write to maps is written.
public final class SkLookupTestRun {
  private SkLookupTestRun() {}

  /// What several programs come to, which the kernel cannot be asked.
  ///
  /// @param drop whether the packet is refused: by a program, or by the group of the selected
  ///   socket
  /// @param decidedBy the place of the program whose verdict stands; -1 when all passed without a
  ///   selection
  /// @param selected the socket they selected, or null
  /// @param noReuseport whether that is without its group
  /// @param sock the socket that the packet reaches: the selected one, or the member that its group
  ///   picked; null when there is none
  public record Choice(
      boolean drop,
      int decidedBy,
      @Nullable Sock selected,
      boolean noReuseport,
      @Nullable Sock sock) {}

  /// Runs a program as the kernel does.
  ///
  /// @throws ErrnoException EINVAL, E2BIG, ERANGE and EAFNOSUPPORT for an input that the kernel
  ///   refuses; EOPNOTSUPP when the program selects a socket with SO_REUSEPORT, not saying
  ///   NO_REUSEPORT; ENOTSUPP for program types that cannot be run so
  /// @throws io.bpf4j.error.ProgramFault when the program was stopped
  public static TestRunOutput run(WorldCpu cpu, RunnableProgram program, TestRunInput input) {
    checkType(program);
    byte[] ctx = context(input);
    Probe probe = cpu.probe();
    TestRunCtx.read(ctx, probe);
    Verdicts verdicts = cpu.verdicts();
    int repeat = Math.max(input.repeat(), 1);
    List<RunnableProgram> one = List.of(program);
    long start = System.nanoTime();
    for (int i = 0; i < repeat; i++) {
      run(cpu, one, probe, verdicts);
    }
    double nanos = (double) (System.nanoTime() - start) / repeat;
    Sock selected = cpu.ofPointer(verdicts.selection());
    if (selected != null
        && !verdicts.noReuseport()
        && selected.getsockopt(SockOption.SO_REUSEPORT) != 0) {
      throw TestRunCtx.refuse(Errno.EOPNOTSUPP, "the selected socket has SO_REUSEPORT set");
    }
    ByteBuffer.wrap(ctx)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(SkLookupCtx.SK, selected == null ? 0 : selected.cookieValue());
    int room = input.ctxOutSize();
    return new TestRunOutput(
        verdicts.drop() ? 0 : 1,
        Arrays.copyOf(ctx, Math.clamp(room, 0, ctx.length)),
        room < 0 ? 0 : ctx.length,
        room >= 0 && room < ctx.length ? Errno.ENOSPC : null,
        selected,
        nanos);
  }

  private static void checkType(RunnableProgram program) {
    ProgType type = program.program().type();
    String thing = "prog '" + program.program().name() + "' test_run";
    if (type == ProgType.SK_REUSEPORT) {
      throw new ErrnoException(Errno.ENOTSUPP, thing, "sk_reuseport programs cannot be run so");
    }
    if (type != ProgType.SK_LOOKUP) {
      throw new UnsupportedException(thing, "is for sk_lookup programs");
    }
  }

  /// The checks before the context's own.
  private static byte[] context(TestRunInput input) {
    byte[] ctxIn = input.ctxIn();
    byte[] dataIn = input.dataIn();
    if ((ctxIn != null && ctxIn.length == 0) || input.ctxOutSize() == 0) {
      throw TestRunCtx.refuse(Errno.EINVAL, "a context has a size");
    }
    if (input.flags() != 0 || input.cpu() != 0 || input.batchSize() != 0) {
      throw TestRunCtx.refuse(Errno.EINVAL, "flags, cpu and batch_size must be 0");
    }
    if (dataIn != null || input.dataOutSize() >= 0) {
      throw TestRunCtx.refuse(Errno.EINVAL, "sk_lookup programs have no packet");
    }
    if (ctxIn == null && input.ctxOutSize() < 0) {
      throw TestRunCtx.refuse(Errno.EINVAL, "there is neither ctx_in nor ctx_out");
    }
    return TestRunCtx.checked(ctxIn == null ? new byte[0] : ctxIn);
  }

  /// Checks a context and writes it to where programs on this CPU find theirs, with no selection:
  /// for callers that run a program over and over themselves.
  ///
  /// @throws ErrnoException as [#run] refuses a context
  public static void write(WorldCpu cpu, byte[] ctx) {
    TestRunCtx.read(TestRunCtx.checked(ctx), cpu.probe());
    SkLookupCtx.write(cpu.ctx(), cpu.probe());
  }

  private static void run(
      WorldCpu cpu, List<RunnableProgram> programs, Probe probe, Verdicts verdicts) {
    long at = cpu.ctx();
    SkLookupCtx.write(at, probe);
    verdicts.begin();
    for (int i = 0; i < programs.size(); i++) {
      verdicts.before(at);
      verdicts.after(at, programs.get(i).run(cpu, at, 0), i);
    }
  }

  /// Runs several programs in their order and combines their verdicts, and lets the group of the
  /// selected socket pick, its program included: more than the kernel does.
  ///
  /// @param ctx as for [#run]
  /// @throws ErrnoException as [#run], but for EOPNOTSUPP
  /// @throws io.bpf4j.error.ProgramFault when a program was stopped
  static Choice choose(WorldCpu cpu, SockSpace space, List<RunnableProgram> programs, byte[] ctx) {
    programs.forEach(SkLookupTestRun::checkType);
    Probe probe = cpu.probe();
    TestRunCtx.read(TestRunCtx.checked(ctx), probe);
    Verdicts verdicts = cpu.verdicts();
    run(cpu, programs, probe, verdicts);
    Sock selected = cpu.ofPointer(verdicts.selection());
    if (selected == null) {
      return new Choice(verdicts.drop(), verdicts.droppedBy(), null, false, null);
    }
    boolean alone = verdicts.noReuseport();
    ListenTable table = probe.tcp() ? space.tcpListeners() : space.udpSockets();
    Sock pick = alone ? null : table.pick(selected, probe, probe.dstHi, probe.dstLo, null);
    boolean refused = !alone && probe.refused();
    return new Choice(
        refused,
        verdicts.selectedBy(),
        selected,
        alone,
        refused ? null : pick == null ? selected : pick);
  }
}
