package io.bpf4j.sim.scenario;

/// `object.map`: a map of one of the scenario's objects. Object names have no dot; map names of
/// global data begin with one (`steer..rodata`).
record MapName(String object, String map) {
  static MapName read(Values values, Names objects, Yaml yaml) {
    String text = values.text(yaml, "the name of a map, object.map");
    int dot = text.indexOf('.');
    if (dot <= 0 || dot == text.length() - 1) {
      throw values.error(yaml, "'" + text + "' is no name of a map: object.map");
    }
    return new MapName(objects.refer(yaml, text.substring(0, dot)), text.substring(dot + 1));
  }
}
