package io.bpf4j.sim.replay;

import io.bpf4j.sim.trace.Packet;

/// A number of packets as columns of primitives: what is passed from the reader of a trace to those
/// who look up. Addresses are as in [Packet].
final class PacketBatch {
  static final int CAPACITY = 1024;

  /// Values of [#way].
  static final byte UNKNOWN = 0;

  static final byte INCOMING = 1;
  static final byte OUTGOING = 2;
  static final byte OTHER_HOST = 3;

  int size;

  /// The number in the traffic of the trace or flood that the packets are from; a batch has one.
  int source;

  final long[] frame;
  final long[] timeNanos;
  final int[] netns;
  final int[] iif;
  final byte[] protocol;
  final byte[] family;
  final byte[] way;
  final int[] tcpFlags;
  final long[] srcHi;
  final long[] srcLo;
  final long[] dstHi;
  final long[] dstLo;
  final int[] sport;
  final int[] dport;

  /// [FlowHash] of the packet.
  final long[] hash;

  PacketBatch() {
    this(CAPACITY);
  }

  PacketBatch(int capacity) {
    frame = new long[capacity];
    timeNanos = new long[capacity];
    netns = new int[capacity];
    iif = new int[capacity];
    protocol = new byte[capacity];
    family = new byte[capacity];
    way = new byte[capacity];
    tcpFlags = new int[capacity];
    srcHi = new long[capacity];
    srcLo = new long[capacity];
    dstHi = new long[capacity];
    dstLo = new long[capacity];
    sport = new int[capacity];
    dport = new int[capacity];
    hash = new long[capacity];
  }

  boolean full() {
    return size == frame.length;
  }

  /// Copies packet `from` of another batch to the end of this one.
  void add(PacketBatch other, int from) {
    int i = size++;
    frame[i] = other.frame[from];
    timeNanos[i] = other.timeNanos[from];
    netns[i] = other.netns[from];
    iif[i] = other.iif[from];
    protocol[i] = other.protocol[from];
    family[i] = other.family[from];
    way[i] = other.way[from];
    tcpFlags[i] = other.tcpFlags[from];
    srcHi[i] = other.srcHi[from];
    srcLo[i] = other.srcLo[from];
    dstHi[i] = other.dstHi[from];
    dstLo[i] = other.dstLo[from];
    sport[i] = other.sport[from];
    dport[i] = other.dport[from];
    hash[i] = other.hash[from];
  }

  /// Adds a packet of a trace.
  void add(Packet packet, long shiftNanos, int netnsIndex, int ifindex) {
    int i = size++;
    frame[i] = packet.frame();
    timeNanos[i] = packet.timeNanos() + shiftNanos;
    netns[i] = netnsIndex;
    iif[i] = ifindex;
    protocol[i] = (byte) packet.protocol();
    family[i] = (byte) packet.family();
    way[i] =
        switch (packet.direction()) {
          case UNKNOWN -> UNKNOWN;
          case INCOMING -> INCOMING;
          case OUTGOING -> OUTGOING;
          case OTHER_HOST -> OTHER_HOST;
        };
    tcpFlags[i] = packet.tcpFlags();
    srcHi[i] = packet.srcHi();
    srcLo[i] = packet.srcLo();
    dstHi[i] = packet.dstHi();
    dstLo[i] = packet.dstLo();
    sport[i] = packet.sport();
    dport[i] = packet.dport();
    rehash(i);
  }

  /// Computes the flow hash of a packet whose other columns are filled.
  void rehash(int i) {
    hash[i] = FlowHash.of(srcHi[i], srcLo[i], sport[i], dstHi[i], dstLo[i], dport[i]);
  }
}
