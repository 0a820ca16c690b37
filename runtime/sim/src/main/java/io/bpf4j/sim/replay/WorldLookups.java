package io.bpf4j.sim.replay;

import io.bpf4j.lookup.LookupAnswer;
import io.bpf4j.lookup.LookupKind;
import io.bpf4j.lookup.SocketLookup;
import io.bpf4j.lookup.WorldCpu;
import io.bpf4j.netns.Netns;
import io.bpf4j.netns.World;
import io.bpf4j.sim.scenario.ResultKind;
import java.util.List;

/// The lookups of a world on one of its CPUs, whose clock follows the packets'.
final class WorldLookups implements Lookups {
  private static final ResultKind[] KINDS = new ResultKind[LookupKind.values().length];

  static {
    for (LookupKind kind : LookupKind.values()) {
      KINDS[kind.ordinal()] =
          switch (kind) {
            case ESTABLISHED -> ResultKind.ESTABLISHED;
            case STEERED -> ResultKind.STEERED;
            case LISTENER -> ResultKind.LISTENER;
            case DROPPED, DROPPED_BY_GROUP -> ResultKind.DROPPED;
            case NONE -> ResultKind.NONE;
          };
    }
  }

  private final World world;
  private final WorldCpu cpu;
  private final SocketLookup[] netns;

  /// @param netns in the order of the scenario
  WorldLookups(World world, List<Netns> netns, int cpu) {
    this.world = world;
    this.cpu = world.cpu(cpu);
    this.netns = netns.stream().map(Netns::lookups).toArray(SocketLookup[]::new);
  }

  @Override
  public long lookup(PacketBatch b, int i) {
    cpu.clockNanos(b.timeNanos[i]);
    long answer =
        netns[b.netns[i]].lookup(
            cpu,
            b.family[i],
            b.protocol[i],
            b.srcHi[i],
            b.srcLo[i],
            b.sport[i],
            b.dstHi[i],
            b.dstLo[i],
            b.dport[i],
            b.iif[i]);
    LookupKind kind = LookupAnswer.kind(answer);
    // What a group refuses is not counted as refused by the link that selected its member.
    return Answer.of(
        KINDS[kind.ordinal()],
        LookupAnswer.socket(answer),
        kind == LookupKind.DROPPED_BY_GROUP ? -1 : LookupAnswer.link(answer));
  }

  @Override
  public boolean listening(int socket) {
    return world.sock(socket).listening();
  }
}
