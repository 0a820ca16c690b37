package io.bpf4j.sim.trace;

import static io.bpf4j.sim.trace.Bytes.u32be;
import static io.bpf4j.sim.trace.Bytes.u32le;
import static io.bpf4j.sim.trace.Bytes.u8;

import io.bpf4j.error.InputException;
import io.bpf4j.sim.trace.Packet.Direction;
import org.jspecify.annotations.Nullable;

/// Classic pcap (draft-ietf-opsawg-pcap): a header of 24 bytes, then records.
///
/// ```
///  header  0       4       6       8     12    16        20            24
///          | magic | major | minor | 0   | 0   | snaplen | link type   |
///  record  0         4          8          12        16
///          | seconds | fraction | captured | on wire | bytes ...
/// ```
///
/// The magic tells byte order and whether fractions are micro- or nanoseconds; a third form adds
/// eight bytes with interface index and packet type to each record. The upper half of the link type
/// word holds the length of a frame check sequence, which the IP length keeps us from reading.
final class PcapSource extends CaptureSource {
  static final int MICROSECONDS = 0xa1b2c3d4;
  static final int NANOSECONDS = 0xa1b23c4d;
  static final int MODIFIED = 0xa1b2cd34;
  static final int HEADER = 24;

  private final boolean bigEndian;
  private final long nanosPerUnit;
  private final int recordHeader;
  private final int linkType;
  private final int maxCaptured;
  private final int minor;

  /// Reads the header.
  ///
  /// @throws InputException when it is cut off
  PcapSource(String name, CaptureInput input) {
    super(name, input);
    if (!input.require(HEADER)) {
      throw new InputException(name, "", "a pcap file cut off inside its header of 24 bytes");
    }
    byte[] bytes = input.bytes();
    int at = input.at();
    bigEndian = isMagic(u32be(bytes, at));
    int magic = u32(bytes, at);
    nanosPerUnit = magic == NANOSECONDS ? 1 : 1000;
    recordHeader = magic == MODIFIED ? 24 : 16;
    minor = bigEndian ? u8(bytes, at + 7) : u8(bytes, at + 6);
    long snapLength = Integer.toUnsignedLong(u32(bytes, at + 16));
    maxCaptured = (int) Math.max(MAX_CAPTURED, Math.min(snapLength, MAX_ANNOUNCED));
    linkType = u32(bytes, at + 20) & 0xffff;
    interfaces.add(new CaptureInterface(0, null, linkType, snapLength));
    input.advance(HEADER);
  }

  static boolean isMagic(int word) {
    return word == MICROSECONDS || word == NANOSECONDS || word == MODIFIED;
  }

  @Override
  public String format() {
    return "pcap";
  }

  @Override
  public @Nullable Packet next() {
    while (input.require(recordHeader)) {
      byte[] bytes = input.bytes();
      int at = input.at();
      long captured = Integer.toUnsignedLong(u32(bytes, at + 8));
      long onWire = Integer.toUnsignedLong(u32(bytes, at + 12));
      if (captured > onWire && minor <= 3) {
        // Writers up to version 2.3 had the two in the other order (libpcap, sf-pcap.c).
        long swap = captured;
        captured = onWire;
        onWire = swap;
      }
      if (captured > maxCaptured) {
        damaged(
            input.offset(),
            "a packet of %d bytes, more than the %d possible".formatted(captured, maxCaptured));
        return null;
      }
      int length = (int) captured;
      if (!input.require(recordHeader + length)) {
        cutOff(input.offset(), "a packet");
        return null;
      }
      bytes = input.bytes();
      at = input.at();
      boolean found = frame(linkType, at + recordHeader, length, onWire);
      if (found) {
        packet.timeNanos =
            Integer.toUnsignedLong(u32(bytes, at)) * 1_000_000_000
                + Integer.toUnsignedLong(u32(bytes, at + 4)) * nanosPerUnit;
        if (recordHeader == 24) {
          packet.ifindex = u32(bytes, at + 16);
          packet.direction = packetType(u8(bytes, at + 22));
        }
      }
      input.advance(recordHeader + length);
      if (found) {
        return packet;
      }
    }
    ended("a record header");
    return null;
  }

  private static Direction packetType(int value) {
    return LinkDissector.cookedDirection(value);
  }

  private int u32(byte[] bytes, int at) {
    return bigEndian ? u32be(bytes, at) : u32le(bytes, at);
  }
}
