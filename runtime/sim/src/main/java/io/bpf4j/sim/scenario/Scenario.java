package io.bpf4j.sim.scenario;

import java.util.List;

/// A scenario as the file says it, with every name resolved that the file itself defines.
///
/// @param source the file
/// @param description what it shows, or an empty string
/// @param netns the network namespaces, at least one
/// @param objects the BPF objects
/// @param maps contents of maps, in the order they are written
/// @param groups the programs of reuseport groups
/// @param links the attached programs, in attach order
/// @param traces recorded traffic, replayed one after another
/// @param floods made-up traffic, replayed after the traces
/// @param replay how traffic is read
/// @param expectations what must come out
public record Scenario(
    Source source,
    String description,
    List<NetnsSpec> netns,
    List<ObjectSpec> objects,
    List<MapFill> maps,
    List<GroupSpec> groups,
    List<LinkSpec> links,
    List<TraceSpec> traces,
    List<FloodSpec> floods,
    ReplayOptions replay,
    List<Expectation> expectations) {
  public Scenario {
    netns = List.copyOf(netns);
    objects = List.copyOf(objects);
    maps = List.copyOf(maps);
    groups = List.copyOf(groups);
    links = List.copyOf(links);
    traces = List.copyOf(traces);
    floods = List.copyOf(floods);
    expectations = List.copyOf(expectations);
  }

  /// The network namespace with this name, which must be one of the scenario's.
  public NetnsSpec netns(String name) {
    return netns.stream().filter(n -> n.name().equals(name)).findFirst().orElseThrow();
  }
}
