package io.bpf4j.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.bpf4j.error.Errno;
import io.bpf4j.error.ErrnoException;
import io.bpf4j.net.Family;
import io.bpf4j.net.Protocol;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/// A TCP or UDP socket of this machine's kernel. It lives in the network namespace of the thread
/// that opened it; after that any thread may use it.
///
/// Calls that wait give up after a time, with EAGAIN (connecting: EINPROGRESS), so that a test
/// cannot hang.
public final class KernelSocket implements AutoCloseable {
  /// How long calls wait unless [#waitAtMost] says otherwise.
  public static final Duration PATIENCE = Duration.ofSeconds(5);

  private static final int SOCK_STREAM = 1;
  private static final int SOCK_DGRAM = 2;
  private static final int SOCK_CLOEXEC = 0x80000;
  private static final int SOL_SOCKET = 1;
  private static final int SO_RCVTIMEO = 20;
  private static final int SO_SNDTIMEO = 21;
  private static final int SO_BINDTODEVICE = 25;
  private static final int SO_COOKIE = 57;
  private static final int SHUT_RDWR = 2;
  private static final int MSG_DONTWAIT = 0x40;
  private static final int MSG_NOSIGNAL = 0x4000;
  private static final int MAX_DATAGRAM = 65_536;
  private static final int SHORT_DATAGRAM = 2048;

  private static final int SO_ATTACH_REUSEPORT_CBPF = 51;

  private final Family family;
  private final Protocol protocol;
  private final Fd fd;

  private KernelSocket(Family family, Protocol protocol, Fd fd) {
    this.family = family;
    this.protocol = protocol;
    this.fd = fd;
  }

  /// A datagram or a piece of a stream, and who sent it.
  public record Received(SockName from, byte[] data) {}

  /// Opens a socket in the network namespace of this thread.
  public static KernelSocket open(Family family, Protocol protocol) {
    String thing = protocol + (family == Family.INET ? "4" : "6") + " socket";
    int type = protocol == Protocol.TCP ? SOCK_STREAM : SOCK_DGRAM;
    long fd =
        Syscall.SOCKET.check(
            Syscall.SOCKET.call(family.number(), type | SOCK_CLOEXEC, protocol.number()), thing);
    return new KernelSocket(family, protocol, new Fd(fd, thing)).patient();
  }

  private KernelSocket patient() {
    try {
      waitAtMost(PATIENCE);
      return this;
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  public Family family() {
    return family;
  }

  public Protocol protocol() {
    return protocol;
  }

  /// The file descriptor, which stays this socket's to close.
  public int fd() {
    return fd.number();
  }

  /// How long receiving, accepting, sending and connecting wait.
  public void waitAtMost(Duration patience) {
    try (Arena arena = Arena.ofConfined()) {
      // struct timeval; all zero would mean for ever.
      MemorySegment time = arena.allocate(JAVA_LONG, 2);
      time.setAtIndex(JAVA_LONG, 0, patience.toSeconds());
      time.setAtIndex(JAVA_LONG, 1, Math.max(1, patience.toNanosPart() / 1000));
      option(SO_RCVTIMEO, time, "SO_RCVTIMEO " + patience);
      option(SO_SNDTIMEO, time, "SO_SNDTIMEO " + patience);
    }
  }

  /// @throws ErrnoException as setsockopt(2)
  public KernelSocket set(SockOption option, int value) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocateFrom(JAVA_INT, value);
      setOption(option.level(), option.number(), memory, option + "=" + value);
      return this;
    }
  }

