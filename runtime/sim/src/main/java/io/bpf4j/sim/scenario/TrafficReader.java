package io.bpf4j.sim.scenario;

import io.bpf4j.net.Family;
import io.bpf4j.net.Prefix;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Reads traffic: traces and floods.
final class TrafficReader {
  private static final long MAX_PACKETS = 1_000_000_000_000L;
  private static final int MAX_FLOWS = 1 << 28;

  private final Values values;
  private final Names netnsNames;
  private final Map<String, Names> interfaceNames = new HashMap<>();
  private int floods;

  TrafficReader(Values values, Names netnsNames, List<NetnsSpec> netns) {
    this.values = values;
    this.netnsNames = netnsNames;
    for (NetnsSpec spec : netns) {
      interfaceNames.put(spec.name(), interfaceNames(values, spec));
    }
  }

  static Names interfaceNames(Values values, NetnsSpec netns) {
    Names names = new Names(values, "interface", " in netns '" + netns.name() + "'");
    for (InterfaceSpec iface : netns.interfaces()) {
      names.define(new Yaml.Scalar(iface.place(), iface.name(), true), iface.name());
    }
    return names;
  }

  TraceSpec trace(Yaml yaml) {
    Section section = new Section(values, Shape.TRACE, yaml);
    Yaml.Scalar file = values.scalar(section.required("file"), "the path of a trace");
    String netns = LinkReader.netns(section, values, netnsNames);
    return new TraceSpec(
        section.place(),
        file.text().equals("-") ? Path.of("-") : values.source().resolve(file),
        netns,
        iface(section, netns));
  }

  private @Nullable String iface(Section section, String netns) {
    Names names = interfaceNames.get(netns);
    return names == null ? null : section.orNull("interface", names::refer);
  }

  FloodSpec flood(Yaml yaml) {
    Section section = new Section(values, Shape.FLOOD, yaml);
    String netns = LinkReader.netns(section, values, netnsNames);
    floods++;
    Yaml toAt = section.required("to");
    List<Prefix> from = prefixes(section.required("from"));
    List<Prefix> to = prefixes(toAt);
    for (Prefix prefix : to) {
      if (from.stream().noneMatch(p -> family(p) == family(prefix))) {
        throw values.error(
            toAt, "%s: no range of 'from' is of its address family".formatted(prefix));
      }
    }
    return new FloodSpec(
        section.place(),
        section.optional("name", "flood " + floods, y -> values.name(y, "flood")),
        netns,
        iface(section, netns),
        values.protocol(section.required("proto")),
        from,
        to,
        values.oneOrMore(section.required("ports"), "ports").stream()
            .map(y -> values.parsed(y, "a port or a range like 8000-8100", PortRange::parse))
            .toList(),
        values.number(section.required("packets"), "a number of packets", 1, MAX_PACKETS),
        section.optional("flows", 0, y -> values.integer(y, "a number of flows", 1, MAX_FLOWS)));
  }

  private static Family family(Prefix prefix) {
    return prefix.address().family();
  }

  private List<Prefix> prefixes(Yaml yaml) {
    return values.oneOrMore(yaml, "prefixes").stream().map(values::prefix).toList();
  }
}
