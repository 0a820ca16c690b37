package io.bpf4j.sock;

import org.jspecify.annotations.Nullable;

/// The sockets of one protocol that take packets by their local address and port: TCP listeners, or
/// bound UDP sockets. They stand in buckets, one an address and port, in the kernel's order: the
/// newest first, but AF_INET6 sockets with SO_REUSEPORT at the back.
///
/// A scan walks one bucket: the packet's address, or the wildcard; the two are never mixed.
public final class ListenTable {
  private final BucketTable buckets = new BucketTable();
  private final long hashKey;

  ListenTable(long hashKey) {
    this.hashKey = hashKey;
  }

  void add(Sock sock, Key key) {
    if (sock.inet6() && sock.reusePort) {
      buckets.addLast(key, sock);
    } else {
      buckets.addFirst(key, sock);
    }
  }

  void addFirst(Sock sock, Key key) {
    buckets.addFirst(key, sock);
  }

  void remove(Sock sock, Key key) {
    buckets.remove(key, sock);
  }

  /// The sockets of a bucket in order; not to be written to.
  Sock[] bucket(Key key) {
    return buckets.find(key);
  }

  /// The score of a socket for a packet, or why it is not eligible ([Ineligible#ofScore]).
  ///
  /// @param wildcard probes 0.0.0.0 or `::` instead of the packet's address
  public static int score(Sock sock, Probe p, boolean wildcard) {
    long hi = wildcard ? 0 : p.dstHi;
    long lo = wildcard ? 0 : p.dstLo;
    if (!sock.tcp()) {
      return Score.udp(sock, p, hi, lo);
    }
    return sock.listening() ? Score.tcp(sock, p, hi, lo) : Ineligible.NOT_LISTENING.score();
  }

  /// Finds the listener for a packet (inet_lhash2_lookup): the best score wins, the first of
  /// equals; but the moment the best so far is of a group, the group picks and the scan ends.
  ///
  /// @param wildcard probes 0.0.0.0 or `::` instead of the packet's address
  /// @return the listener; null when there is none, or a group refused ([Probe#refused])
  public @Nullable Sock scanTcp(Probe p, boolean wildcard, @Nullable ScanLog log) {
    long hi = wildcard ? 0 : p.dstHi;
    long lo = wildcard ? 0 : p.dstLo;
    p.forgetRefusal();
    Sock result = null;
    int high = 0;
    for (Sock sock : buckets.find(hi, lo, 0, 0, p.dport)) {
      int score = Score.tcp(sock, p, hi, lo);
      if (log != null) {
        log.candidate(sock, score, score > high);
      }
      if (score > high) {
        Sock pick = pick(sock, p, hi, lo, log);
        if (pick != null || p.refused()) {
          return pick;
        }
        result = sock;
        high = score;
      }
    }
    return result;
  }

  /// Finds the UDP socket for a packet (udp4_lib_lookup2, udp6_lib_lookup2): the best score wins,
  /// the first of equals. A group picks at once, unless a member ever called connect(): then the
  /// pick only stands until a better score comes.
  ///
  /// @param wildcard probes 0.0.0.0 or `::` instead of the packet's address
  /// @return the socket; null when there is none, or a group refused ([Probe#refused])
  public @Nullable Sock scanUdp(Probe p, boolean wildcard, @Nullable ScanLog log) {
    long hi = wildcard ? 0 : p.dstHi;
    long lo = wildcard ? 0 : p.dstLo;
    p.forgetRefusal();
    Sock result = null;
    // The IPv4 path starts at 0: its smallest score is 1. That of IPv6 is 0, and the bar -1.
    int bar = p.v4() ? 0 : -1;
    for (Sock sock : buckets.find(hi, lo, 0, 0, p.dport)) {
      int score = Score.udp(sock, p, hi, lo);
      boolean best = score >= 0 && score > bar;
      if (log != null) {
        log.candidate(sock, score, best);
      }
      if (best) {
        bar = score;
        result = sock;
        p.forgetRefusal();
        if (sock.state != SockState.ESTABLISHED) {
          ReuseportGroup group = sock.group;
          Sock pick = pick(sock, p, hi, lo, log);
          if (pick != null || p.refused()) {
            result = pick;
            if (group == null || !group.hasConns()) {
              return pick;
            }
            if (pick != null) {
              bar = Math.max(bar, Score.udp(pick, p, hi, lo));
            }
          }
        }
      }
    }
    return result;
  }

  /// The member that the group of a socket picks for a packet, by its program or else by the hash.
  /// Null where there is none: the socket is then taken as it is (inet_lookup_reuseport), unless
  /// the program refused ([Probe#refused]).
  ///
  /// @param hi upper half of the local address that is hashed: the one probed, or the packet's
  /// @param lo lower half
  public @Nullable Sock pick(Sock sock, Probe p, long hi, long lo, @Nullable ScanLog log) {
    p.forgetRefusal();
    ReuseportGroup group = sock.reusePort ? sock.group : null;
    if (group == null) {
      return null;
    }
    int hash = hash(p, hi, lo);
    GroupProgram program = p.packet ? group.program() : null;
    if (program == null) {
      Sock pick = group.pick(hash, p.cpu);
      if (log != null) {
        log.group(sock, group, hash, pick);
      }
      return pick;
    }
    return pick(program, group, sock, p, hash, log);
  }

  private static @Nullable Sock pick(
      GroupProgram program,
      ReuseportGroup group,
      Sock via,
      Probe p,
      int hash,
      @Nullable ScanLog log) {
    Sock[] members = group.socks();
    if (members.length == 0) {
      return null;
    }
    GroupProgram run = log == null ? program : log.watched(program);
    Sock pick = p.groups().run(run, group, via, members, p, hash);
    if (pick == null && !p.refused()) {
      pick = group.pick(hash, p.cpu);
    }
    if (log != null) {
      log.group(via, group, hash, pick);
    }
    return pick;
  }

  /// The keyed hash of a packet: the kernel's is keyed anew at every boot, ours by the world's
  /// seed.
  private int hash(Probe p, long hi, long lo) {
    long ports = Key.ports(p.family, p.dport, p.sport) ^ hashKey;
    return Key.hash(hi, lo, p.srcHi, p.srcLo, ports);
  }
}
