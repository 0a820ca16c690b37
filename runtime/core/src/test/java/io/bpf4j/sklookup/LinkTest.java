package io.bpf4j.sklookup;

import static io.bpf4j.netns.TestNet.errno;
import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.error.Errno;
import io.bpf4j.lookup.LookupResult.DroppedBy;
import io.bpf4j.lookup.LookupResult.NoSocket;
import io.bpf4j.map.MapTypes;
import io.bpf4j.map.OffHeap;
import io.bpf4j.map.RuntimeMap;
import io.bpf4j.netns.TestNet;
import io.bpf4j.prog.Program;
import org.junit.jupiter.api.Test;

/// Spec section 6: links.
final class LinkTest {
  private final TestNet net = new TestNet();
  private final RuntimeMap order = net.map(MapTypes.ARRAY, 4, 8, 1);

  /// A program that appends a digit to the number in the map.
  private RunnableProgram digit(int digit) {
    return net.program(
        "digit" + digit,
        """
        *(u32 *)(r10 -4) = 0
        r2 = r10
        r2 += -4
        r1 = map[idx:0]
        call bpf_map_lookup_elem#1
        r1 = *(u64 *)(r0 +0)
        r1 *= 10
        r1 += %d
        *(u64 *)(r0 +0) = r1
        r0 = 1
        exit
        """
            .formatted(digit),
        order);
  }

  private void runs(long digits) {
    order.updateElem(OffHeap.u32(0), OffHeap.u64(0), 0);
    net.tcpTo("10.0.0.1:80");
    assertThat(order.lookupElem(OffHeap.u32(0))).isEqualTo(OffHeap.u64(digits));
  }

  @Test
  void updateKeepsThePlaceDetachTheOrderAndAttachAppends() {
    Link one = net.attach(digit(1));
    Link two = net.attach(digit(2));
    net.attach(digit(3));
    runs(123);
    two.update(digit(4));
    runs(143);
    one.detach();
    runs(43);
    net.attach(digit(1));
    runs(431);
  }

  @Test
  void theSixtyFifthLinkIsE2big() {
    RunnableProgram program = net.returning(1);
    Link first = net.attach(program);
    for (int i = 1; i < 64; i++) {
      net.attach(program);
    }
    assertThat(errno(() -> net.attach(program))).isEqualTo(Errno.E2BIG);
    first.detach();
    net.attach(program);
    net.world.createNetns("other").attach(program);
  }

  @Test
  void aProgramOfAnotherTypeIsRefused() {
    Program bare = Program.raw("bare", io.bpf4j.isa.Assembler.assemble("r0 = 1\nexit"));
    RunnableProgram program = net.world.load(bare);
    assertThat(errno(() -> net.attach(program))).isEqualTo(Errno.EINVAL);
    Link link = net.attach(net.returning(1));
    assertThat(errno(() -> link.update(program))).isEqualTo(Errno.EINVAL);
    link.detach();
    // The type is checked before whether the link is attached.
    assertThat(errno(() -> link.update(program))).isEqualTo(Errno.EINVAL);
  }

  @Test
  void updateTakesEffectForTheNextLookup() {
    Link link = net.attach(net.returning(0));
    assertThat(net.tcpTo("10.0.0.1:80")).isEqualTo(new DroppedBy(link));
    RunnableProgram pass = net.returning(1);
    link.update(pass);
    assertThat(net.tcpTo("10.0.0.1:80")).isEqualTo(new NoSocket());
    link.update(pass);
    assertThat(net.ns.query()).containsExactly(pass);
  }

  @Test
  void updateWithAnotherProgramExpectedIsEperm() {
    RunnableProgram drop = net.returning(0);
    RunnableProgram pass = net.returning(1);
    Link link = net.attach(drop);
    assertThat(errno(() -> link.update(pass, pass))).isEqualTo(Errno.EPERM);
    link.update(pass, drop);
    assertThat(link.program()).isEqualTo(pass);
  }

  @Test
  void aDetachedLinkCanBeDetachedButNotUpdated() {
    RunnableProgram drop = net.returning(0);
    Link link = net.attach(drop);
    assertThat(link.netnsInode()).isEqualTo(net.ns.inode()).isNotZero();
    link.detach();
    link.detach();
    assertThat(link.attached()).isFalse();
    assertThat(link.netnsInode()).isZero();
    assertThat(link.program()).isEqualTo(drop);
    assertThat(errno(() -> link.update(net.returning(1)))).isEqualTo(Errno.ENOLINK);
    assertThat(net.tcpTo("10.0.0.1:80")).isEqualTo(new NoSocket());
  }

  @Test
  void queryGivesAProgramALinkInRunOrder() {
    RunnableProgram pass = net.returning(1);
    RunnableProgram drop = net.returning(0);
    Link first = net.attach(pass);
    Link second = net.attach(drop);
    Link third = net.attach(pass);
    assertThat(net.ns.query()).containsExactly(pass, drop, pass);
    assertThat(net.ns.links()).containsExactly(first, second, third);
    assertThat(net.world.link(second.index())).isSameAs(second);
    assertThat(net.world.linkCount()).isEqualTo(3);
  }

  @Test
  void theEndOfANamespaceDetachesItsLinks() {
    Link link = net.attach(net.returning(0));
    net.tcp("10.0.0.1:80");
    net.ns.close();
    assertThat(link.netnsInode()).isZero();
    assertThat(errno(() -> link.update(net.returning(1)))).isEqualTo(Errno.ENOLINK);
    link.detach();
    assertThat(errno(() -> net.attach(net.returning(1)))).isEqualTo(Errno.EINVAL);
    assertThat(net.ns.sockets()).isEmpty();
    net.ns.close();
  }

  @Test
  void aNamespaceRunsItsOwnProgramsOnly() {
    net.attach(net.returning(0));
    var other = net.world.createNetns("other");
    assertThat(
            other.lookup(
                TestNet.tuple(io.bpf4j.net.Protocol.TCP, TestNet.CLIENT4, "10.0.0.1:80", 1)))
        .isEqualTo(new NoSocket());
  }
}
