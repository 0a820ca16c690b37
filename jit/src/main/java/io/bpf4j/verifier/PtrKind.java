package io.bpf4j.verifier;

/// What a pointer points to, with the kernel's name for it (kernel/bpf/log.c, reg_type_str) and the
/// word its alignment messages use.
public enum PtrKind {
  CTX("ctx", "context "),
  MAP("map_ptr", ""),
  MAP_VALUE("map_value", "value "),
  MAP_KEY("map_key", "key "),
  STACK("fp", "stack "),
  PACKET("pkt", "packet "),
  PACKET_META("pkt_meta", "packet "),
  PACKET_END("pkt_end", ""),
  SOCK("sock", "sock "),
  SOCK_COMMON("sock_common", "sock_common "),
  TCP_SOCK("tcp_sock", "tcp_sock "),
  XDP_SOCK("xdp_sock", "xdp_sock "),
  MEM("mem", ""),
  FUNC("func", "");

  private final String spelling;
  private final String alignmentWord;

  PtrKind(String spelling, String alignmentWord) {
    this.spelling = spelling;
    this.alignmentWord = alignmentWord;
  }

  public String spelling() {
    return spelling;
  }

  String alignmentWord() {
    return alignmentWord;
  }

  /// Packet data or the metadata before it.
  boolean isPacket() {
    return this == PACKET || this == PACKET_META;
  }

  /// Packet data, metadata or the packet's end.
  boolean isPacketAny() {
    return isPacket() || this == PACKET_END;
  }

  /// A socket of any kind, read field by field.
  public boolean isSocket() {
    return this == SOCK || this == SOCK_COMMON || this == TCP_SOCK || this == XDP_SOCK;
  }

  /// Whether something may be added to it (kernel/bpf/verifier.c, adjust_ptr_min_max_vals).
  boolean takesArithmetic() {
    return switch (this) {
      case CTX, MAP_VALUE, MAP_KEY, STACK, PACKET_META, PACKET, MEM, FUNC -> true;
      default -> false;
    };
  }

  /// Whether a helper takes it with an offset, fixed or variable (check_func_arg_reg_off).
  boolean takesOffsetAsArgument() {
    return switch (this) {
      case STACK, PACKET, PACKET_META, MAP_KEY, MAP_VALUE, MEM -> true;
      default -> false;
    };
  }
}
