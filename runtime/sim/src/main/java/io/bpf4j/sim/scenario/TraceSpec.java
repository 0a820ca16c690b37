package io.bpf4j.sim.scenario;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// A recorded trace.
///
/// @param place where it is named
/// @param file the file; `-` is standard input
/// @param netns the namespace whose interface it was recorded at
/// @param iface the interface its packets arrive at, or null to go by what the trace says, and by
///   [NetnsSpec#mainInterface] where it says nothing
public record TraceSpec(Place place, Path file, String netns, @Nullable String iface) {}
