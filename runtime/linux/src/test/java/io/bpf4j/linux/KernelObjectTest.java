package io.bpf4j.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.bpf4j.elf.BpfObjectReader;
import io.bpf4j.error.BindException;
import io.bpf4j.error.Errno;
import io.bpf4j.net.Family;
import io.bpf4j.net.IpAddr;
import io.bpf4j.net.Protocol;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The samples' objects in this kernel: loaded, attached to a namespace of their own, and met by
/// real connections and datagrams.
final class KernelObjectTest {
  private static final byte[] HELLO = {'h', 'i'};

  private KernelNetns netns;

  @BeforeAll
  static void liveKernel() {
    Live.assumeNetns();
  }

  @BeforeEach
  void open() {
    netns = KernelNetns.open();
  }

  @AfterEach
  void close() {
    if (netns != null) {
      netns.close();
    }
  }

  private static KernelObject load(String object) {
    return KernelObject.load(BpfObjectReader.read(Path.of("..", "..", "samples").resolve(object)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "quickstart/steer.bpf.o",
        "allports/allports.bpf.o",
        "chain/chain.bpf.o",
        "prefix/prefix.bpf.o",
        "compute/compute.bpf.o"
      })
  void everySampleLoadsAndAttaches(String object) {
    try (KernelObject live = load(object)) {
      assertThat(live.progs()).isNotEmpty();
      live.maps().values().forEach(map -> assertThat(map.id()).isPositive());
      for (KernelProg prog : live.progs().values()) {
        try (KernelLink link = netns.attach(prog)) {
          assertThat(netns.attachedIds()).containsExactly(link.info().progId());
        }
      }
    }
  }

  /// `struct service` of the quickstart: family, protocol, port in host order.
  private static byte[] service(Family family, Protocol protocol, int port) {
    return ByteBuffer.allocate(4)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put((byte) family.number())
        .put((byte) protocol.number())
        .putShort((short) port)
        .array();
  }

  private KernelSocket listener(Family family, Protocol protocol, String address, int port) {
    KernelSocket socket = netns.socket(family, protocol).bind(SockName.of(address, port));
    return protocol == Protocol.TCP ? socket.listen(4) : socket;
  }

  @ParameterizedTest
  @CsvSource({"127.0.0.1, 198.51.100.0/24, 198.51.100.9", "::1, 2001:db8:1::/48, 2001:db8:1::9"})
  void theQuickstartSteersConnectionsAndDatagrams(String own, String range, String target) {
    Family family = IpAddr.parse(own).family();
    netns.addLocalRoute(io.bpf4j.net.Prefix.parse(range));
    try (KernelObject object = load("quickstart/steer.bpf.o");
        KernelSocket tcp = listener(family, Protocol.TCP, own, 7777);
        KernelSocket udp = listener(family, Protocol.UDP, own, 7777);
        KernelLink link = netns.attach(object.prog("steer"))) {
      object.map("sockets").updateFd(0, tcp.fd());
      object.map("sockets").updateFd(1, udp.fd());
      KernelMap services = object.map("services");
      services.updateElem(service(family, Protocol.TCP, 443), KernelMap.index(0), 0);
      services.updateElem(service(family, Protocol.UDP, 443), KernelMap.index(1), 0);

      try (KernelSocket client = netns.socket(family, Protocol.TCP)) {
        client.connect(SockName.of(target, 443));
        client.send(HELLO);
        try (KernelSocket served = tcp.accept()) {
          assertThat(served.local()).isEqualTo(SockName.of(target, 443));
          assertThat(served.receive().data()).isEqualTo(HELLO);
        }
      }
      try (KernelSocket client = netns.socket(family, Protocol.UDP)) {
        client.sendTo(SockName.of(target, 443), HELLO);
        assertThat(udp.receive().data()).isEqualTo(HELLO);
      }
      try (KernelSocket client = netns.socket(family, Protocol.TCP)) {
        Live.refused(Errno.ECONNREFUSED, () -> client.connect(SockName.of(target, 444)));
      }
      link.detach();
      try (KernelSocket client = netns.socket(family, Protocol.TCP)) {
        Live.refused(Errno.ECONNREFUSED, () -> client.connect(SockName.of(target, 443)));
      }
    }
  }

  /// The cookie of the socket that a program selects stands in `bpf_sk_lookup.cookie` after a run.
  @Test
  void testRunsOfTheQuickstartNameTheSocket() {
    try (KernelObject object = load("quickstart/steer.bpf.o");
        KernelSocket tcp = listener(Family.INET, Protocol.TCP, "127.0.0.1", 7777)) {
      object.map("sockets").updateFd(0, tcp.fd());
      object
          .map("services")
          .updateElem(service(Family.INET, Protocol.TCP, 443), KernelMap.index(0), 0);
      byte[] ctx = new byte[72];
      ByteBuffer fields = ByteBuffer.wrap(ctx).order(ByteOrder.LITTLE_ENDIAN);
      fields.putInt(8, Family.INET.number()).putInt(12, Protocol.TCP.number()).putInt(60, 443);
      // A test run looks up in the namespace of the thread that asks.
      TestRun run =
          netns.<TestRun, RuntimeException>call(
              () -> object.prog("steer").testRun(TestRun.Input.ctx(ctx)));
      assertThat(run.retval()).isEqualTo(1);
      assertThat(ByteBuffer.wrap(run.ctx()).order(ByteOrder.LITTLE_ENDIAN).getLong(0))
          .isEqualTo(tcp.cookie());
    }
  }

  @Test
  void theComputationsResultIsInItsGlobalVariables() {
    try (KernelObject object = load("compute/compute.bpf.o")) {
      byte[] ctx = new byte[72];
      ByteBuffer.wrap(ctx)
          .order(ByteOrder.LITTLE_ENDIAN)
          .putInt(8, Family.INET.number())
          .putInt(12, Protocol.TCP.number())
          .putInt(60, 0x1234);
      assertThat(object.prog("checksum").testRun(TestRun.Input.ctx(ctx)).retval()).isEqualTo(1);
      // The sum of a packet of zeros and the port, inverted.
      byte[] bss = object.map(".bss").lookupElem(new byte[4]);
      assertThat(HexFormat.of().formatHex(bss)).contains("cbed0000");
    }
  }

  @Test
  void whatIsNotInTheObjectIsNamed() {
    try (KernelObject object = load("quickstart/steer.bpf.o")) {
      assertThatExceptionOfType(BindException.class)
          .isThrownBy(() -> object.map("socks"))
          .withMessageContaining("no map 'socks'; it has")
          .withMessageContaining("sockets");
      assertThatExceptionOfType(BindException.class)
          .isThrownBy(() -> object.prog("steers"))
          .withMessageContaining("no prog 'steers'; it has steer");
    }
  }
}
