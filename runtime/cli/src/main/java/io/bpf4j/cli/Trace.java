package io.bpf4j.cli;

import io.bpf4j.net.IpAddr;
import io.bpf4j.sim.trace.CaptureInterface;
import io.bpf4j.sim.trace.Captures;
import io.bpf4j.sim.trace.Packet;
import io.bpf4j.sim.trace.PacketSource;
import io.bpf4j.sim.trace.SkipReason;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// What a capture holds.
@CommandLine.Command(
    name = "trace",
    description =
        "Shows what a capture holds: link types, packets, TCP and UDP tuples, and what was skipped.")
final class Trace extends Command {
  private static final int FLUSH_EVERY = 4096;

  @Parameters(
      paramLabel = "FILE",
      description = "pcap, pcapng or CSV, also gzipped; - is standard input.")
  private Path file = Path.of("-");

  @Option(
      names = "--tuples",
      description = "Print the tuples as CSV: frame,proto,src,sport,dst,dport.")
  private boolean tuples;

  @Option(names = "--json", description = "Print one JSON document.")
  private boolean json;

  Trace(Io io) {
    super(io);
  }

  /// What is counted while the packets go by.
  private static final class Counts {
    private long tcp;
    private long udp;
    private long v4;
    private long v6;
    private long firstNanos;
    private long lastNanos;

    void add(Packet packet) {
      if (packet.protocol() == Packet.TCP) {
        tcp++;
      } else {
        udp++;
      }
      if (packet.family() == Packet.INET) {
        v4++;
      } else {
        v6++;
      }
      if (firstNanos == 0) {
        firstNanos = packet.timeNanos();
      }
      lastNanos = Math.max(lastNanos, packet.timeNanos());
    }

    double seconds() {
      return (lastNanos - firstNanos) / 1e9;
    }
  }

  @Override
  public Integer call() {
    Counts counts = new Counts();
    try (PacketSource source = open()) {
      List<Map<String, Object>> rows = tuples && json ? new ArrayList<>() : List.of();
      if (tuples && !json) {
        io().out().println("frame,proto,src,sport,dst,dport");
      }
      for (Packet packet = source.next(); packet != null; packet = source.next()) {
        counts.add(packet);
        if (tuples && json) {
          rows.add(tuple(packet));
        } else if (tuples) {
          printTuple(io().out(), packet);
          // Whoever closed the pipe has seen enough.
          if (source.packets() % FLUSH_EVERY == 0 && io().out().checkError()) {
            return ExitCode.OK;
          }
        }
      }
      if (json) {
        Map<String, Object> document = document(source, counts);
        if (tuples) {
          document.put("packets", rows);
        }
        Json.write(io(), document);
      } else if (!tuples) {
        print(source, counts);
      }
      String problem = source.problem();
      if (problem != null) {
        io().complain("bpf4j trace: " + problem);
      }
      return ExitCode.OK;
    }
  }

  private PacketSource open() {
    return file.toString().equals("-")
        ? Captures.open("standard input", io().in())
        : Captures.open(file);
  }

  private static IpAddr address(int family, long hi, long lo) {
    return family == Packet.INET ? IpAddr.v4((int) lo) : IpAddr.v6(hi, lo);
  }

  private static IpAddr source(Packet packet) {
    return address(packet.family(), packet.srcHi(), packet.srcLo());
  }

  private static IpAddr destination(Packet packet) {
    return address(packet.family(), packet.dstHi(), packet.dstLo());
  }

  private static String protocol(Packet packet) {
    return packet.protocol() == Packet.TCP ? "tcp" : "udp";
  }

  private static void printTuple(PrintStream out, Packet packet) {
    out.print(packet.frame());
    out.print(',');
    out.print(protocol(packet));
    out.print(',');
    out.print(source(packet));
    out.print(',');
    out.print(packet.sport());
    out.print(',');
    out.print(destination(packet));
    out.print(',');
    out.println(packet.dport());
  }

  private static Map<String, Object> tuple(Packet packet) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("frame", packet.frame());
    row.put("proto", protocol(packet));
    row.put("src", source(packet).toString());
    row.put("sport", packet.sport());
    row.put("dst", destination(packet).toString());
    row.put("dport", packet.dport());
    return row;
  }

  private static Map<String, Object> document(PacketSource source, Counts counts) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("file", source.name());
    document.put("format", source.format());
    document.put("interfaces", source.interfaces().stream().map(Trace::describe).toList());
    document.put("frames", source.frames());
    document.put("tuples", source.packets());
    document.put("tcp", counts.tcp);
    document.put("udp", counts.udp);
    document.put("ipv4", counts.v4);
    document.put("ipv6", counts.v6);
    document.put("seconds", counts.seconds());
    Map<String, Object> skipped = new LinkedHashMap<>();
    for (SkipReason reason : SkipReason.values()) {
      skipped.put(reason.key(), source.skips().of(reason));
    }
    document.put("skipped", skipped);
    document.put("problem", source.problem());
    return document;
  }

  private static Map<String, Object> describe(CaptureInterface iface) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("id", iface.id());
    row.put("name", iface.name());
    row.put("linkType", iface.linkType());
    row.put("linkTypeName", iface.linkTypeName());
    row.put("snapLength", iface.snapLength());
    return row;
  }

  private void print(PacketSource source, Counts counts) {
    PrintStream out = io().out();
    out.printf("%s: %s%n", source.name(), source.format());
    for (CaptureInterface iface : source.interfaces()) {
      out.printf(
          "  interface %d%s: %s (%d)%s%n",
          iface.id(),
          iface.name() == null ? "" : " " + iface.name(),
          iface.linkTypeName(),
          iface.linkType(),
          iface.snapLength() == 0 ? "" : ", at most " + iface.snapLength() + " bytes a packet");
    }
    out.printf("  frames   %,d in %.3f s%n", source.frames(), counts.seconds());
    out.printf(
        "  tuples   %,d: tcp %,d, udp %,d; IPv4 %,d, IPv6 %,d%n",
        source.packets(), counts.tcp, counts.udp, counts.v4, counts.v6);
    out.printf("  skipped  %,d%n", source.skips().total());
    for (SkipReason reason : SkipReason.values()) {
      long count = source.skips().of(reason);
      if (count != 0) {
        out.printf("    %,9d  %s%n", count, reason.meaning());
      }
    }
  }
}
