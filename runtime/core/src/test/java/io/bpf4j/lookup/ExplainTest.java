package io.bpf4j.lookup;

import static io.bpf4j.netns.TestNet.CLIENT4;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bpf4j.error.Errno;
import io.bpf4j.error.MemoryFault;
import io.bpf4j.isa.Assembler;
import io.bpf4j.isa.Insns;
import io.bpf4j.lookup.LookupResult.DroppedBy;
import io.bpf4j.lookup.LookupResult.Established;
import io.bpf4j.lookup.LookupResult.Listener;
import io.bpf4j.lookup.LookupResult.Steered;
import io.bpf4j.map.MapTypes;
import io.bpf4j.map.OffHeap;
import io.bpf4j.map.RuntimeMap;
import io.bpf4j.map.SocketMap;
import io.bpf4j.net.IpAddr;
import io.bpf4j.net.Protocol;
import io.bpf4j.netns.TestNet;
import io.bpf4j.prog.LineInfo;
import io.bpf4j.prog.ProgType;
import io.bpf4j.prog.Program;
import io.bpf4j.prog.Subprog;
import io.bpf4j.sklookup.Link;
import io.bpf4j.sklookup.SkAction;
import io.bpf4j.sock.Ineligible;
import io.bpf4j.sock.Sock;
import io.bpf4j.sock.TcpSock;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/// A lookup tells its whole story.
final class ExplainTest {
  private final TestNet net = new TestNet();

  private LookupTrace explain(Protocol protocol, String dst) {
    return net.ns.explain(TestNet.tuple(protocol, CLIENT4, dst, 2));
  }

  private static <T extends Step> T step(LookupTrace trace, Class<T> type, int n) {
    return trace.steps().stream().filter(type::isInstance).map(type::cast).toList().get(n);
  }

  @Test
  void aConnectionIsTheOnlyStep() {
    TcpSock web = (TcpSock) net.tcp("0.0.0.0:80");
    Sock child = web.accept(TestNet.tuple(Protocol.TCP, CLIENT4, "10.0.0.1:80", 2));
    net.attach(net.returning(0));
    LookupTrace trace = explain(Protocol.TCP, "10.0.0.1:80");
    assertThat(trace.steps()).containsExactly(new Step.Connections(child));
    assertThat(trace.result()).isEqualTo(new Established(child));
  }

  @Test
  void theRegularLookupShowsEveryCandidateWithItsScoreOrTheReason() {
    Sock any = net.tcp("0.0.0.0:80", "port");
    Sock dual = net.tcp("[::]:80", "port");
    Sock eth1 = net.tcp("0.0.0.0:80", "port", "dev3");
    Sock only = net.tcp("[::]:80", "port", "v6only");
    Sock silent = net.bound(Protocol.TCP, "10.0.0.1:80", "port");
    net.tcp("0.0.0.0:81");
    LookupTrace trace = explain(Protocol.TCP, "10.0.0.1:80");
    assertThat(trace.result()).isEqualTo(new Listener(any));
    assertThat(trace.steps())
        .map(Object::getClass)
        .containsExactly(
            Step.Connections.class, Step.Scan.class, Step.Scan.class, Step.Reuseport.class);
    Step.Scan exact = step(trace, Step.Scan.class, 0);
    assertThat(exact.probed()).isEqualTo(IpAddr.parse("10.0.0.1"));
    assertThat(exact.result()).isNull();
    assertThat(exact.candidates())
        .containsExactly(
            no(any, Ineligible.OTHER_ADDRESS),
            no(dual, Ineligible.OTHER_ADDRESS),
            no(eth1, Ineligible.OTHER_ADDRESS),
            no(only, Ineligible.V6ONLY),
            no(silent, Ineligible.NOT_LISTENING));
    Step.Scan wildcard = step(trace, Step.Scan.class, 1);
    assertThat(wildcard.probed()).isEqualTo(IpAddr.ANY4);
    assertThat(wildcard.result()).isEqualTo(any);
    assertThat(wildcard.candidates())
        .containsExactly(
            no(eth1, Ineligible.OTHER_DEVICE),
            new Step.Candidate(any, Step.Standing.BEST, 2, null),
            new Step.Candidate(dual, Step.Standing.NOT_REACHED, 1, null),
            no(only, Ineligible.V6ONLY),
            no(silent, Ineligible.NOT_LISTENING));
  }

  private static Step.Candidate no(Sock sock, Ineligible reason) {
    return new Step.Candidate(sock, Step.Standing.NOT_ELIGIBLE, 0, reason);
  }

  @Test
  void aGroupShowsItsMembersTheHashAndThePick() {
    Sock[] group = {net.udp("0.0.0.0:53", "port"), net.udp("0.0.0.0:53", "port")};
    LookupTrace trace = explain(Protocol.UDP, "10.0.0.1:53");
    Step.Reuseport step = step(trace, Step.Reuseport.class, 0);
    assertThat(step.members()).containsExactly(group);
    assertThat(step.via()).isEqualTo(group[1]);
    assertThat(step.pick()).isEqualTo(group[step.start()]);
    assertThat(trace.result()).isEqualTo(new Listener(Objects.requireNonNull(step.pick())));
  }

