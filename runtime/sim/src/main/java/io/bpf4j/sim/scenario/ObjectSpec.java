package io.bpf4j.sim.scenario;

import java.nio.file.Path;

/// A BPF object.
///
/// @param place where it is named
/// @param name its name in the scenario
/// @param file the file
public record ObjectSpec(Place place, String name, Path file) {}
