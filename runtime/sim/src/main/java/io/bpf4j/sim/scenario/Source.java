package io.bpf4j.sim.scenario;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/// The scenario file: its name for messages, and the folder that paths in it start from.
///
/// @param path the file as the user named it
public record Source(Path path) {
  /// The exception for something in this file.
  public ScenarioException error(Place place, String rule) {
    return new ScenarioException(path.toString(), place, rule);
  }

  /// A path written in the file: relative to the file's folder.
  Path resolve(Yaml.Scalar text) {
    try {
      return path.resolveSibling(text.text());
    } catch (InvalidPathException _) {
      throw error(text.place(), "'" + text.text() + "' is no path");
    }
  }
}