  @Test
  void aRunShowsCallsKeysHitsErrorsAndSelections() {
    Sock target = net.tcp("127.0.0.1:8080");
    SocketMap map = net.sockmap(target);
    Link steer = net.attach(net.assigning(map, 1, 5, 0, 0, 0, 0, 0));
    Link pass = net.attach(net.returning(1));
    LookupTrace trace = explain(Protocol.TCP, "10.0.0.1:80");
    assertThat(trace.result()).isEqualTo(new Steered(target, steer));
    Step.Run run = step(trace, Step.Run.class, 0);
    assertThat(run.link()).isEqualTo(steer);
    assertThat(run.verdict()).isEqualTo(SkAction.SK_PASS);
    assertThat(run.before()).isNull();
    assertThat(run.after()).isEqualTo(target);
    assertThat(run.calls())
        .map(HelperCall::name)
        .containsExactly(
            "bpf_map_lookup_elem",
            "bpf_sk_assign",
            "bpf_map_lookup_elem",
            "bpf_sk_assign",
            "bpf_sk_release",
            "bpf_map_lookup_elem",
            "bpf_sk_assign",
            "bpf_sk_release");
    HelperCall miss = run.calls().getFirst();
    HelperCall.MapAccess missed = Objects.requireNonNull(miss.map());
    assertThat(missed.name()).isEqualTo(map.name());
    assertThat(missed.key()).isEqualTo(OffHeap.u32(5));
    assertThat(missed.hit()).isFalse();
    HelperCall hit = run.calls().get(2);
    assertThat(Objects.requireNonNull(hit.map()).hit()).isTrue();
    assertThat(hit.sock()).isEqualTo(target);
    assertThat(run.calls().get(3).errno()).isNull();
    assertThat(run.calls().get(6).errno()).isEqualTo(Errno.EEXIST);
    assertThat(run.calls().get(6).sock()).isEqualTo(target);
    Step.Run second = step(trace, Step.Run.class, 1);
    assertThat(second.link()).isEqualTo(pass);
    assertThat(second.before()).isEqualTo(target);
    assertThat(step(trace, Step.Combination.class, 0))
        .isEqualTo(new Step.Combination(Step.CombinationRule.SELECTION_WINS, target, steer));
  }

  @Test
  void theRuleThatDecidedIsNamed() {
    Link drop = net.attach(net.returning(0));
    assertThat(step(explain(Protocol.TCP, "10.0.0.1:80"), Step.Combination.class, 0))
        .isEqualTo(new Step.Combination(Step.CombinationRule.DROP_WITHOUT_SELECTION, null, drop));
    drop.update(net.returning(1));
    assertThat(step(explain(Protocol.TCP, "10.0.0.1:80"), Step.Combination.class, 0))
        .isEqualTo(new Step.Combination(Step.CombinationRule.ALL_PASSED, null, null));
  }

  @Test
  void udpScansItsAddressBeforeTheHookAndTheWildcardAfter() {
    net.udp("0.0.0.0:53");
    net.attach(net.returning(1));
    assertThat(explain(Protocol.UDP, "10.0.0.1:53").steps())
        .map(Object::getClass)
        .containsExactly(
            Step.Connections.class,
            Step.Scan.class,
            Step.Run.class,
            Step.Combination.class,
            Step.Scan.class);
  }

  @Test
  void callsNameTheLineTheyCameFrom() {
    Insns insns = Assembler.assemble("r6 = r1\ncall bpf_ktime_get_ns#5\nr0 = 1\nexit");
    LineInfo line = new LineInfo(1, "/src/steer.bpf.c", 27, 3, "bpf_ktime_get_ns();");
    net.attach(
        net.world.load(
            new Program(
                "lines",
                ProgType.SK_LOOKUP,
                insns,
                List.of(),
                List.of(new Subprog("lines", 0)),
                List.of(new LineInfo(0, "/src/steer.bpf.c", 25, 1, "{"), line),
                "GPL")));
    HelperCall call =
        step(explain(Protocol.TCP, "10.0.0.1:80"), Step.Run.class, 0).calls().getFirst();
    assertThat(call.pc()).isEqualTo(1);
    assertThat(call.line()).isEqualTo(line);
  }

  @Test
  void valuesThatWereFoundAreShown() {
    RuntimeMap map = net.map(MapTypes.HASH, 4, 8, 4);
    map.updateElem(OffHeap.u32(80), OffHeap.u64(7), 0);
    net.attach(
        net.program(
            "ports",
            """
            r2 = *(u32 *)(r1 +60)
            *(u32 *)(r10 -4) = r2
            r2 = r10
            r2 += -4
            r1 = map[idx:0]
            call bpf_map_lookup_elem#1
            r0 = 1
            exit
            """,
            map));
    HelperCall call =
        step(explain(Protocol.TCP, "10.0.0.1:80"), Step.Run.class, 0).calls().getFirst();
    HelperCall.MapAccess access = Objects.requireNonNull(call.map());
    assertThat(access.key()).isEqualTo(OffHeap.u32(80));
    assertThat(access.value()).isEqualTo(OffHeap.u64(7));
  }

  @Test
  void explainingIsALookupAndAFaultEndsIt() {
    net.attach(net.program("fault", "r0 = *(u8 *)(r1 +100)\nexit"));
    assertThatThrownBy(() -> explain(Protocol.TCP, "10.0.0.1:80"))
        .isInstanceOf(MemoryFault.class)
        .hasMessageContaining("prog 'fault' insn 0");
    assertThatThrownBy(() -> net.tcpTo("10.0.0.1:80")).isInstanceOf(MemoryFault.class);
    net.ns.links().getFirst().update(net.returning(0));
    assertThat(net.tcpTo("10.0.0.1:80")).isInstanceOf(DroppedBy.class);
  }
}
