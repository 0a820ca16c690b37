package io.bpf4j.map;

import static io.bpf4j.map.MapFlags.BPF_EXIST;
import static io.bpf4j.map.MapFlags.BPF_F_LOCK;

import io.bpf4j.error.Errno;
import io.bpf4j.error.ErrnoException;
import io.bpf4j.mem.Cpu;
import io.bpf4j.prog.MapSpec;
import io.bpf4j.sock.Sock;
import io.bpf4j.sock.SockEntry;
import io.bpf4j.sock.SockSource;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What SOCKMAP, SOCKHASH (net/core/sock_map.c) and REUSEPORT_SOCKARRAY share. To programs a value
/// is a socket: a lookup gives its pointer, an update takes one. User space puts sockets in and
/// reads cookies.
///
/// In SOCKMAP and SOCKHASH a socket may stand at many keys and in many maps. Closing it takes it
/// out of all; nothing else does.
public abstract sealed class SocketMap extends RuntimeMap permits SockMap, SockHash, SockArray {
  private static final int COOKIE_BYTES = 8;

  SocketMap(MapSpec spec) {
    super(spec);
  }

  /// A socket's place in the map.
  abstract static class Entry implements SockEntry {
    final Sock sock;

    Entry(Sock sock) {
      this.sock = sock;
    }
  }

  /// Puts a socket in: 0 or −errno. Flags and state were checked.
  abstract long put(long keyAddress, Sock sock, long flags);

  /// Takes the socket of a key out: 0 or −errno.
  abstract long remove(long keyAddress);

  /// The socket of a key, or null.
  abstract @Nullable Sock find(long keyAddress);

  /// The socket at a key, or null.
  public final @Nullable Sock sockAt(byte[] key) {
    checkKey("lookup", key);
    try (Arena arena = Arena.ofConfined()) {
      return find(arena.allocateFrom(ValueLayout.JAVA_BYTE, key).address());
    }
  }

  /// Puts a socket at a key, as BPF_MAP_UPDATE_ELEM with its descriptor.
  ///
  /// @throws ErrnoException EOPNOTSUPP for a socket in a state that maps do not take (TCP must
  ///   listen or be connected, UDP have a port), EINVAL for flags, E2BIG, EEXIST, ENOENT, EPERM;
  ///   EBUSY for a socket in a REUSEPORT_SOCKARRAY. That itself takes members of reuseport groups
  ///   that packets can find, else EINVAL; EBUSY when the socket is in any of these maps
  public final void updateElem(byte[] key, Sock sock, long flags) {
    checkWritable("update");
    if ((flags & BPF_F_LOCK) != 0) {
      throw refuse(Errno.EINVAL, "update", "BPF_F_LOCK on values without a spin lock");
    }
    checkKey("update", key);
    long result;
    try (Arena arena = Arena.ofConfined()) {
      result = admit(arena.allocateFrom(ValueLayout.JAVA_BYTE, key).address(), sock, flags);
    }
    if (result == Errno.EOPNOTSUPP.negated()) {
      throw refuse(Errno.EOPNOTSUPP, "update", sock + " is in state " + sock.state());
    }
    check("update", result);
  }

  /// Checks a socket and flags, and puts the socket in: 0 or −errno.
  long admit(long key, Sock sock, long flags) {
    if (!sock.allowedInMaps()) {
      return Errno.EOPNOTSUPP.negated();
    }
    return Long.compareUnsigned(flags, BPF_EXIST) > 0
        ? Errno.EINVAL.negated()
        : put(key, sock, flags);
  }

  @Override
  public final long update(Cpu cpu, long keyAddress, long valueAddress, long flags) {
    Sock sock = cpu instanceof SockSource source ? source.ofPointer(valueAddress) : null;
    return sock == null ? Errno.EOPNOTSUPP.negated() : admit(keyAddress, sock, flags);
  }

  @Override
  public final long delete(Cpu cpu, long keyAddress) {
    return remove(keyAddress);
  }

  /// No simulated process has descriptors: sockets come in by [#updateElem(byte[], Sock, long)].
  @Override
  protected final void userUpdate(byte[] key, byte[] value, long flags) {
    ByteBuffer bytes = ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN);
    long fd = value.length == Integer.BYTES ? bytes.getInt() & 0xffff_ffffL : bytes.getLong();
    if (fd < 0 || fd > Integer.MAX_VALUE) {
      throw refuse(Errno.EINVAL, "update", Long.toUnsignedString(fd) + " is no descriptor");
    }
    throw refuse(
        Errno.EBADF, "update", "descriptor " + fd + " is not open; give the socket itself");
  }

  @Override
  protected final byte[] userLookup(byte[] key) {
    if (spec().valueSize() != COOKIE_BYTES) {
      throw refuse(Errno.ENOSPC, "lookup", "a cookie has 8 bytes, the map's values have 4");
    }
    Sock sock = sockAt(key);
    if (sock == null) {
      throw refuse(Errno.ENOENT, "lookup", "there is no socket");
    }
    return cookie(sock);
  }

  @Override
  protected final void userDelete(byte[] key) {
    try (Arena arena = Arena.ofConfined()) {
      check("delete", remove(arena.allocateFrom(ValueLayout.JAVA_BYTE, key).address()));
    }
  }

  private void check(String operation, long result) {
    Errno errno = Errno.ofNegated(result);
    if (errno != null) {
      throw refuse(errno, operation, reason(errno));
    }
  }

  /// Why an operation failed, in words.
  String reason(Errno errno) {
    return switch (errno) {
      case EEXIST -> "the key is there (BPF_NOEXIST)";
      case ENOENT -> "the key is not there";
      case E2BIG -> "the map has room for %d sockets".formatted(spec().maxEntries());
      case EBUSY -> "the socket is in a REUSEPORT_SOCKARRAY";
      default -> "key or flags are not valid";
    };
  }

  /// The index after one, of an array of which all places count, occupied or not.
  final byte[] nextIndex(byte @Nullable [] key, int maxEntries) {
    int index = key == null ? -1 : ByteBuffer.wrap(key).order(ByteOrder.LITTLE_ENDIAN).getInt();
    if (index == maxEntries - 1) {
      throw refuse(
          Errno.ENOENT, "next key", "index " + Integer.toUnsignedString(index) + " is last");
    }
    return indexKey(Integer.compareUnsigned(index, maxEntries) >= 0 ? 0 : index + 1);
  }

  static byte[] indexKey(int index) {
    return ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN).putInt(index).array();
  }

  static byte[] cookie(Sock sock) {
    return ByteBuffer.allocate(COOKIE_BYTES)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(sock.cookie().value())
        .array();
  }

  /// The sockets in the map, each once, in no order.
  public abstract List<Sock> socks();
}
