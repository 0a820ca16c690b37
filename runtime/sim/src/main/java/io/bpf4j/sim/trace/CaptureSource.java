package io.bpf4j.sim.trace;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What the formats share: the input, the counts, the packet that is refilled.
abstract sealed class CaptureSource implements PacketSource
    permits PcapSource, PcapngSource, CsvSource {
  /// libpcap and Wireshark take no larger packet either (MAXIMUM_SNAPLEN, WTAP_MAX_PACKET_SIZE), if
  /// the file itself does not announce it.
  static final int MAX_CAPTURED = 262_144;

  /// However large a snap length a file announces.
  static final int MAX_ANNOUNCED = 1 << 24;

  final String name;
  final CaptureInput input;
  final Packet packet = new Packet();
  final List<CaptureInterface> interfaces = new ArrayList<>();
  private final SkipCounts skips = new SkipCounts();
  private long frames;
  private long packets;
  private @Nullable String problem;

  CaptureSource(String name, CaptureInput input) {
    this.name = name;
    this.input = input;
  }

  /// Counts a frame of the given link type and dissects it; whether it became [#packet].
  final boolean frame(int linkType, int at, int captured, long onWire) {
    packet.frame = ++frames;
    packet.wireEnd = at + (int) Math.min(Math.max(onWire, captured), 1 << 30);
    SkipReason reason = LinkDissector.dissect(linkType, input.bytes(), at, at + captured, packet);
    if (reason != null) {
      skips.add(reason);
      return false;
    }
    packets++;
    return true;
  }

  /// Counts a packet that needs no dissecting.
  final void packetRead() {
    frames++;
    packets++;
  }

  /// Counts a frame that cannot be dissected.
  final void skipFrame(SkipReason reason) {
    frames++;
    skips.add(reason);
  }

  /// The input is damaged here, and reading ends.
  final void damaged(long offset, String rule) {
    problem = "%s: damaged at offset %d: %s".formatted(name, offset, rule);
    input.close();
  }

  /// The input ended inside a record that began at the offset, or could not be read further.
  final void cutOff(long offset, String record) {
    String failure = input.failure();
    if (failure == null) {
      problem = "%s: cut off at offset %d, inside %s".formatted(name, offset, record);
    } else {
      problem = "%s: cannot be read beyond offset %d: %s".formatted(name, offset, failure);
    }
    input.close();
  }

  /// No further record: fine, unless the input failed or has bytes left that make no record.
  final void ended(String record) {
    if (input.available() > 0 || input.failure() != null) {
      cutOff(input.offset(), record);
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<CaptureInterface> interfaces() {
    return Collections.unmodifiableList(interfaces);
  }

  @Override
  public long frames() {
    return frames;
  }

  @Override
  public long packets() {
    return packets;
  }

  @Override
  public SkipCounts skips() {
    return skips;
  }

  @Override
  public @Nullable String problem() {
    return problem;
  }

  @Override
  public void close() {
    input.close();
  }
}
