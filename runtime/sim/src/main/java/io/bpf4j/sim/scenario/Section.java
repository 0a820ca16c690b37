package io.bpf4j.sim.scenario;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A mapping of the file read as one of the [Shape]s: it refuses unknown and missing keys when it
/// is made.
final class Section {
  private final Values values;
  private final Shape shape;
  private final Yaml.Mapping mapping;

  Section(Values values, Shape shape, Yaml yaml) {
    this.values = values;
    this.shape = shape;
    if (!(yaml instanceof Yaml.Mapping map)) {
      throw values.error(
          yaml,
          "%s was expected: a mapping with %s, not %s"
              .formatted(article(shape.word()), String.join(", ", shape.keys()), yaml.kind()));
    }
    mapping = map;
    for (Yaml.Entry entry : map.entries()) {
      String key = entry.key().text();
      if (!shape.keys().contains(key)) {
        throw values.error(
            entry.key(),
            "%s has no '%s'%s"
                .formatted(article(shape.word()), key, Nearest.hint(key, shape.keys())));
      }
    }
    for (String key : shape.required()) {
      if (map.get(key) == null) {
        throw values.error(map, "%s needs '%s'".formatted(article(shape.word()), key));
      }
    }
  }

  private static String article(String word) {
    return ("aeiou".indexOf(word.charAt(0)) >= 0 ? "an " : "a ") + word;
  }

  Place place() {
    return mapping.place();
  }

  Values values() {
    return values;
  }

  ScenarioException error(String rule) {
    return values.error(mapping, rule);
  }

  /// The value of a key the shape requires.
  Yaml required(String key) {
    Yaml value = optional(key);
    if (value == null) {
      throw values.error(mapping, "'" + key + "' is missing");
    }
    return value;
  }

  @Nullable Yaml optional(String key) {
    if (!shape.keys().contains(key)) {
      throw new IllegalArgumentException(shape + " has no key " + key);
    }
    return mapping.get(key);
  }

  boolean has(String key) {
    return optional(key) != null;
  }

  <T> T optional(String key, T otherwise, Function<Yaml, T> reading) {
    Yaml value = optional(key);
    return value == null ? otherwise : reading.apply(value);
  }

  <T> @Nullable T orNull(String key, Function<Yaml, T> reading) {
    Yaml value = optional(key);
    return value == null ? null : reading.apply(value);
  }

  boolean flag(String key, boolean otherwise) {
    return optional(key, otherwise, values::bool);
  }

  /// The items of an optional list.
  <T> List<T> list(String key, String what, Function<Yaml, T> reading) {
    List<T> all = new ArrayList<>();
    Yaml value = optional(key);
    if (value != null) {
      values.items(value, what).forEach(item -> all.add(reading.apply(item)));
    }
    return all;
  }
}
