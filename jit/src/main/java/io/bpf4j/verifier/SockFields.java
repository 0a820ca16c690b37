package io.bpf4j.verifier;

/// Which loads a socket pointer allows: of `struct bpf_sock`, `bpf_tcp_sock` and `bpf_xdp_sock`
/// (net/core/filter.c, bpf_sock_is_valid_access and its kin). Sockets are never written.
final class SockFields {
  private static final int SOCK_BYTES = 80;
  private static final int TCP_BYTES = 112;
  private static final int BYTES_RECEIVED = 80;
  private static final int BYTES_ACKED = 88;

  private SockFields() {}

  static boolean readable(PtrKind kind, long off, int size) {
    if (off < 0 || off % size != 0) {
      return false;
    }
    return switch (kind) {
      case SOCK -> off < SOCK_BYTES && sock((int) off, size);
      // type, protocol, mark and priority stand in full sockets only.
      case SOCK_COMMON -> off < SOCK_BYTES && !(off >= 8 && off < 24) && sock((int) off, size);
      case TCP_SOCK -> off < TCP_BYTES && tcp(off, size);
      case XDP_SOCK -> off == 0 && size == 4;
      default -> false;
    };
  }

  private static boolean sock(int off, int size) {
    if (size == 8) {
      return false;
    }
    boolean address = (off >= 24 && off < 44) || (off >= 52 && off < 72);
    return switch (off) {
      // family, type, protocol, src_port, state, rx_queue_mapping: narrow loads at the start only.
      case 4, 8, 12, 44, 72, 76 -> true;
      // dst_port is two bytes; two more are padding.
      case 48 -> true;
      case 49 -> size == 1;
      case 50, 51 -> false;
      default -> address || size == 4;
    };
  }

  private static boolean tcp(long off, int size) {
    if (off >= BYTES_RECEIVED && off < BYTES_ACKED + 8) {
      return size == 8;
    }
    return size == 4;
  }
}
