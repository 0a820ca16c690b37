package io.bpf4j.map;

import static io.bpf4j.map.OffHeap.u32;
import static io.bpf4j.map.OffHeap.u64;
import static io.bpf4j.netns.TestNet.errno;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bpf4j.error.Errno;
import io.bpf4j.error.MemoryFault;
import io.bpf4j.lookup.LookupResult.NoSocket;
import io.bpf4j.lookup.LookupResult.Steered;
import io.bpf4j.lookup.WorldCpu;
import io.bpf4j.net.Family;
import io.bpf4j.net.Protocol;
import io.bpf4j.netns.TestNet;
import io.bpf4j.prog.MapSpec;
import io.bpf4j.sklookup.Link;
import io.bpf4j.sock.Sock;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Spec sections 5.2 to 5.4: SOCKMAP and SOCKHASH from both sides.
final class SocketMapTest {
  private static final int ENTRIES = 2;

  private final TestNet net = new TestNet();
  private final WorldCpu cpu = net.world.cpu(0);
  private final Sock a = net.tcp("0.0.0.0:1001");
  private final Sock b = net.tcp("0.0.0.0:1002");

  private SocketMap map(int type, int valueSize) {
    return (SocketMap) net.map(type, 4, valueSize, ENTRIES);
  }

  private static long key(int number) {
    return OffHeap.of(u32(number));
  }

  @ParameterizedTest
  @ValueSource(ints = {MapTypes.SOCKMAP, MapTypes.SOCKHASH})
  void whatUserSpacePutsInProgramsFind(int type) {
    SocketMap map = map(type, 8);
    map.updateElem(u32(1), a, 0);
    assertThat(map.lookup(cpu, key(1))).isEqualTo(a.pointer());
    assertThat(map.lookup(cpu, key(0))).isZero();
    assertThat(map.lookup(cpu, key(ENTRIES))).isZero();
    assertThat(map.lookup(cpu, key(-1))).isZero();
    assertThat(map.sockAt(u32(1))).isSameAs(a);
    map.updateElem(u32(1), b, 0);
    assertThat(map.lookup(cpu, key(1))).isEqualTo(b.pointer());
    map.deleteElem(u32(1));
    assertThat(map.lookup(cpu, key(1))).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {MapTypes.SOCKMAP, MapTypes.SOCKHASH})
  void userSpaceReadsCookiesOfEightBytes(int type) {
    SocketMap map = map(type, 8);
    map.updateElem(u32(0), a, 0);
    map.updateElem(u32(1), b, 0);
    assertThat(map.lookupElem(u32(0))).isEqualTo(u64(a.cookie().value()));
    assertThat(map.lookupElem(u32(1))).isEqualTo(u64(b.cookie().value()));
    assertThat(a.cookie()).isNotEqualTo(b.cookie()).isEqualTo(a.cookie());
    map.deleteElem(u32(1));
    assertThat(errno(() -> map.lookupElem(u32(1)))).isEqualTo(Errno.ENOENT);
    assertThat(errno(() -> map.lookupElem(u32(9)))).isEqualTo(Errno.ENOENT);
    SocketMap small = map(type, 4);
    small.updateElem(u32(0), a, 0);
    assertThat(errno(() -> small.lookupElem(u32(0)))).isEqualTo(Errno.ENOSPC);
    assertThat(errno(() -> small.lookupElem(u32(1)))).isEqualTo(Errno.ENOSPC);
    assertThat(errno(() -> map.lookupAndDeleteElem(u32(0), 0))).isEqualTo(Errno.ENOTSUPP);
  }

