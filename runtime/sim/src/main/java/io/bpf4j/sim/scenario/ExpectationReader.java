package io.bpf4j.sim.scenario;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Reads expectations. One expects something of a packet, of a count, of the counts by result, or
/// of a map's element.
final class ExpectationReader {
  private static final List<String> SUBJECTS = List.of("packet", "count", "byResult", "map");

  private final Values values;
  private final Names netnsNames;
  private final Names socketNames;
  private final Names linkNames;
  private final Names objectNames;
  private final Map<String, NetnsSpec> netns = new HashMap<>();
  private final Names expectationNames;

  ExpectationReader(
      Values values,
      Names netnsNames,
      Names socketNames,
      Names linkNames,
      Names objectNames,
      List<NetnsSpec> netns) {
    this.values = values;
    this.netnsNames = netnsNames;
    this.socketNames = socketNames;
    this.linkNames = linkNames;
    this.objectNames = objectNames;
    netns.forEach(n -> this.netns.put(n.name(), n));
    this.expectationNames = new Names(values, "expectation");
  }

  Expectation expectation(Yaml yaml) {
    Section section = new Section(values, Shape.EXPECTATION, yaml);
    Yaml nameAt = section.required("name");
    String name = expectationNames.define(nameAt, values.text(nameAt, "a name"));
    List<String> subjects = SUBJECTS.stream().filter(section::has).toList();
    if (subjects.size() != 1) {
      throw section.error(
          "expectation '%s' is about exactly one of %s"
              .formatted(name, String.join(", ", SUBJECTS)));
    }
    return switch (subjects.getFirst()) {
      case "packet" -> ofPacket(section, name);
      case "count" -> ofCount(section, name);
      case "byResult" -> ofResults(section, name);
      default -> ofMap(section, name);
    };
  }

  /// Refuses the keys that go with another subject.
  private void only(Section section, String subject, List<String> allowed) {
    for (String key : Shape.EXPECTATION.keys()) {
      Yaml value = section.optional(key);
      if (value != null && !key.equals("name") && !key.equals(subject) && !allowed.contains(key)) {
        throw values.error(value, "'%s' does not go with '%s'".formatted(key, subject));
      }
    }
  }

  private Expectation ofPacket(Section section, String name) {
    only(section, "packet", List.of("netns", "expect"));
    Yaml packetAt = section.required("packet");
    PacketText packet = values.parsed(packetAt, "a packet", PacketText::parse);
    String where = LinkReader.netns(section, values, netnsNames);
    checkArrival(packetAt, packet, where);
    return new Expectation.OfPacket(
        section.place(), name, packet, where, outcome(section.required("expect")));
  }

  private void checkArrival(Yaml at, PacketText packet, String where) {
    NetnsSpec spec = netns.get(where);
    if (spec == null) {
      return;
    }
    if (packet.iface() != null) {
      TrafficReader.interfaceNames(values, spec).refer(at, packet.iface());
    }
    if (packet.ifindex() != 0
        && spec.interfaces().stream().noneMatch(i -> i.ifindex() == packet.ifindex())) {
      throw values.error(
          at, "netns '%s' has no interface with ifindex %d".formatted(where, packet.ifindex()));
    }
  }

