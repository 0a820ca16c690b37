package io.bpf4j.sim.report;

import io.bpf4j.sim.replay.PacketListener;
import io.bpf4j.sim.replay.PacketView;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/// Writes one row a packet: `frame,proto,src,sport,dst,dport,iif,result,socket,link,program`.
/// Columns that do not apply are empty.
public final class PacketCsv implements PacketListener {
  private static final String HEAD =
      "frame,proto,src,sport,dst,dport,iif,result,socket,link,program\n";

  private final Appendable out;
  private final List<String> sockets;
  private final List<String> links;
  private final List<String> programs;
  private final StringBuilder row = new StringBuilder();

  /// @param out where to write; the caller closes it
  /// @param sockets names by number
  /// @param links names by number
  /// @param programs names of the links' programs, by number of the link
  /// @throws UncheckedIOException when it cannot be written to
  public PacketCsv(
      Appendable out, List<String> sockets, List<String> links, List<String> programs) {
    this.out = out;
    this.sockets = List.copyOf(sockets);
    this.links = List.copyOf(links);
    this.programs = List.copyOf(programs);
    append(HEAD);
  }

  /// Writes a row.
  ///
  /// @throws UncheckedIOException when it cannot be written
  @Override
  public void packet(PacketView packet) {
    row.setLength(0);
    row.append(packet.frame()).append(',').append(packet.protocol()).append(',');
    row.append(packet.src()).append(',').append(packet.sport()).append(',');
    row.append(packet.dst()).append(',').append(packet.dport()).append(',');
    row.append(packet.iif()).append(',').append(packet.result().key()).append(',');
    row.append(name(sockets, packet.socket())).append(',');
    row.append(name(links, packet.link())).append(',');
    row.append(name(programs, packet.link())).append('\n');
    append(row);
  }

  private static String name(List<String> names, int number) {
    return number < 0 ? "" : quoted(names.get(number));
  }

  private static String quoted(String text) {
    return text.matches("[^,\"\\r\\n]*") ? text : '"' + text.replace("\"", "\"\"") + '"';
  }

  private void append(CharSequence text) {
    try {
      out.append(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
