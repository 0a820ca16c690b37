package io.bpf4j.cli;

import tools.jackson.databind.json.JsonMapper;

/// JSON documents on standard output: maps, lists, strings, numbers, indented.
final class Json {
  private Json() {}

  static void write(Io io, Object document) {
    io.out().println(mapper().writerWithDefaultPrettyPrinter().writeValueAsString(document));
  }

  static JsonMapper mapper() {
    return JsonMapper.shared();
  }
}
