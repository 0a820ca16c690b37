package io.bpf4j.sim.trace;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// A stream of the TCP and UDP packets of a trace, in the order of the trace. Packets that carry no
/// ports are counted by reason and passed over.
///
/// A source reads on as [#next] is called and keeps nothing, so a trace may be larger than memory.
/// It is for one thread.
public interface PacketSource extends AutoCloseable {

  /// The file as the user named it, or what the traffic is.
  String name();

  /// "pcap", "pcapng", "csv" or "synthetic".
  String format();

  /// The interfaces described so far; a pcap file has one, pcapng describes them on the way.
  List<CaptureInterface> interfaces();

  /// The next TCP or UDP packet, or null at the end. It is the same object every time: its values
  /// hold until the next call.
  ///
  /// A damaged capture ends at the damage, and [#problem] tells of it.
  ///
  /// @throws io.bpf4j.error.InputException for a line of a CSV trace that cannot be read
  @Nullable Packet next();

  /// Frames read so far, those passed over included.
  long frames();

  /// Packets handed out so far.
  long packets();

  /// Frames passed over so far, by reason.
  SkipCounts skips();

  /// Why the trace ended before its time, in one line; null when it did not.
  @Nullable String problem();

  /// Closes the file. Closing twice does nothing more.
  @Override
  void close();
}
