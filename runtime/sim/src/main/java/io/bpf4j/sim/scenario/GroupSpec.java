package io.bpf4j.sim.scenario;

import io.bpf4j.cbpf.ClassicInsn;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The program of a reuseport group: one of an object, or a classic filter.
///
/// @param place where it is written
/// @param socketPlace where the group is named
/// @param programPlace where the program is named, or the filter written
/// @param socket a socket of the group, or the group's name
/// @param object the scenario's name of the object, or null for a classic filter
/// @param program the program's name in the object, or null for a classic filter
/// @param filter the classic filter; empty for a program
public record GroupSpec(
    Place place,
    Place socketPlace,
    Place programPlace,
    String socket,
    @Nullable String object,
    @Nullable String program,
    List<ClassicInsn> filter) {
  public GroupSpec {
    filter = List.copyOf(filter);
  }
}
