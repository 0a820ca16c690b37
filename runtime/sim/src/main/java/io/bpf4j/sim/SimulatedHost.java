package io.bpf4j.sim;

import io.bpf4j.net.Tuple;
import io.bpf4j.netns.Netns;
import io.bpf4j.netns.World;
import io.bpf4j.sim.scenario.InterfaceSpec;
import io.bpf4j.sim.scenario.NetnsSpec;
import io.bpf4j.sim.scenario.PacketText;
import io.bpf4j.sim.scenario.Scenario;
import io.bpf4j.sock.Sock;
import java.util.List;
import java.util.Map;

/// The world of a scenario, as its file describes it.
///
/// @param scenario what it was built from
/// @param world the host
/// @param netns the namespaces in the order of the scenario
/// @param sockets the sockets by their number in the world, which is the order of the scenario
/// @param socketsByName the same by name; a group's own name stands for its first member
/// @param objects the objects by the scenario's names
record SimulatedHost(
    Scenario scenario,
    World world,
    List<Netns> netns,
    List<Sock> sockets,
    Map<String, Sock> socketsByName,
    Map<String, LoadedObject> objects) {
  SimulatedHost {
    netns = List.copyOf(netns);
    sockets = List.copyOf(sockets);
    socketsByName = Map.copyOf(socketsByName);
    objects = Map.copyOf(objects);
  }

  /// The names of the sockets by number.
  List<String> socketNames() {
    return sockets.stream().map(Sock::name).toList();
  }

  /// The number of a namespace of the scenario.
  int netnsIndex(String name) {
    return scenario.netns().indexOf(scenario.netns(name));
  }

  /// A packet as a lookup in a namespace sees it.
  ///
  /// @throws IllegalArgumentException when the namespace has no such interface
  Tuple tuple(PacketText packet, NetnsSpec spec) {
    return new Tuple(
        packet.protocol(),
        packet.src().address(),
        packet.src().port(),
        packet.dst().address(),
        packet.dst().port(),
        ifindex(packet, spec));
  }

  private static int ifindex(PacketText packet, NetnsSpec spec) {
    String name = packet.iface();
    if (name == null) {
      return packet.ifindex() != 0 ? packet.ifindex() : spec.mainInterface().ifindex();
    }
    InterfaceSpec iface = spec.interfaceNamed(name);
    if (iface == null) {
      throw new IllegalArgumentException(
          "netns '%s' has no interface '%s'".formatted(spec.name(), name));
    }
    return iface.ifindex();
  }
}