  /// @throws ErrnoException as getsockopt(2)
  public int get(SockOption option) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(JAVA_INT);
      getOption(arena, option.level(), option.number(), memory, option.name());
      return memory.get(JAVA_INT, 0);
    }
  }

  /// Gives the socket's reuseport group a classic filter (SO_ATTACH_REUSEPORT_CBPF).
  ///
  /// @param insns `struct sock_filter` each, as little-endian numbers
  /// @throws ErrnoException EINVAL for a filter that the kernel refuses, and without a group
  public KernelSocket attachReuseportFilter(long... insns) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment filter = arena.allocateFrom(JAVA_LONG, insns);
      // struct sock_fprog: a length of 16 bits, a pointer.
      MemorySegment fprog = arena.allocate(JAVA_LONG, 2);
      fprog.setAtIndex(JAVA_LONG, 0, insns.length);
      fprog.setAtIndex(JAVA_LONG, 1, filter.address());
      option(SO_ATTACH_REUSEPORT_CBPF, fprog, "SO_ATTACH_REUSEPORT_CBPF");
      return this;
    }
  }

  /// Takes packets of one interface only; an empty name ends that.
  ///
  /// @throws ErrnoException ENODEV when there is no such interface
  public KernelSocket bindToDevice(String name) {
    try (Arena arena = Arena.ofConfined()) {
      byte[] bytes = name.getBytes(StandardCharsets.US_ASCII);
      MemorySegment memory = arena.allocate(bytes.length + 1L);
      MemorySegment.copy(bytes, 0, memory, JAVA_BYTE, 0, bytes.length);
      option(SO_BINDTODEVICE, memory, "SO_BINDTODEVICE '" + name + "'");
      return this;
    }
  }

  /// The socket's cookie, as programs and `bpf_sk_lookup` show it.
  public long cookie() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(JAVA_LONG);
      getOption(arena, SOL_SOCKET, SO_COOKIE, memory, "SO_COOKIE");
      return memory.get(JAVA_LONG, 0);
    }
  }

  private void option(int number, MemorySegment value, String what) {
    setOption(SOL_SOCKET, number, value, what);
  }

  private void setOption(int level, int number, MemorySegment value, String what) {
    checked(
        Syscall.SETSOCKOPT,
        Syscall.SETSOCKOPT.call(fd(), level, number, value.address(), value.byteSize()),
        what);
  }

  private void getOption(Arena arena, int level, int number, MemorySegment value, String what) {
    MemorySegment length = arena.allocateFrom(JAVA_INT, (int) value.byteSize());
    checked(
        Syscall.GETSOCKOPT,
        Syscall.GETSOCKOPT.call(fd(), level, number, value.address(), length.address()),
        what);
  }

  /// @throws ErrnoException as bind(2): EADDRINUSE, EADDRNOTAVAIL
  public KernelSocket bind(SockName name) {
    named(Syscall.BIND, name);
    return this;
  }

  /// @throws ErrnoException as listen(2)
  public KernelSocket listen(int backlog) {
    checked(Syscall.LISTEN, Syscall.LISTEN.call(fd(), backlog), "backlog " + backlog);
    return this;
  }

  /// shutdown(2) in both directions.
  ///
  /// @throws ErrnoException ENOTCONN when it neither listens nor is connected
  public void shutdown() {
    checked(Syscall.SHUTDOWN, Syscall.SHUTDOWN.call(fd(), SHUT_RDWR), "");
  }

  /// @throws ErrnoException as connect(2): ECONNREFUSED when nobody listens
  public KernelSocket connect(SockName name) {
    named(Syscall.CONNECT, name);
    return this;
  }

  /// Ends the connection, or the listening: connect(2) with AF_UNSPEC.
  ///
  /// @throws ErrnoException as connect(2)
  public KernelSocket disconnect() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment unspec = arena.allocate(SockName.MAX_BYTES, Long.BYTES);
      checked(
          Syscall.CONNECT,
          Syscall.CONNECT.call(fd(), unspec.address(), unspec.byteSize()),
          "AF_UNSPEC");
      return this;
    }
  }

  /// Gives the socket to another user: only sockets of one user share a port by SO_REUSEPORT.
  ///
  /// @throws ErrnoException EPERM without CAP_CHOWN
  public KernelSocket owner(int uid) {
    checked(Syscall.FCHOWN, Syscall.FCHOWN.call(fd(), uid, -1), "uid " + uid);
    return this;
  }

  private void named(Syscall call, SockName name) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = name.toMemory(arena);
      checked(call, call.call(fd(), memory.address(), memory.byteSize()), String.valueOf(name));
    }
  }

  /// Waits for a connection that somebody opened.
  ///
  /// @throws ErrnoException EAGAIN when none came
  public KernelSocket accept() {
    long accepted;
    do {
      accepted = Syscall.ACCEPT4.call(fd(), 0, 0, SOCK_CLOEXEC);
    } while (accepted == Errno.EINTR.negated());
    checked(Syscall.ACCEPT4, accepted, "");
    return new KernelSocket(family, protocol, new Fd(accepted, "accepted " + fd.thing())).patient();
  }

  /// Sends to the other end of the connection.
  public void send(byte[] data) {
    try (Arena arena = Arena.ofConfined()) {
      send(arena, data, MemorySegment.NULL, data.length + " bytes");
    }
  }

  /// Sends one datagram.
  public void sendTo(SockName to, byte[] data) {
    try (Arena arena = Arena.ofConfined()) {
      send(arena, data, to.toMemory(arena), data.length + " bytes to " + to);
    }
  }

  private void send(Arena arena, byte[] data, MemorySegment to, String what) {
    MemorySegment memory = arena.allocateFrom(JAVA_BYTE, data);
    long sent =
        Syscall.SENDTO.call(
            fd(), memory.address(), data.length, MSG_NOSIGNAL, to.address(), to.byteSize());
    checked(Syscall.SENDTO, sent, what);
    if (sent != data.length) {
      throw new IllegalStateException(fd.thing() + ": " + sent + " of " + what + " were sent");
    }
  }

  /// Waits for one datagram, or for some bytes of a stream; none at its end.
  ///
  /// @throws ErrnoException EAGAIN when nothing came
  public Received receive() {
    return receive(0, MAX_DATAGRAM);
  }

  /// Takes the first bytes of a datagram, or some of a stream, if there are any: at most 2048.
  ///
  /// @throws ErrnoException EAGAIN when there are none, ECONNREFUSED when one that was sent came
  ///   back
  public Received receiveNow() {
    return receive(MSG_DONTWAIT, SHORT_DATAGRAM);
  }

  private Received receive(int flags, int atMost) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment data = arena.allocate(atMost);
      MemorySegment from = arena.allocate(SockName.MAX_BYTES, Long.BYTES);
      MemorySegment length = arena.allocate(JAVA_INT);
      long received;
      do {
        length.set(JAVA_INT, 0, SockName.MAX_BYTES);
        received =
            Syscall.RECVFROM.call(
                fd(), data.address(), data.byteSize(), flags, from.address(), length.address());
      } while (received == Errno.EINTR.negated());
      checked(Syscall.RECVFROM, received, "");
      // Of a stream the kernel does not say again who is at the other end.
      return new Received(
          length.get(JAVA_INT, 0) == 0 ? remote() : SockName.fromMemory(from),
          data.asSlice(0, received).toArray(JAVA_BYTE));
    }
  }

  /// The address and port it is bound to.
  public SockName local() {
    return name(Syscall.GETSOCKNAME);
  }

  /// The other end of the connection.
  ///
  /// @throws ErrnoException ENOTCONN when there is none
  public SockName remote() {
    return name(Syscall.GETPEERNAME);
  }

  private SockName name(Syscall call) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment name = arena.allocate(SockName.MAX_BYTES, Long.BYTES);
      MemorySegment length = arena.allocateFrom(JAVA_INT, SockName.MAX_BYTES);
      checked(call, call.call(fd(), name.address(), length.address()), "");
      return SockName.fromMemory(name);
    }
  }

  private void checked(Syscall call, long result, String what) {
    if (result < 0) {
      throw Syscall.failure(result, call.spelling() + " " + fd.thing(), what);
    }
  }

  @Override
  public void close() {
    fd.close();
  }

  @Override
  public String toString() {
    return fd.thing();
  }
}
