package io.bpf4j.sim.replay;

import io.bpf4j.sim.trace.PacketSource;
import io.bpf4j.sim.trace.SkipReason;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a trace held, as far as it was read.
///
/// @param name the file
/// @param format `pcap`, `pcapng`, `csv`
/// @param frames all frames
/// @param packets those with TCP or UDP ports
/// @param skipped the others by reason; reasons that did not occur are left out
/// @param problem why it ended before its time, or null
public record TraceSummary(
    String name,
    String format,
    long frames,
    long packets,
    Map<SkipReason, Long> skipped,
    @Nullable String problem) {
  static TraceSummary of(PacketSource source) {
    Map<SkipReason, Long> skipped = new EnumMap<>(SkipReason.class);
    for (SkipReason reason : SkipReason.values()) {
      long count = source.skips().of(reason);
      if (count != 0) {
        skipped.put(reason, count);
      }
    }
    return new TraceSummary(
        source.name(),
        source.format(),
        source.frames(),
        source.packets(),
        skipped,
        source.problem());
  }
}
