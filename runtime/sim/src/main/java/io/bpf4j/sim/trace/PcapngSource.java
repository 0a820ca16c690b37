package io.bpf4j.sim.trace;

import static io.bpf4j.sim.trace.Bytes.u32be;
import static io.bpf4j.sim.trace.Bytes.u32le;

import io.bpf4j.error.InputException;
import io.bpf4j.sim.trace.Packet.Direction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// pcapng (draft-ietf-opsawg-pcapng): blocks of a type and a length that stands at both ends. A
/// section header sets the byte order and forgets the interfaces before it; blocks of other types
/// than sections, interfaces and packets are passed over.
///
/// ```
///  block     0      4        8                    length - 4
///            | type | length | body ...          | length |
///  section   8: byte order magic, 12: major, 14: minor
///  interface 8: link type, 12: snap length, 16: options
///  enhanced  8: interface, 12: time, upper and lower half, 20: captured, 24: on wire, 28: bytes, options
///  simple    8: on wire, 12: bytes
///  old       8: interface, 10: drops, from 12 as enhanced
/// ```
final class PcapngSource extends CaptureSource {
  static final int SECTION = 0x0a0d0d0a;
  static final int BYTE_ORDER = 0x1a2b3c4d;
  private static final int INTERFACE = 1;
  private static final int OLD_PACKET = 2;
  private static final int SIMPLE_PACKET = 3;
  private static final int ENHANCED_PACKET = 6;

  private static final int SMALLEST = 12;
  private static final int SECTION_HEADER = 16;

  private static final int OPTION_END = 0;
  private static final int OPTION_NAME = 2;
  private static final int OPTION_RESOLUTION = 9;
  private static final int OPTION_TIME_OFFSET = 14;
  private static final int OPTION_FLAGS = 2;

  /// Room for the options of a packet beside its bytes.
  private static final int MAX_BLOCK = MAX_ANNOUNCED + (1 << 16);

  /// More interfaces than any capture has: a bound for what a hostile file can make us keep.
  private static final int MAX_INTERFACES = 1 << 16;

  private boolean bigEndian;
  private final List<Timing> timings = new ArrayList<>();

  /// Reads the first section header.
  ///
  /// @throws InputException when it is cut off or of another version
  PcapngSource(String name, CaptureInput input) {
    super(name, input);
    String refusal =
        input.require(SECTION_HEADER) ? section() : "cut off inside its section header";
    if (refusal != null) {
      throw new InputException(name, "", "a pcapng file " + refusal);
    }
  }

  @Override
  public String format() {
    return "pcapng";
  }

  @Override
  public @Nullable Packet next() {
    while (input.require(SMALLEST)) {
      int type = u32(input.bytes(), input.at());
      if (type == SECTION) {
        String refusal = input.require(SECTION_HEADER) ? section() : "a section cut off";
        if (refusal != null) {
          damaged(input.offset(), refusal);
          return null;
        }
      }
      long length = Integer.toUnsignedLong(u32(input.bytes(), input.at() + 4));
      if (length < SMALLEST || length % 4 != 0) {
        damaged(input.offset(), "a block length of " + length);
        return null;
      }
      boolean found =
          switch (type) {
            case INTERFACE, OLD_PACKET, SIMPLE_PACKET, ENHANCED_PACKET -> block(type, length);
            default -> {
              long offset = input.offset();
              if (!input.skip(length)) {
                cutOff(offset, "a block");
              }
              yield false;
            }
          };
      if (found) {
        return packet;
      }
      if (problem() != null) {
        return null;
      }
    }
    ended("a block header");
    return null;
  }

  /// Sets the byte order and forgets the interfaces; why not, or null.
  private @Nullable String section() {
    byte[] bytes = input.bytes();
    int at = input.at();
    int order = u32be(bytes, at + 8);
    if (order != BYTE_ORDER && Integer.reverseBytes(order) != BYTE_ORDER) {
      return "with the byte order magic 0x%08x".formatted(order);
    }
    bigEndian = order == BYTE_ORDER;
    int major = u16(bytes, at + 12);
    if (major != 1) {
      return "of version %d, where 1 is read".formatted(major);
    }
    interfaces.clear();
    timings.clear();
    return null;
  }

  /// A block that is read: brings it into the window whole. True when it was a packet with ports.
  private boolean block(int type, long length) {
    long offset = input.offset();
    if (length > MAX_BLOCK) {
      damaged(offset, "a block of %d bytes, where %d are possible".formatted(length, MAX_BLOCK));
      return false;
    }
    int size = (int) length;
    if (!input.require(size)) {
      cutOff(offset, "a block");
      return false;
    }
    int at = input.at();
    if (u32(input.bytes(), at + size - 4) != size) {
      damaged(offset, "a block whose two lengths differ");
      return false;
    }
    boolean found =
        switch (type) {
          case INTERFACE -> describe(offset, at, size);
          case SIMPLE_PACKET -> simple(offset, at, size);
          case ENHANCED_PACKET -> enhanced(offset, at, size, u32(input.bytes(), at + 8));
          default -> enhanced(offset, at, size, u16(input.bytes(), at + 8));
        };
    input.advance(size);
    return found;
  }

