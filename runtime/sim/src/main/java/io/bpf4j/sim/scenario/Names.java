package io.bpf4j.sim.scenario;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The names of one kind that the file defines: none twice, and none referred to that is not there.
final class Names {
  private final Values values;
  private final String kind;
  private final String where;
  private final Map<String, Place> places = new LinkedHashMap<>();

  Names(Values values, String kind) {
    this(values, kind, "");
  }

  /// Names that are known only there: ` in netns 'edge'`.
  Names(Values values, String kind, String where) {
    this.values = values;
    this.kind = kind;
    this.where = where;
  }

  /// Takes the name that `at` defines.
  String define(Yaml at, String name) {
    Place first = places.putIfAbsent(name, at.place());
    if (first != null) {
      throw values.error(
          at, "a second %s is called '%s', the first is at %s".formatted(kind, name, first));
    }
    return name;
  }

  String define(Yaml at) {
    return define(at, values.name(at, kind));
  }

  /// The name that `at` refers to.
  String refer(Yaml at) {
    return refer(at, values.text(at, "the name of a " + kind));
  }

  String refer(Yaml at, String name) {
    if (!places.containsKey(name)) {
      throw values.error(
          at,
          "there is no %s '%s'%s%s"
              .formatted(kind, name, where, Nearest.hint(name, places.keySet())));
    }
    return name;
  }

  boolean contains(String name) {
    return places.containsKey(name);
  }

  List<String> all() {
    return List.copyOf(places.keySet());
  }
}
