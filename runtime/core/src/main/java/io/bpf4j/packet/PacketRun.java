package io.bpf4j.packet;

import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.error.Errno;
import io.bpf4j.error.ErrnoException;
import io.bpf4j.mem.Cpu;
import io.bpf4j.mem.Memory;
import io.bpf4j.mem.Packet;
import io.bpf4j.prog.ProgType;
import java.lang.foreign.Arena;
import java.util.Arrays;

/// Runs a program on a packet as BPF_PROG_TEST_RUN does (net/bpf/test_run.c, bpf_prog_test_run_skb
/// and bpf_prog_test_run_xdp): an Ethernet frame that came in on `lo`. A socket filter sees what is
/// behind the Ethernet header, which user space gets back as zeros; the other types see the whole
/// frame, and may write to it.
public final class PacketRun {
  /// Bytes of an Ethernet header (`ETH_HLEN`): no frame is shorter.
  public static final int HEADER = 14;

  private static final int TYPE_AT = 12;
  private static final int LOOPBACK = 1;

  /// The smallest number that is a protocol and no length (`ETH_P_802_3_MIN`).
  private static final int FIRST_PROTOCOL = 0x600;

  private static final int PACKET_HOST = 0;
  private static final int PACKET_MULTICAST = 2;
  private static final int PACKET_OTHERHOST = 3;
  private static final int ETH_P_IP = 0x0800;
  private static final int ETH_P_IPV6 = 0x86dd;
  private static final int ETH_P_802_3 = 1;
  private static final int ETH_P_802_2 = 4;

  private PacketRun() {}

  /// What came of it.
  ///
  /// @param retval the low half of R0
  /// @param data the frame afterwards
  /// @param nanos mean time of a run
  public record Result(int retval, byte[] data, double nanos) {}

  /// Runs a program `repeat` times on one packet, which keeps what was written to it.
  ///
  /// @param program of a type that [PacketTypes#holds]
  /// @throws ErrnoException EINVAL when the frame, or for all types but XDP its IP header, is too
  ///   short
  /// @throws io.bpf4j.error.ProgramFault when the program was stopped
  public static Result run(RunnableProgram program, Cpu cpu, byte[] frame, int repeat) {
    ProgType type = program.program().type();
    check(type, frame);
    int pulled = type == ProgType.SOCKET_FILTER ? HEADER : 0;
    try (Arena arena = Arena.ofConfined()) {
      long start = arena.allocate(frame.length, Long.BYTES).address();
      Memory.putBytes(start, frame);
      if (type == ProgType.XDP) {
        XdpMd.write(cpu.ctx(), LOOPBACK, start, frame.length);
      } else {
        SkBuff.write(
            cpu.ctx(),
            frame.length - pulled,
            packetType(frame),
            Short.reverseBytes((short) protocol(frame)),
            LOOPBACK,
            start + pulled);
        cpu.packet(new Packet(start, frame.length, pulled, HEADER));
      }
      if (pulled == 0) {
        cpu.memory(start, frame.length);
      }
      long r0 = 0;
      long before = System.nanoTime();
      for (int i = 0; i < repeat; i++) {
        r0 = program.run(cpu, cpu.ctx(), 0);
      }
      double nanos = (double) (System.nanoTime() - before) / repeat;
      byte[] data = Memory.bytes(start, frame.length);
      Arrays.fill(data, 0, pulled, (byte) 0);
      return new Result((int) r0, data, nanos);
    } finally {
      cpu.memory(0, 0);
      cpu.packet(null);
    }
  }

  private static void check(ProgType type, byte[] frame) {
    if (frame.length < HEADER) {
      throw refuse(frame.length + " bytes are less than an Ethernet header of " + HEADER);
    }
    int header =
        switch (protocol(frame)) {
          case ETH_P_IP -> 20;
          case ETH_P_IPV6 -> 40;
          default -> 0;
        };
    if (type != ProgType.XDP && frame.length < HEADER + header) {
      throw refuse(
          "%d bytes behind the Ethernet header are less than an IP header of %d"
              .formatted(frame.length - HEADER, header));
    }
  }

  private static ErrnoException refuse(String why) {
    return new ErrnoException(Errno.EINVAL, "test_run packet", why);
  }

  /// What the frame's destination means to `lo`, whose address is all zeros (net/ethernet/eth.c,
  /// eth_type_trans).
  private static int packetType(byte[] frame) {
    if ((frame[0] & 1) != 0) {
      return PACKET_MULTICAST;
    }
    for (int i = 0; i < 6; i++) {
      if (frame[i] != 0) {
        return PACKET_OTHERHOST;
      }
    }
    return PACKET_HOST;
  }

  private static int protocol(byte[] frame) {
    int type = (frame[TYPE_AT] & 0xff) << 8 | (frame[TYPE_AT + 1] & 0xff);
    if (type >= FIRST_PROTOCOL) {
      return type;
    }
    boolean raw = frame.length >= HEADER + 2 && frame[HEADER] == -1 && frame[HEADER + 1] == -1;
    return raw ? ETH_P_802_3 : ETH_P_802_2;
  }
}
