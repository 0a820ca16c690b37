package io.bpf4j.sim.scenario;

/// A program attached to a network namespace.
///
/// @param place where it is written
/// @param programPlace where its program is named
/// @param name its name in expectations and reports
/// @param netns the namespace
/// @param object the scenario's name of the object
/// @param program the program's name in the object
public record LinkSpec(
    Place place, Place programPlace, String name, String netns, String object, String program) {}
