package io.bpf4j.sim.scenario;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// A piece of the file as it is written, with its place: what the reader works on, and how the
/// contents of maps stay until their types are known.
public sealed interface Yaml {
  Place place();

  /// What it is, for messages.
  String kind();

  /// A word, number or quoted text.
  ///
  /// @param text without quotes
  /// @param plain whether it was written without quotes
  record Scalar(Place place, String text, boolean plain) implements Yaml {
    @Override
    public String kind() {
      return text.isEmpty() ? "nothing" : "'" + text + "'";
    }
  }

  /// A list.
  record Sequence(Place place, List<Yaml> items) implements Yaml {
    public Sequence {
      items = List.copyOf(items);
    }

    @Override
    public String kind() {
      return "a list";
    }
  }

  /// Values by key, in the order of the file; no key twice.
  record Mapping(Place place, List<Entry> entries) implements Yaml {
    public Mapping {
      entries = List.copyOf(entries);
    }

    /// The value of a key, or null.
    public @Nullable Yaml get(String key) {
      for (Entry entry : entries) {
        if (entry.key().text().equals(key)) {
          return entry.value();
        }
      }
      return null;
    }

    /// The keys as they are written.
    public List<String> keys() {
      return entries.stream().map(e -> e.key().text()).toList();
    }

    @Override
    public String kind() {
      return "a mapping";
    }
  }

  /// One key and its value.
  record Entry(Scalar key, Yaml value) {}
}
