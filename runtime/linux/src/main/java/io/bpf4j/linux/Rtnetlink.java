package io.bpf4j.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.bpf4j.net.Family;
import io.bpf4j.net.IpAddr;
import io.bpf4j.net.Prefix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/// Interfaces, addresses and routes of the calling thread's network namespace: a NETLINK_ROUTE
/// socket (uapi/linux/netlink.h, rtnetlink.h), one request and its acknowledgement at a time.
///
/// ```
/// nlmsghdr  len:4 type:2 flags:2 seq:4 portid:4 | header of the type | attributes, each
///                                                 len:2 type:2 value, padded to 4
/// ```
final class Rtnetlink implements AutoCloseable {
  private static final int AF_NETLINK = 16;
  private static final int SOCK_RAW_CLOEXEC = 3 | 0x80000;
  private static final int NLM_F_REQUEST = 1;
  private static final int NLM_F_ACK = 4;
  private static final int NLM_F_EXCL_CREATE = 0x600;
  private static final int NLMSG_ERROR = 2;
  private static final int HEADER = 16;
  private static final int MAX_REPLY = 16 << 10;

  private static final short RTM_NEWLINK = 16;
  private static final short RTM_GETLINK = 18;
  private static final short RTM_NEWADDR = 20;
  private static final short RTM_NEWROUTE = 24;

  private static final int IFF_UP = 1;
  private static final int IFLA_IFNAME = 3;
  private static final int IFLA_LINKINFO = 18;
  private static final int IFLA_INFO_KIND = 1;
  private static final int IFLA_INFO_DATA = 2;
  private static final int VETH_INFO_PEER = 1;
  private static final int IFA_ADDRESS = 1;
  private static final int IFA_LOCAL = 2;
  private static final byte IFA_F_NODAD = 2;
  private static final int RTA_DST = 1;
  private static final int RTA_OIF = 4;
  private static final byte RT_TABLE_LOCAL = (byte) 255;
  private static final byte RTPROT_STATIC = 4;
  private static final byte RT_SCOPE_HOST = (byte) 254;
  private static final byte RTN_LOCAL = 2;

  private final Fd fd;
  private int sequence;

  private Rtnetlink(Fd fd) {
    this.fd = fd;
  }

  static Rtnetlink open() {
    long fd =
        Syscall.SOCKET.check(Syscall.SOCKET.call(AF_NETLINK, SOCK_RAW_CLOEXEC, 0), "rtnetlink");
    return new Rtnetlink(new Fd(fd, "rtnetlink"));
  }

  /// The interface's index; ENODEV when there is none of the name.
  int index(String name) {
    ByteBuffer request = start(RTM_GETLINK, 0);
    ifinfo(request, 0, 0);
    attribute(request, IFLA_IFNAME, text(name));
    return ask(request, "interface '" + name + "'").getInt(HEADER + 4);
  }

  void up(String name) {
    ByteBuffer request = start(RTM_NEWLINK, 0);
    ifinfo(request, index(name), IFF_UP);
    ask(request, "interface '" + name + "' up");
  }

  /// Makes two interfaces: what is sent on one is received on the other.
  void addVethPair(String name, String peer) {
    ByteBuffer request = start(RTM_NEWLINK, NLM_F_EXCL_CREATE);
    ifinfo(request, 0, 0);
    attribute(request, IFLA_IFNAME, text(name));
    int info = open(request, IFLA_LINKINFO);
    attribute(request, IFLA_INFO_KIND, text("veth"));
    int data = open(request, IFLA_INFO_DATA);
    int other = open(request, VETH_INFO_PEER);
    ifinfo(request, 0, 0);
    attribute(request, IFLA_IFNAME, text(peer));
    shut(request, other);
    shut(request, data);
    shut(request, info);
    ask(request, "veth pair '" + name + "' and '" + peer + "'");
  }

