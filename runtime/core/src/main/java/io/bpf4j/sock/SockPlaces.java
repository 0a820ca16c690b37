package io.bpf4j.sock;

import io.bpf4j.error.Errno;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The places in maps that refer to one socket: any number in SOCKMAP and SOCKHASH, or one in a
/// REUSEPORT_SOCKARRAY. The kernel has one word for both (sk_user_data), which keeps them apart.
/// The lock of this object is taken last of all.
public final class SockPlaces {
  private final Sock sock;
  private final Set<SockEntry> entries = new HashSet<>();
  private @Nullable SockEntry inArray;
  private boolean closed;

  SockPlaces(Sock sock) {
    this.sock = sock;
  }

  /// Notes a place in a SOCKMAP or SOCKHASH.
  ///
  /// @return 0, or what forbids it: −EOPNOTSUPP for a closed socket, −EBUSY for one in a
  ///   REUSEPORT_SOCKARRAY
  public synchronized long hold(SockEntry entry) {
    if (closed) {
      return Errno.EOPNOTSUPP.negated();
    }
    if (inArray != null) {
      return Errno.EBUSY.negated();
    }
    entries.add(entry);
    return 0;
  }

  /// The reverse of [#hold].
  public synchronized void release(SockEntry entry) {
    entries.remove(entry);
  }

  /// Notes the place in a REUSEPORT_SOCKARRAY, which the socket has until it leaves its group.
  ///
  /// @param put makes the place refer to the socket; the socket cannot leave its group meanwhile
  /// @return 0, or what forbids it: −ENOTSUPP for an AF_UNIX socket, −EINVAL for one that no packet
  ///   can find, that is in no group or is a TCP socket that never listened, −EBUSY for one that is
  ///   in a map
  public long holdInArray(SockEntry entry, Runnable put) {
    if (sock instanceof UnixSock) {
      return Errno.ENOTSUPP.negated();
    }
    synchronized (sock.space.slots) {
      if (!sock.freedByRcu() || !sock.hashed() || sock.group == null) {
        return Errno.EINVAL.negated();
      }
      synchronized (this) {
        if (inArray != null || !entries.isEmpty()) {
          return Errno.EBUSY.negated();
        }
        inArray = entry;
      }
      put.run();
      return 0;
    }
  }

  /// The reverse of [#holdInArray].
  public synchronized void releaseFromArray(SockEntry entry) {
    if (entry.equals(inArray)) {
      inArray = null;
    }
  }

  /// The socket leaves its group.
  void leaveArray() {
    SockEntry entry;
    synchronized (this) {
      entry = inArray;
      inArray = null;
    }
    if (entry != null) {
      entry.forget(sock);
    }
  }

  /// The socket is closed. Called without the lock of the sockets, which maps take after their own.
  void leaveAll() {
    List<SockEntry> left;
    synchronized (this) {
      closed = true;
      left = List.copyOf(entries);
      entries.clear();
    }
    left.forEach(entry -> entry.forget(sock));
  }
}
