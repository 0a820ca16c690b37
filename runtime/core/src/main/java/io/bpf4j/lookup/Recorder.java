package io.bpf4j.lookup;

import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.net.Family;
import io.bpf4j.net.IpAddr;
import io.bpf4j.sklookup.Link;
import io.bpf4j.sklookup.RunArray;
import io.bpf4j.sklookup.SkAction;
import io.bpf4j.sklookup.SkLookupCtx;
import io.bpf4j.sklookup.Verdicts;
import io.bpf4j.sock.GroupProgram;
import io.bpf4j.sock.Ineligible;
import io.bpf4j.sock.ListenTable;
import io.bpf4j.sock.Probe;
import io.bpf4j.sock.ReuseportGroup;
import io.bpf4j.sock.ScanLog;
import io.bpf4j.sock.Sock;
import io.bpf4j.sock.SockSlots;
import io.bpf4j.sock.SockSpace;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// Writes down the steps of a lookup as they happen.
final class Recorder implements ScanLog {
  private final SockSpace space;
  private final SockSlots slots;
  private final WorldCpu cpu;
  private final UnaryOperator<RunnableProgram> traced;
  private final List<Step> steps = new ArrayList<>();
  private final List<Step.Candidate> candidates = new ArrayList<>();
  private final List<Step> groups = new ArrayList<>();
  private @Nullable GroupProgram watched;
  private @Nullable CallTracer groupCalls;
  private boolean scanning;
  private boolean wildcard;

  Recorder(SockSpace space, SockSlots slots, WorldCpu cpu, UnaryOperator<RunnableProgram> traced) {
    this.space = space;
    this.slots = slots;
    this.cpu = cpu;
    this.traced = traced;
  }

  List<Step> steps() {
    return steps;
  }

  void connections(@Nullable Sock found) {
    steps.add(new Step.Connections(found));
  }

  void beginScan(boolean wildcard) {
    this.wildcard = wildcard;
    candidates.clear();
    groups.clear();
    scanning = true;
  }

  /// Ends a scan; what groups picked in it stands behind it.
  void endScan(@Nullable Sock result) {
    scanning = false;
    Probe p = cpu.probe();
    Set<Sock> scored = new HashSet<>();
    candidates.forEach(c -> scored.add(c.sock()));
    for (Sock sock : space.sockets()) {
      if (sock.protocol().number() == p.protocol
          && sock.port().number() == p.dport
          && !scored.contains(sock)) {
        int score = ListenTable.score(sock, p, wildcard);
        candidates.add(candidate(sock, score, Step.Standing.NOT_REACHED));
      }
    }
    steps.add(new Step.Scan(probed(p), candidates, result));
    steps.addAll(groups);
  }

  private IpAddr probed(Probe p) {
    if (p.family == Family.INET.number()) {
      return wildcard ? IpAddr.ANY4 : IpAddr.v4((int) p.dstLo);
    }
    return wildcard ? IpAddr.ANY6 : IpAddr.v6(p.dstHi, p.dstLo);
  }

  @Override
  public void candidate(Sock sock, int score, boolean best) {
    candidates.add(candidate(sock, score, best ? Step.Standing.BEST : Step.Standing.NOT_BETTER));
  }

  private static Step.Candidate candidate(Sock sock, int score, Step.Standing standing) {
    return score < 0
        ? new Step.Candidate(sock, Step.Standing.NOT_ELIGIBLE, 0, Ineligible.ofScore(score))
        : new Step.Candidate(sock, standing, score, null);
  }

  @Override
  public void group(Sock via, ReuseportGroup group, int hash, @Nullable Sock pick) {
    List<Sock> members = group.members();
    int start = ReuseportGroup.start(hash, members.size());
    Step step = new Step.Reuseport(via, members, hash, start, pick, groupRun());
    (scanning ? groups : steps).add(step);
  }

  @Override
  public GroupProgram watched(GroupProgram program) {
    GroupProgram reporting = program.on(traced);
    watched = program;
    groupCalls =
        switch (reporting) {
          case GroupProgram.SkReuseport(var run) -> new CallTracer(run.program(), slots);
          case GroupProgram.Filter(var run) -> new CallTracer(run.program(), slots);
          case GroupProgram.Classic _ -> null;
        };
    cpu.tracer(groupCalls);
    return reporting;
  }

  /// What the group's program did, if one was announced.
  private Step.@Nullable GroupRun groupRun() {
    GroupProgram program = watched;
    if (program == null) {
      return null;
    }
    CallTracer tracer = groupCalls;
    watched = null;
    groupCalls = null;
    cpu.tracer(null);
    return new Step.GroupRun(
        program,
        tracer == null ? List.of() : tracer.calls(),
        cpu.groups().r0(),
        cpu.groups().picked(),
        cpu.probe().refused());
  }

  /// Runs a program and writes down what it did.
  long run(Link link, int position, RunnableProgram program) {
    RunnableProgram reporting = traced.apply(program);
    long ctx = cpu.ctx();
    Sock before = slots.ofPointer(SkLookupCtx.selected(ctx));
    CallTracer tracer = new CallTracer(reporting.program(), slots);
    cpu.tracer(tracer);
    long r0;
    try {
      r0 = reporting.run(cpu, ctx, 0);
    } finally {
      cpu.tracer(null);
    }
    steps.add(
        new Step.Run(
            link,
            position,
            before,
            tracer.calls(),
            slots.ofPointer(SkLookupCtx.selected(ctx)),
            SkLookupCtx.noReuseport(ctx),
            r0,
            SkAction.of(r0)));
    return r0;
  }

  void combination(Verdicts verdicts, RunArray array) {
    Sock selection = slots.ofPointer(verdicts.selection());
    if (selection != null) {
      steps.add(
          new Step.Combination(
              Step.CombinationRule.SELECTION_WINS, selection, array.link(verdicts.selectedBy())));
    } else if (verdicts.drop()) {
      steps.add(
          new Step.Combination(
              Step.CombinationRule.DROP_WITHOUT_SELECTION, null, array.link(verdicts.droppedBy())));
    } else {
      steps.add(new Step.Combination(Step.CombinationRule.ALL_PASSED, null, null));
    }
  }
}