  /// Gives an interface an address; of IPv6 without waiting whether somebody else has it.
  void addAddress(String name, IpAddr address, int bits) {
    int index = index(name);
    ByteBuffer request = start(RTM_NEWADDR, NLM_F_EXCL_CREATE);
    boolean inet6 = address.family() == Family.INET6;
    request
        .put((byte) address.family().number())
        .put((byte) bits)
        .put(inet6 ? IFA_F_NODAD : 0)
        .put((byte) 0)
        .putInt(index);
    attribute(request, IFA_LOCAL, bytes(address));
    attribute(request, IFA_ADDRESS, bytes(address));
    ask(request, "address " + address + "/" + bits + " of '" + name + "'");
  }

  /// Makes a whole range of addresses local, as `ip route add local PREFIX dev NAME`.
  void addLocalRoute(String name, Prefix prefix) {
    int index = index(name);
    ByteBuffer request = start(RTM_NEWROUTE, NLM_F_EXCL_CREATE);
    request
        .put((byte) prefix.address().family().number())
        .put((byte) prefix.bits())
        .put((byte) 0)
        .put((byte) 0)
        .put(RT_TABLE_LOCAL)
        .put(RTPROT_STATIC)
        .put(RT_SCOPE_HOST)
        .put(RTN_LOCAL)
        .putInt(0);
    attribute(request, RTA_DST, bytes(prefix.address()));
    attribute(
        request,
        RTA_OIF,
        ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.nativeOrder()).putInt(index).array());
    ask(request, "local route " + prefix + " by '" + name + "'");
  }

  private ByteBuffer start(short type, int flags) {
    ByteBuffer request = ByteBuffer.allocate(512).order(ByteOrder.nativeOrder());
    return request
        .putInt(0)
        .putShort(type)
        .putShort((short) (NLM_F_REQUEST | NLM_F_ACK | flags))
        .putInt(++sequence)
        .putInt(0);
  }

  /// A `struct ifinfomsg`, changing the flags it sets.
  private static void ifinfo(ByteBuffer request, int index, int flags) {
    request.putInt(0).putInt(index).putInt(flags).putInt(flags);
  }

  private static void attribute(ByteBuffer request, int type, byte[] value) {
    int start = open(request, type);
    request.put(value);
    shut(request, start);
  }

  private static int open(ByteBuffer request, int type) {
    int start = request.position();
    request.putShort((short) 0).putShort((short) type);
    return start;
  }

  private static void shut(ByteBuffer request, int start) {
    request.putShort(start, (short) (request.position() - start));
    request.position(request.position() + 3 & ~3);
  }

  private static byte[] text(String text) {
    return (text + '\0').getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] bytes(IpAddr address) {
    return address.family() == Family.INET
        ? ByteBuffer.allocate(4).putInt((int) address.lo()).array()
        : ByteBuffer.allocate(16).putLong(address.hi()).putLong(address.lo()).array();
  }

  /// Sends a request and gives the first message of the answer: an object, or the acknowledgement.
  private ByteBuffer ask(ByteBuffer request, String what) {
    request.putInt(0, request.position());
    try (Arena arena = Arena.ofConfined()) {
      byte[] message = new byte[request.position()];
      request.get(0, message);
      MemorySegment out = arena.allocateFrom(JAVA_BYTE, message);
      MemorySegment in = arena.allocate(MAX_REPLY, Long.BYTES);
      Syscall.SENDTO.check(
          Syscall.SENDTO.call(fd.number(), out.address(), message.length), "rtnetlink " + what);
      ByteBuffer reply = receive(in, what);
      if (reply.getShort(4) == NLMSG_ERROR) {
        int negated = reply.getInt(HEADER);
        if (negated != 0) {
          throw Syscall.failure(negated, "rtnetlink", what);
        }
      } else {
        receive(in.asSlice(MAX_REPLY / 2), what);
      }
      return ByteBuffer.allocate(reply.remaining())
          .order(ByteOrder.nativeOrder())
          .put(reply)
          .flip();
    }
  }

  private ByteBuffer receive(MemorySegment in, String what) {
    long length =
        Syscall.RECVFROM.check(
            Syscall.RECVFROM.call(fd.number(), in.address(), in.byteSize()), "rtnetlink " + what);
    return in.asSlice(0, length).asByteBuffer().order(ByteOrder.nativeOrder());
  }

  @Override
  public void close() {
    fd.close();
  }
}
