package io.bpf4j.cbpf;

/// The packet that a classic filter looks at.
public interface ClassicPacket {
  /// What a load beyond the packet gives: no load gives a negative number.
  long OUTSIDE = -1;

  /// Bytes from where offset 0 is to the packet's end.
  int length();

  /// Loads 1, 2 or 4 bytes in network order, zero-extended.
  ///
  /// @param offset from the start of the data; from -0x100000 (`SKF_NET_OFF`) on relative to the
  ///   network header, from -0x200000 (`SKF_LL_OFF`) on to the link header
  /// @return [#OUTSIDE] where the packet has no such bytes
  long load(int offset, int bytes);

  /// What the kernel knows of the packet, from `SKF_AD_OFF` on.
  ///
  /// @param field `SKF_AD_*`
  /// @return [#OUTSIDE] when it knows nothing
  long ancillary(Ancillary field);
}
