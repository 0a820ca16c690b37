package io.bpf4j.sim.scenario;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// The mappings a scenario is made of, with the keys each may have. The reader refuses every other
/// key; `scenario.schema.json` says the same, and a test holds the two together.
enum Shape {
  SCENARIO(
      "scenario",
      List.of("version", "netns"),
      List.of(
          "description",
          "objects",
          "maps",
          "groups",
          "links",
          "traffic",
          "replay",
          "expectations")),
  NETNS("netns", List.of("name", "interfaces"), List.of("sockets")),
  INTERFACE("interface", List.of("name", "ifindex"), List.of("local", "addresses")),
  SOCKET(
      "socket",
      List.of("name", "proto"),
      List.of(
          "family",
          "bind",
          "v6only",
          "reuseaddr",
          "reuseport",
          "count",
          "device",
          "mark",
          "listen",
          "connect")),
  MAP("map", List.of("entries"), List.of("keySize", "valueSize", "maxEntries")),
  ENTRY("entry", List.of("value"), List.of("key")),
  GROUP("group", List.of("socket"), List.of("object", "program", "filter")),
  LINK("link", List.of("object", "program"), List.of("netns", "name")),
  TRAFFIC("traffic", List.of(), List.of("traces", "floods")),
  TRACE("trace", List.of("file"), List.of("netns", "interface")),
  FLOOD(
      "flood",
      List.of("proto", "from", "to", "ports", "packets"),
      List.of("name", "netns", "interface", "flows")),
  REPLAY(
      "replay",
      List.of(),
      List.of(
          "assumeEstablished",
          "everyPacketFirst",
          "connectionIdle",
          "maxConnections",
          "cpus",
          "seed")),
  EXPECTATION(
      "expectation",
      List.of("name"),
      List.of(
          "packet",
          "netns",
          "expect",
          "count",
          "byResult",
          "map",
          "key",
          "equals",
          "atLeast",
          "atMost")),
  COUNT("count", List.of(), List.of("socket", "link", "result")),
  BOUNDS("bounds", List.of(), List.of("equals", "atLeast", "atMost")),
  BY_RESULT(
      "byResult",
      List.of(),
      List.of("established", "steered", "listener", "dropped", "none", "notLocal"));

  private final String word;
  private final Set<String> required;
  private final Set<String> keys;

  Shape(String word, List<String> required, List<String> optional) {
    this.word = word;
    this.required = new LinkedHashSet<>(required);
    this.keys = new LinkedHashSet<>(required);
    this.keys.addAll(optional);
  }

  /// What it is called in messages and in the schema's `$defs`.
  String word() {
    return word;
  }

  Set<String> required() {
    return required;
  }

  Set<String> keys() {
    return keys;
  }
}
