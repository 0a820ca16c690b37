package io.bpf4j.sim.trace;

import io.bpf4j.error.InputException;
import io.bpf4j.net.Family;
import io.bpf4j.net.IpAddr;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Packets from a table in text, as `trace --tuples` and `simulate --csv` write it: a first line
/// that names the columns, then one packet a line.
///
/// | column | |
/// |---|---|
/// | `proto`, `src`, `sport`, `dst`, `dport` | needed: `tcp` or `udp`, addresses, ports |
/// | `frame` | number of the frame; the line's own where it is not given |
/// | `nanos` | time in nanoseconds since 1970 |
/// | `iif` | index of the interface it came in at |
/// | `flags` | TCP flags as a number |
/// | `result`, `socket`, `link`, `program` | results of an earlier run, passed over |
///
/// A line that cannot be read ends the reading with its number and the rule: a table is written by
/// programs, and a wrong line means a wrong table.
final class CsvSource extends CaptureSource {
  private static final int LONGEST_RULE = 300;
  private static final int MAX_LINE = 4096;

  /// Columns by the names of the first line.
  private enum Column {
    FRAME,
    NANOS,
    PROTO,
    SRC,
    SPORT,
    DST,
    DPORT,
    IIF,
    FLAGS,
    RESULT,
    SOCKET,
    LINK,
    PROGRAM
  }

  private static final List<Column> NEEDED =
      List.of(Column.PROTO, Column.SRC, Column.SPORT, Column.DST, Column.DPORT);

  private final Column[] columns;
  private final String[] cells = new String[Column.values().length];
  private long line = 1;

  /// Reads the first line.
  ///
  /// @throws InputException when it does not name the columns
  CsvSource(String name, CaptureInput input) {
    super(name, input);
    this.columns = columns(Objects.requireNonNullElse(input.line(MAX_LINE), ""));
  }

  private static String word(Column column) {
    return column.name().toLowerCase(Locale.ROOT);
  }

  private Column[] columns(String text) {
    String[] names = text.strip().split(",", -1);
    Column[] found = new Column[names.length];
    for (int i = 0; i < names.length; i++) {
      String wanted = names[i].strip();
      for (Column column : Column.values()) {
        if (word(column).equals(wanted)) {
          found[i] = column;
        }
      }
      if (found[i] == null) {
        throw error(
            "column '%s' is none of %s"
                .formatted(
                    wanted,
                    Arrays.stream(Column.values())
                        .map(CsvSource::word)
                        .collect(Collectors.joining(", "))));
      }
    }
    for (Column column : NEEDED) {
      if (!Arrays.asList(found).contains(column)) {
        throw error("the first line names no column '" + word(column) + "'");
      }
    }
    return found;
  }

  /// The rule may repeat a cell, in which anything can stand: other line breaks, or a whole file.
  private InputException error(String rule) {
    String shown = rule.replaceAll("[\\p{Cntrl}\\u0085\\u2028\\u2029]", "?");
    return new InputException(
        name,
        "line " + line,
        shown.length() > LONGEST_RULE ? shown.substring(0, LONGEST_RULE) + "…" : shown);
  }

  @Override
  public @Nullable Packet next() {
    String text = input.line(MAX_LINE);
    while (text != null && text.isBlank()) {
      line++;
      text = input.line(MAX_LINE);
    }
    if (text == null) {
      String failure = input.failure();
      if (failure != null) {
        throw error("cannot be read further: " + failure);
      }
      return null;
    }
    line++;
    split(text.strip());
    packetRead();
    fill();
    return packet;
  }

  private void split(String text) {
    String[] fields = text.split(",", -1);
    if (fields.length != columns.length) {
      throw error("%d cells, the first line has %d".formatted(fields.length, columns.length));
    }
    for (int i = 0; i < fields.length; i++) {
      cells[columns[i].ordinal()] = fields[i].strip();
    }
  }

  private void fill() {
    packet.protocol =
        switch (cell(Column.PROTO)) {
          case "tcp" -> Packet.TCP;
          case "udp" -> Packet.UDP;
          case String other -> throw error("'" + other + "' is neither tcp nor udp");
        };
    IpAddr src = address(Column.SRC);
    IpAddr dst = address(Column.DST);
    if (src.family() != dst.family()) {
      throw error(src + " and " + dst + " are of two address families");
    }
    packet.family = src.family() == Family.INET ? Packet.INET : Packet.INET6;
    packet.srcHi = src.hi();
    packet.srcLo = src.lo();
    packet.dstHi = dst.hi();
    packet.dstLo = dst.lo();
    packet.sport = (int) number(Column.SPORT, 0, 65_535);
    packet.dport = (int) number(Column.DPORT, 0, 65_535);
    packet.frame = number(Column.FRAME, packets(), Long.MAX_VALUE);
    packet.timeNanos = number(Column.NANOS, 0, Long.MAX_VALUE);
    packet.ifindex = (int) number(Column.IIF, 0, Integer.MAX_VALUE);
    packet.tcpFlags =
        packet.protocol == Packet.UDP ? 0 : (int) number(Column.FLAGS, Packet.NO_FLAGS, 0xff);
  }

  private String cell(Column column) {
    return Objects.requireNonNullElse(cells[column.ordinal()], "");
  }

  private IpAddr address(Column column) {
    try {
      return IpAddr.parse(cell(column));
    } catch (IllegalArgumentException e) {
      throw error("%s: %s".formatted(word(column), e.getMessage()));
    }
  }

  /// The number in a cell, or the other where the table has no such column.
  private long number(Column column, long otherwise, long most) {
    String text = cells[column.ordinal()];
    if (text == null || (text.isEmpty() && !NEEDED.contains(column))) {
      return otherwise;
    }
    try {
      long number = Long.parseLong(text);
      if (number >= 0 && number <= most) {
        return number;
      }
    } catch (NumberFormatException _) {
      // Refused below, as any other number out of range.
    }
    throw error("%s: '%s' is no number from 0 to %d".formatted(word(column), text, most));
  }

  @Override
  public String format() {
    return "csv";
  }
}