  @Test
  void deletingWhatIsNotThereIsEinvalInASockmapAndEnoentInASockhash() {
    SocketMap map = map(MapTypes.SOCKMAP, 8);
    SocketMap hash = map(MapTypes.SOCKHASH, 8);
    for (int index : new int[] {0, ENTRIES, -1}) {
      assertThat(errno(() -> map.deleteElem(u32(index)))).isEqualTo(Errno.EINVAL);
      assertThat(map.delete(cpu, key(index))).isEqualTo(Errno.EINVAL.negated());
      assertThat(errno(() -> hash.deleteElem(u32(index)))).isEqualTo(Errno.ENOENT);
      assertThat(hash.delete(cpu, key(index))).isEqualTo(Errno.ENOENT.negated());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {MapTypes.SOCKMAP, MapTypes.SOCKHASH})
  void updateFlagsAreHonoured(int type) {
    SocketMap map = map(type, 8);
    assertThat(errno(() -> map.updateElem(u32(0), a, 2))).isEqualTo(Errno.ENOENT);
    map.updateElem(u32(0), a, 1);
    assertThat(errno(() -> map.updateElem(u32(0), b, 1))).isEqualTo(Errno.EEXIST);
    map.updateElem(u32(0), b, 2);
    for (long flags : new long[] {3, 4, 8, 1L << 40}) {
      assertThat(errno(() -> map.updateElem(u32(0), a, flags))).isEqualTo(Errno.EINVAL);
      assertThat(map.update(cpu, key(0), a.pointer(), flags)).isEqualTo(Errno.EINVAL.negated());
    }
    assertThat(map.sockAt(u32(0))).isSameAs(b);
  }

  @Test
  void outOfRangeAndFullAreE2big() {
    SocketMap map = map(MapTypes.SOCKMAP, 8);
    assertThat(errno(() -> map.updateElem(u32(ENTRIES), a, 0))).isEqualTo(Errno.E2BIG);
    assertThat(map.update(cpu, key(ENTRIES), a.pointer(), 1)).isEqualTo(Errno.E2BIG.negated());
    SocketMap hash = map(MapTypes.SOCKHASH, 8);
    hash.updateElem(u32(10), a, 0);
    hash.updateElem(u32(11), a, 0);
    assertThat(errno(() -> hash.updateElem(u32(12), a, 0))).isEqualTo(Errno.E2BIG);
    hash.updateElem(u32(10), b, 0);
    hash.deleteElem(u32(11));
    hash.updateElem(u32(12), a, 0);
  }

  @ParameterizedTest
  @ValueSource(ints = {MapTypes.SOCKMAP, MapTypes.SOCKHASH})
  void onlySocketsInAUsefulStateAreTaken(int type) {
    SocketMap map = map(type, 8);
    Sock closed = net.open(Protocol.TCP, Family.INET);
    assertThat(errno(() -> map.updateElem(u32(0), closed, 0))).isEqualTo(Errno.EOPNOTSUPP);
    assertThat(errno(() -> map.updateElem(u32(0), net.bound(Protocol.TCP, "0.0.0.0:1"), 0)))
        .isEqualTo(Errno.EOPNOTSUPP);
    Sock ended = net.tcp("0.0.0.0:2");
    ended.shutdown();
    assertThat(errno(() -> map.updateElem(u32(0), ended, 0))).isEqualTo(Errno.EOPNOTSUPP);
    assertThat(errno(() -> map.updateElem(u32(0), net.open(Protocol.UDP, Family.INET), 0)))
        .isEqualTo(Errno.EOPNOTSUPP);
    // The state comes before flags and index; user space finds F_LOCK before all.
    assertThat(errno(() -> map.updateElem(u32(9), closed, 3))).isEqualTo(Errno.EOPNOTSUPP);
    assertThat(errno(() -> map.updateElem(u32(9), closed, 4))).isEqualTo(Errno.EINVAL);
    assertThat(map.update(cpu, key(9), closed.pointer(), 4)).isEqualTo(Errno.EOPNOTSUPP.negated());
    TestNet.connect(closed, "203.0.113.1:80");
    map.updateElem(u32(0), closed, 0);
    Sock udp = net.udp("0.0.0.0:3");
    map.updateElem(u32(0), udp, 0);
    TestNet.connect(udp, "203.0.113.1:80");
    map.updateElem(u32(1), udp, 0);
    a.close();
    assertThat(errno(() -> map.updateElem(u32(0), a, 0))).isEqualTo(Errno.EOPNOTSUPP);
  }

  @ParameterizedTest
  @ValueSource(ints = {MapTypes.SOCKMAP, MapTypes.SOCKHASH})
  void closingASocketTakesItOutOfAllMapsAndKeys(int type) {
    SocketMap one = map(type, 8);
    SocketMap two = map(MapTypes.SOCKHASH, 8);
    one.updateElem(u32(0), a, 0);
    one.updateElem(u32(1), a, 0);
    two.updateElem(u32(7), a, 0);
    two.updateElem(u32(8), a, 0);
    two.updateElem(u32(8), b, 0);
    a.close();
    assertThat(one.entries()).isEmpty();
    assertThat(one.lookup(cpu, key(0)) | one.lookup(cpu, key(1)) | two.lookup(cpu, key(7)))
        .isZero();
    assertThat(two.socks()).containsExactly(b);
    assertThat(two.lookup(cpu, key(8))).isEqualTo(b.pointer());
    one.updateElem(u32(0), b, 1);
    two.updateElem(u32(7), b, 1);
  }

  @Test
  void nothingButClosingTakesASocketOut() {
    SocketMap map = map(MapTypes.SOCKMAP, 8);
    Sock udp = net.open(Protocol.UDP, Family.INET);
    TestNet.connect(udp, "203.0.113.1:80");
    map.updateElem(u32(0), a, 0);
    map.updateElem(u32(1), udp, 0);
    a.shutdown();
    udp.disconnect();
    assertThat(map.socks()).containsExactlyInAnyOrder(a, udp);
  }

  @Test
  void socketsOfAnyNamespaceAreTaken() {
    Sock far = net.world.createNetns("far").open(Protocol.TCP, Family.INET);
    far.listen();
    SocketMap map = net.sockmap(far);
    Link link = net.attach(net.assigning(map, 1, 0, 0));
    assertThat(net.tcpTo("10.0.0.1:1")).isEqualTo(new Steered(far, link));
  }

  @Test
  void userSpaceHasNoDescriptors() {
    SocketMap map = map(MapTypes.SOCKMAP, 8);
    assertThat(errno(() -> map.updateElem(u32(0), u64(3), 0))).isEqualTo(Errno.EBADF);
    assertThat(errno(() -> map.updateElem(u32(0), u64(1L << 31), 0))).isEqualTo(Errno.EINVAL);
    assertThat(errno(() -> map.updateElem(u32(0), u64(-1), 0))).isEqualTo(Errno.EINVAL);
    SocketMap small = map(MapTypes.SOCKMAP, 4);
    assertThat(errno(() -> small.updateElem(u32(0), u32(-1), 0))).isEqualTo(Errno.EINVAL);
    assertThat(errno(() -> small.updateElem(u32(0), u32(3), 0))).isEqualTo(Errno.EBADF);
  }

  @Test
  void sockmapKeysAreWalkedAsAnArraysAndSockhashKeysAsAHashs() {
    SocketMap map = map(MapTypes.SOCKMAP, 8);
    assertThat(map.nextKey(null)).isEqualTo(u32(0));
    assertThat(map.nextKey(u32(0))).isEqualTo(u32(1));
    assertThat(map.nextKey(u32(77))).isEqualTo(u32(0));
    assertThat(errno(() -> map.nextKey(u32(1)))).isEqualTo(Errno.ENOENT);
    SocketMap hash = map(MapTypes.SOCKHASH, 8);
    assertThat(errno(() -> hash.nextKey(null))).isEqualTo(Errno.ENOENT);
    hash.updateElem(u32(5), a, 0);
    assertThat(hash.nextKey(null)).isEqualTo(u32(5));
    assertThat(hash.nextKey(u32(6))).isEqualTo(u32(5));
    assertThat(errno(() -> hash.nextKey(u32(5)))).isEqualTo(Errno.ENOENT);
  }

  @Test
  void entriesAreTheOccupiedPlacesWithTheirCookies() {
    SocketMap map = map(MapTypes.SOCKMAP, 4);
    map.updateElem(u32(1), a, 0);
    List<Map.Entry<byte[], byte[]>> entries = map.entries();
    assertThat(entries).hasSize(1);
    assertThat(entries.getFirst().getKey()).isEqualTo(u32(1));
    assertThat(entries.getFirst().getValue()).isEqualTo(u64(a.cookie().value()));
  }

  @Test
  void longKeysOfASockhashAreComparedWhole() {
    for (int size : new int[] {1, 2, 8, 16, 37, 512}) {
      SocketMap hash =
          (SocketMap) net.world.createMap(MapSpec.of("h", MapTypes.SOCKHASH, size, 8, 4, 0));
      byte[] one = new byte[size];
      byte[] two = new byte[size];
      two[size - 1] = 1;
      hash.updateElem(one, a, 0);
      hash.updateElem(two, b, 0);
      assertThat(hash.lookup(cpu, OffHeap.of(one))).isEqualTo(a.pointer());
      assertThat(hash.lookup(cpu, OffHeap.of(two))).isEqualTo(b.pointer());
    }
  }

  @Test
  void frozenMapsRefuseUpdatesOfUserSpaceOnly() {
    SocketMap map = map(MapTypes.SOCKMAP, 8);
    map.freeze();
    assertThat(errno(() -> map.updateElem(u32(0), a, 0))).isEqualTo(Errno.EPERM);
    assertThat(map.update(cpu, key(0), a.pointer(), 0)).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {MapTypes.SOCKMAP, MapTypes.SOCKHASH})
  void aProgramPutsItsSelectionInAnotherMapAndDeletes(int type) {
    SocketMap from = net.sockmap(a);
    SocketMap to = map(type, 8);
    Link link =
        net.attach(
            net.program(
                "store",
                """
                r6 = r1
                *(u32 *)(r10 -4) = 0
                r2 = r10
                r2 += -4
                r1 = map[idx:0]
                call bpf_map_lookup_elem#1
                if r0 == 0 goto out
                r7 = r0
                r1 = map[idx:1]
                r2 = r10
                r2 += -4
                r3 = r7
                r4 = 1
                call bpf_map_update_elem#2
                r1 = r7
                call bpf_sk_release#86
                r2 = r10
                r2 += -4
                r1 = map[idx:0]
                call bpf_map_delete_elem#3
                out:
                r0 = 1
                exit
                """,
                from,
                to));
    assertThat(net.tcpTo("10.0.0.1:9")).isEqualTo(new NoSocket());
    assertThat(to.socks()).containsExactly(a);
    assertThat(from.socks()).isEmpty();
    a.close();
    assertThat(to.socks()).isEmpty();
    link.detach();
  }

  @Test
  void whatIsNoSocketIsAFault() {
    SocketMap map = net.sockmap(a);
    net.attach(
        net.program(
            "forge",
            """
            *(u64 *)(r10 -8) = 0
            r2 = r10
            r2 += -8
            r1 = map[idx:0]
            r3 = r10
            r4 = 0
            call bpf_map_update_elem#2
            r0 = 1
            exit
            """,
            map));
    assertThatThrownBy(() -> net.tcpTo("10.0.0.1:9"))
        .isInstanceOf(MemoryFault.class)
        .hasMessageContaining("must be a socket");
  }
}