  /// `steered [to SOCKET] [via LINK]`, `listener [SOCKET]`, `established [SOCKET]`, `dropped [by
  /// LINK]`, `dropped by group SOCKET`, `none`, `notLocal`.
  private Outcome outcome(Yaml yaml) {
    List<String> words = new ArrayList<>(List.of(values.text(yaml, "a result").split("\\s+")));
    ResultKind result = result(yaml, words.removeFirst());
    boolean steered = result == ResultKind.STEERED;
    String socket = null;
    String link = null;
    while (!words.isEmpty()) {
      String word = words.removeFirst();
      if (word.equals("to") && steered && socket == null && !words.isEmpty()) {
        socket = socketNames.refer(yaml, words.removeFirst());
      } else if (result == ResultKind.DROPPED
          && socket == null
          && word.equals("by")
          && words.size() == 2
          && words.getFirst().equals("group")) {
        words.removeFirst();
        socket = socketNames.refer(yaml, words.removeFirst());
      } else if (word.equals(steered ? "via" : "by")
          && (steered || result == ResultKind.DROPPED)
          && link == null
          && !words.isEmpty()) {
        link = linkNames.refer(yaml, words.removeFirst());
      } else if ((result == ResultKind.LISTENER || result == ResultKind.ESTABLISHED)
          && socket == null) {
        socket = socketNames.refer(yaml, word);
      } else {
        throw values.error(
            yaml,
            "'%s' does not fit: expect steered [to SOCKET] [via LINK], listener [SOCKET],"
                    .formatted(word)
                + " established [SOCKET], dropped [by LINK], dropped by group SOCKET, none or"
                + " notLocal");
      }
    }
    return new Outcome(result, socket, link);
  }

  private ResultKind result(Yaml at, String word) {
    for (ResultKind kind : ResultKind.values()) {
      if (kind.key().equals(word)) {
        return kind;
      }
    }
    throw values.error(
        at, "there is no result '%s'%s".formatted(word, Nearest.hint(word, ResultKind.words())));
  }

  private Expectation ofCount(Section section, String name) {
    only(section, "count", List.of("equals", "atLeast", "atMost"));
    Section count = new Section(values, Shape.COUNT, section.required("count"));
    return new Expectation.OfCount(
        section.place(),
        name,
        count.orNull("socket", socketNames::refer),
        count.orNull("link", linkNames::refer),
        count.orNull("result", y -> result(y, values.text(y, "a result"))),
        bounds(section, true));
  }

  private Expectation ofResults(Section section, String name) {
    only(section, "byResult", List.of());
    Section counts = new Section(values, Shape.BY_RESULT, section.required("byResult"));
    Map<ResultKind, Bounds> bounds = new EnumMap<>(ResultKind.class);
    for (ResultKind kind : ResultKind.values()) {
      Bounds accepted = counts.orNull(kind.key(), this::boundsOf);
      if (accepted != null) {
        bounds.put(kind, accepted);
      }
    }
    if (bounds.isEmpty()) {
      throw counts.error("expectation '" + name + "' expects nothing");
    }
    return new Expectation.OfResults(section.place(), name, bounds);
  }

  private Bounds boundsOf(Yaml yaml) {
    return yaml instanceof Yaml.Mapping
        ? bounds(new Section(values, Shape.BOUNDS, yaml), false)
        : Bounds.exactly(count(yaml));
  }

  private long count(Yaml yaml) {
    return values.number(yaml, "a count", 0, Long.MAX_VALUE);
  }

  private Bounds bounds(Section section, boolean named) {
    Long equal = section.orNull("equals", this::count);
    Long least = section.orNull("atLeast", this::count);
    Long most = section.orNull("atMost", this::count);
    if (equal == null && least == null && most == null) {
      throw section.error(
          (named ? "an expectation" : "a count") + " needs 'equals', 'atLeast' or 'atMost'");
    }
    if (equal != null && (least != null || most != null)) {
      throw section.error("'equals' excludes 'atLeast' and 'atMost'");
    }
    return equal != null ? Bounds.exactly(equal) : between(section, least, most);
  }

  private static Bounds between(Section section, @Nullable Long least, @Nullable Long most) {
    Bounds bounds = new Bounds(least == null ? 0 : least, most == null ? Long.MAX_VALUE : most);
    if (bounds.min() > bounds.max()) {
      throw section.error("no number is at least %d and at most %d".formatted(least, most));
    }
    return bounds;
  }

  private Expectation ofMap(Section section, String name) {
    only(section, "map", List.of("key", "equals", "atLeast", "atMost"));
    MapName map = MapName.read(values, objectNames, section.required("map"));
    return new Expectation.OfMap(
        section.place(),
        name,
        map.object(),
        map.map(),
        section.required("key"),
        bounds(section, true));
  }
}
