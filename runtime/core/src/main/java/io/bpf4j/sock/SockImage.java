package io.bpf4j.sock;

import io.bpf4j.mem.Memory;

/// What a socket's slot holds: `struct bpf_sock` as programs see it (uapi/linux/bpf.h; addresses
/// and the peer's port in network order, the rest in host order), and behind it what only helpers
/// read.
public final class SockImage {
  public static final int BOUND_DEV_IF = 0;
  public static final int FAMILY = 4;
  public static final int TYPE = 8;
  public static final int PROTOCOL = 12;
  public static final int MARK = 16;
  public static final int PRIORITY = 20;
  public static final int SRC_IP4 = 24;
  public static final int SRC_IP6 = 28;
  public static final int SRC_PORT = 44;
  public static final int DST_PORT = 48;
  public static final int DST_IP4 = 52;
  public static final int DST_IP6 = 56;
  public static final int STATE = 72;
  public static final int RX_QUEUE_MAPPING = 76;

  /// Bytes that programs see.
  public static final int VISIBLE_BYTES = 80;

  /// 1 when the socket takes no IPv4 packets.
  public static final int V6ONLY = 80;

  /// The socket's number.
  static final int INDEX = 84;

  private SockImage() {}

  /// Writes the fields that never change. The number goes last: an empty slot's is 0.
  static void first(Sock sock) {
    long at = sock.pointer();
    Memory.putInt(at + FAMILY, sock.familyNumber());
    Memory.putInt(at + TYPE, sock.typeNumber());
    Memory.putInt(at + PROTOCOL, sock.protocolNumber());
    Memory.putInt(at + RX_QUEUE_MAPPING, -1);
    Memory.putInt(at + INDEX, sock.index());
    write(sock);
  }

  /// Writes the fields that life changes.
  static void write(Sock sock) {
    long at = sock.pointer();
    Memory.putInt(at + BOUND_DEV_IF, sock.boundDev);
    Memory.putInt(at + MARK, sock.mark);
    Memory.putInt(at + PRIORITY, sock.priority);
    Memory.putInt(at + SRC_IP4, Integer.reverseBytes(sock.rcv4));
    Memory.putLong(at + SRC_IP6, Long.reverseBytes(sock.rcvHi));
    Memory.putLong(at + SRC_IP6 + 8, Long.reverseBytes(sock.rcvLo));
    Memory.putInt(at + SRC_PORT, sock.num);
    Memory.putInt(at + DST_PORT, Short.toUnsignedInt(Short.reverseBytes((short) sock.peerPort)));
    Memory.putInt(at + DST_IP4, Integer.reverseBytes(sock.peer4));
    Memory.putLong(at + DST_IP6, Long.reverseBytes(sock.peerHi));
    Memory.putLong(at + DST_IP6 + 8, Long.reverseBytes(sock.peerLo));
    Memory.putInt(at + V6ONLY, sock.v6only ? 1 : 0);
    Memory.putInt(at + STATE, sock.state.number());
  }
}