  private boolean describe(long offset, int at, int size) {
    if (size < 20) {
      damaged(offset, "an interface description of %d bytes".formatted(size));
      return false;
    }
    if (interfaces.size() == MAX_INTERFACES) {
      damaged(offset, "more than %d interfaces".formatted(MAX_INTERFACES));
      return false;
    }
    byte[] bytes = input.bytes();
    int end = at + size - 4;
    int name = option(OPTION_NAME, at + 16, end);
    int resolution = option(OPTION_RESOLUTION, at + 16, end);
    int timeOffset = option(OPTION_TIME_OFFSET, at + 16, end);
    long seconds = 0;
    if (timeOffset >= 0 && u16(bytes, timeOffset - 2) == 8) {
      long first = Integer.toUnsignedLong(u32(bytes, timeOffset));
      long second = Integer.toUnsignedLong(u32(bytes, timeOffset + 4));
      seconds = bigEndian ? (first << 32) | second : (second << 32) | first;
    }
    boolean resolved = resolution >= 0 && u16(bytes, resolution - 2) == 1;
    timings.add(new Timing(resolved ? Bytes.u8(bytes, resolution) : Timing.MICROSECONDS, seconds));
    interfaces.add(
        new CaptureInterface(
            interfaces.size(),
            name < 0 ? null : text(bytes, name, u16(bytes, name - 2)),
            u16(bytes, at + 8),
            Integer.toUnsignedLong(u32(bytes, at + 12))));
    return false;
  }

  /// Printable text only: it ends up on terminals.
  private static String text(byte[] bytes, int at, int length) {
    String text = new String(bytes, at, Math.min(length, 256), StandardCharsets.UTF_8);
    return text.replaceAll("\\p{C}", "");
  }

  /// Index of an option's value, or -1; its length is the 16-bit number before. The list may end
  /// with the block instead of an end mark, and what does not fit is not read.
  private int option(int code, int from, int end) {
    byte[] bytes = input.bytes();
    int at = from;
    while (end - at >= 4) {
      int found = u16(bytes, at);
      int length = u16(bytes, at + 2);
      if (found == OPTION_END || length > end - at - 4) {
        return -1;
      }
      if (found == code) {
        return at + 4;
      }
      at += 4 + padded(length);
    }
    return -1;
  }

  /// A packet of the first interface, without a time. What was kept of it follows from the snap
  /// length.
  private boolean simple(long offset, int at, int size) {
    if (size < 16) {
      damaged(offset, "a simple packet block of %d bytes".formatted(size));
      return false;
    }
    if (interfaces.isEmpty()) {
      skipFrame(SkipReason.UNKNOWN_INTERFACE);
      return false;
    }
    CaptureInterface source = interfaces.getFirst();
    long onWire = Integer.toUnsignedLong(u32(input.bytes(), at + 8));
    long snapLength = source.snapLength() == 0 ? onWire : Math.min(onWire, source.snapLength());
    int captured = (int) Math.min(snapLength, size - 16L);
    boolean found = frame(source.linkType(), at + 12, captured, onWire);
    packet.timeNanos = 0;
    packet.interfaceId = 0;
    packet.interfaceName = source.name();
    return found;
  }

  private boolean enhanced(long offset, int at, int size, int interfaceId) {
    byte[] bytes = input.bytes();
    long captured = size < 32 ? -1 : Integer.toUnsignedLong(u32(bytes, at + 20));
    if (captured < 0 || captured > size - 32L) {
      damaged(offset, "a packet block of %d bytes with %d of a packet".formatted(size, captured));
      return false;
    }
    if (interfaceId < 0 || interfaceId >= interfaces.size()) {
      skipFrame(SkipReason.UNKNOWN_INTERFACE);
      return false;
    }
    CaptureInterface source = interfaces.get(interfaceId);
    int length = (int) captured;
    long onWire = Integer.toUnsignedLong(u32(bytes, at + 24));
    if (!frame(source.linkType(), at + 28, length, onWire)) {
      return false;
    }
    long time = ((long) u32(bytes, at + 12) << 32) | Integer.toUnsignedLong(u32(bytes, at + 16));
    packet.timeNanos = timings.get(interfaceId).nanos(time);
    packet.interfaceId = interfaceId;
    packet.interfaceName = source.name();
    if (packet.direction == Direction.UNKNOWN) {
      int flags = option(OPTION_FLAGS, at + 28 + padded(length), at + size - 4);
      if (flags >= 0 && u16(bytes, flags - 2) == 4) {
        packet.direction =
            switch (u32(bytes, flags) & 3) {
              case 1 -> Direction.INCOMING;
              case 2 -> Direction.OUTGOING;
              default -> Direction.UNKNOWN;
            };
      }
    }
    return true;
  }

  private static int padded(int length) {
    return (length + 3) & ~3;
  }

  private int u16(byte[] bytes, int at) {
    int value = Bytes.u16be(bytes, at);
    return bigEndian ? value : Integer.reverseBytes(value) >>> 16;
  }

  private int u32(byte[] bytes, int at) {
    return bigEndian ? u32be(bytes, at) : u32le(bytes, at);
  }
}
