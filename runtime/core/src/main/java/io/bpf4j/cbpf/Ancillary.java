package io.bpf4j.cbpf;

import org.jspecify.annotations.Nullable;

/// What a classic filter can ask beside the packet's bytes, by loads at `SKF_AD_OFF + number`
/// (uapi/linux/filter.h).
public enum Ancillary {
  /// The Ethernet protocol in host order.
  PROTOCOL,
  PKTTYPE,
  /// The index of the receiving interface.
  IFINDEX,
  NLATTR,
  NLATTR_NEST,
  MARK,
  QUEUE,
  /// The hardware type of the interface (ARPHRD_*).
  HATYPE,
  RXHASH,
  /// The number of the CPU.
  CPU,
  /// Not a load: A becomes A ^ X.
  ALU_XOR_X,
  VLAN_TAG,
  VLAN_TAG_PRESENT,
  PAY_OFFSET,
  /// A random number.
  RANDOM,
  VLAN_TPID;

  /// `SKF_AD_OFF`.
  public static final int OFFSET = -0x1000;

  private static final Ancillary[] ALL = values();
  private static final int STEP = 4;

  /// The `k` of a load that asks it.
  public int k() {
    return OFFSET + STEP * ordinal();
  }

  /// What a load with this `k` asks, or null when it asks for bytes.
  static @Nullable Ancillary of(int k) {
    int distance = k - OFFSET;
    boolean one = k < 0 && distance >= 0 && distance % STEP == 0 && distance / STEP < ALL.length;
    return one ? ALL[distance / STEP] : null;
  }
}
