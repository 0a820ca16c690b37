package io.bpf4j.linux;

import io.bpf4j.net.Family;
import io.bpf4j.net.IpAddr;
import io.bpf4j.net.Port;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// The address and port of a socket's end: a `struct sockaddr_in` or `sockaddr_in6`.
public record SockName(IpAddr address, Port port) {
  static final int MAX_BYTES = 28;
  private static final int INET_BYTES = 16;

  public static SockName of(String address, int port) {
    return new SockName(IpAddr.parse(address), new Port(port));
  }

  /// ```
  /// sockaddr_in   family:2 port:2 address:4 zero:8
  /// sockaddr_in6  family:2 port:2 flowinfo:4 address:16 scope_id:4
  /// ```
  MemorySegment toMemory(Arena arena) {
    boolean inet = address.family() == Family.INET;
    MemorySegment segment = arena.allocate(inet ? INET_BYTES : MAX_BYTES, Long.BYTES);
    ByteBuffer out = segment.asByteBuffer().order(ByteOrder.nativeOrder());
    out.putShort((short) address.family().number());
    out.order(ByteOrder.BIG_ENDIAN).putShort((short) port.number());
    if (inet) {
      out.putInt((int) address.lo());
    } else {
      out.putInt(0).putLong(address.hi()).putLong(address.lo());
    }
    return segment;
  }

  static SockName fromMemory(MemorySegment segment) {
    ByteBuffer in = segment.asByteBuffer().order(ByteOrder.BIG_ENDIAN);
    Port port = new Port(in.getShort(2) & 0xffff);
    return segment.get(ValueLayout.JAVA_SHORT, 0) == Family.INET.number()
        ? new SockName(IpAddr.v4(in.getInt(4)), port)
        : new SockName(IpAddr.v6(in.getLong(8), in.getLong(16)), port);
  }

  @Override
  public String toString() {
    return address.family() == Family.INET ? address + ":" + port : "[" + address + "]:" + port;
  }
}
