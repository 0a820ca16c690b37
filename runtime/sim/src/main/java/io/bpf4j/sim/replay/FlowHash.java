package io.bpf4j.sim.replay;

/// A hash of a flow that does not depend on its direction: a packet and its answer have the same.
final class FlowHash {
  private FlowHash() {}

  static long of(long srcHi, long srcLo, int sport, long dstHi, long dstLo, int dport) {
    return mix(side(srcHi, srcLo, sport) + side(dstHi, dstLo, dport));
  }

  private static long side(long hi, long lo, int port) {
    return mix(lo * 0x9e37_79b9_7f4a_7c15L + hi * 0xc2b2_ae3d_27d4_eb4fL + port);
  }

  /// The finisher of MurmurHash3: every bit of the input changes about half of the output.
  private static long mix(long x) {
    long h = x;
    h = (h ^ h >>> 33) * 0xff51_afd7_ed55_8ccdL;
    h = (h ^ h >>> 33) * 0xc4ce_b9fe_1a85_ec53L;
    return h ^ h >>> 33;
  }
}
