package io.bpf4j.sim.scenario;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// A network namespace: its interfaces, and its sockets in the order they are made.
public record NetnsSpec(
    Place place, String name, List<InterfaceSpec> interfaces, List<SocketSpec> sockets) {
  public NetnsSpec {
    interfaces = List.copyOf(interfaces);
    sockets = List.copyOf(sockets);
  }

  /// The interface with this name, or null.
  public @Nullable InterfaceSpec interfaceNamed(String name) {
    return interfaces.stream().filter(i -> i.name().equals(name)).findFirst().orElse(null);
  }

  /// The interface that traffic arrives at where nothing else is said: the first that is not `lo`.
  public InterfaceSpec mainInterface() {
    return interfaces.stream()
        .filter(i -> !i.name().equals("lo"))
        .findFirst()
        .orElse(interfaces.getFirst());
  }
}
