package io.bpf4j.lookup;

import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.mem.Region;
import io.bpf4j.reuseport.ClassicView;
import io.bpf4j.reuseport.GroupPacket;
import io.bpf4j.reuseport.SkBuffCtx;
import io.bpf4j.reuseport.SkReuseportCtx;
import io.bpf4j.sock.GroupProgram;
import io.bpf4j.sock.GroupRunner;
import io.bpf4j.sock.Probe;
import io.bpf4j.sock.ReuseportGroup;
import io.bpf4j.sock.Sock;
import org.jspecify.annotations.Nullable;

/// Runs the programs of reuseport groups on a CPU (net/core/sock_reuseport.c run_bpf_filter,
/// net/core/filter.c bpf_run_sk_reuseport). They use the slot's context: no sk_lookup program runs
/// meanwhile.
final class GroupRuns implements GroupRunner {
  private static final int SK_PASS = 1;

  private final WorldCpu cpu;
  private final GroupPacket packet = new GroupPacket();
  private final ClassicView classic = new ClassicView(packet);
  private @Nullable ReuseportGroup asked;
  private @Nullable Sock through;
  private long r0;
  private @Nullable Sock picked;

  GroupRuns(WorldCpu cpu) {
    this.cpu = cpu;
  }

  @Override
  public @Nullable Sock run(
      GroupProgram program, ReuseportGroup group, Sock via, Sock[] members, Probe p, int hash) {
    asked = group;
    through = via;
    try {
      picked = null;
      picked =
          switch (program) {
            case GroupProgram.SkReuseport typed -> select(typed.program(), group, via, p, hash);
            case GroupProgram.Filter filter -> member(members, filter(filter.program(), p));
            case GroupProgram.Classic filter -> {
              packet.write(p, true);
              yield member(members, classic.run(filter.filter(), cpu, p));
            }
          };
      return picked;
    } finally {
      asked = null;
      through = null;
      cpu.packet(null);
    }
  }

  private @Nullable Sock select(
      RunnableProgram program, ReuseportGroup group, Sock via, Probe p, int hash) {
    long ctx = cpu.ctx();
    packet.write(p, false);
    SkReuseportCtx.write(ctx, packet, p, group, via, hash);
    cpu.packet(packet.view());
    r0 = program.run(cpu, ctx, 0);
    if ((int) r0 != SK_PASS) {
      p.refuse(via);
      return null;
    }
    return cpu.ofPointer(SkReuseportCtx.selected(ctx));
  }

  private long filter(RunnableProgram program, Probe p) {
    packet.write(p, true);
    SkBuffCtx.write(cpu.ctx(), packet, p);
    cpu.packet(packet.view());
    return program.run(cpu, cpu.ctx(), 0);
  }

  /// The member with an index, or null when there is none.
  private @Nullable Sock member(Sock[] members, long index) {
    r0 = index;
    int at = (int) index;
    return at >= 0 && at < members.length ? members[at] : null;
  }

  /// What the program that ran last returned.
  long r0() {
    return r0;
  }

  /// The member that it picked, or null.
  @Nullable Sock picked() {
    return picked;
  }

  @Nullable ReuseportGroup asked() {
    return asked;
  }

  @Nullable Sock through() {
    return through;
  }

  GroupPacket packet() {
    return packet;
  }

  /// The packet's memory, while a program looks at it.
  @Nullable Region regionOf(long address) {
    return asked == null ? null : packet.regionOf(address);
  }
}
