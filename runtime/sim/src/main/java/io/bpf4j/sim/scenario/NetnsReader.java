package io.bpf4j.sim.scenario;

import io.bpf4j.net.Family;
import io.bpf4j.net.IpAddr;
import io.bpf4j.net.Protocol;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Reads network namespaces with their interfaces and sockets.
final class NetnsReader {
  private static final int MAX_GROUP = 4096;

  private final Values values;
  private final Names netnsNames;
  private final Names socketNames;

  NetnsReader(Values values, Names netnsNames) {
    this.values = values;
    this.netnsNames = netnsNames;
    this.socketNames = new Names(values, "socket");
  }

  /// The sockets of all namespaces; a group has its own name and those of its members.
  Names sockets() {
    return socketNames;
  }

  NetnsSpec netns(Yaml yaml) {
    Section section = new Section(values, Shape.NETNS, yaml);
    String name = netnsNames.define(section.required("name"));
    Names interfaceNames = new Names(values, "interface", " in netns '" + name + "'");
    Map<Integer, String> indexes = new HashMap<>();
    List<InterfaceSpec> interfaces =
        section.list("interfaces", "interfaces", y -> iface(y, interfaceNames, indexes));
    if (interfaces.isEmpty()) {
      throw values.error(section.required("interfaces"), "a netns has at least one interface");
    }
    return new NetnsSpec(
        section.place(),
        name,
        interfaces,
        section.list("sockets", "sockets", y -> socket(y, interfaceNames)));
  }

  private InterfaceSpec iface(Yaml yaml, Names names, Map<Integer, String> indexes) {
    Section section = new Section(values, Shape.INTERFACE, yaml);
    String name = names.define(section.required("name"));
    Yaml indexAt = section.required("ifindex");
    int ifindex = values.integer(indexAt, "an interface index", 1, Integer.MAX_VALUE);
    String first = indexes.putIfAbsent(ifindex, name);
    if (first != null) {
      throw values.error(
          indexAt, "interface '%s' has ifindex %d already".formatted(first, ifindex));
    }
    return new InterfaceSpec(
        section.place(),
        name,
        ifindex,
        section.list("local", "prefixes", values::prefix),
        section.list("addresses", "addresses", values::interfaceAddress));
  }

  private SocketSpec socket(Yaml yaml, Names interfaceNames) {
    Section section = new Section(values, Shape.SOCKET, yaml);
    Yaml nameAt = section.required("name");
    String name = socketNames.define(nameAt);
    Protocol protocol = values.protocol(section.required("proto"));
    Endpoint bind = section.orNull("bind", values::endpoint);
    Endpoint connect = section.orNull("connect", values::endpoint);
    Family family = family(section, bind, connect);
    boolean reusePort = section.flag("reuseport", false);
    int count =
        section.optional("count", 1, y -> values.integer(y, "a number of sockets", 1, MAX_GROUP));
    if (count > 1 && !reusePort) {
      throw section.error(
          "socket '%s': sockets share a port only with reuseport: true".formatted(name));
    }
    boolean listen = section.flag("listen", protocol == Protocol.TCP && connect == null);
    checkState(section, name, protocol, listen, connect);
    boolean v6only = section.flag("v6only", false);
    if (v6only && family == Family.INET) {
      throw section.error("socket '%s': v6only on a socket of IPv4".formatted(name));
    }
    SocketSpec socket =
        new SocketSpec(
            section.place(),
            name,
            protocol,
            family,
            bind,
            v6only,
            section.flag("reuseaddr", false),
            reusePort,
            count,
            section.orNull("device", interfaceNames::refer),
            section.optional("mark", 0, y -> (int) values.number(y, "a mark", 0, 0xffff_ffffL)),
            listen,
            connect);
    if (count > 1) {
      socket.members().forEach(member -> socketNames.define(nameAt, member));
    }
    return socket;
  }

  private void checkState(
      Section section, String name, Protocol protocol, boolean listen, @Nullable Endpoint connect) {
    if (listen && protocol == Protocol.UDP) {
      throw section.error("socket '%s': udp sockets do not listen".formatted(name));
    }
    if (listen && connect != null) {
      throw section.error(
          "socket '%s': a tcp socket listens or is connected, not both".formatted(name));
    }
  }

  private Family family(Section section, @Nullable Endpoint bind, @Nullable Endpoint connect) {
    Family said = section.orNull("family", this::familyWord);
    Endpoint endpoint = bind != null ? bind : connect;
    if (endpoint == null) {
      if (said == null) {
        throw section.error("a socket needs 'bind', 'connect' or 'family'");
      }
      return said;
    }
    Family meant = endpoint.address().family();
    if (said != null && said != meant) {
      throw section.error("family contradicts the address " + endpoint);
    }
    // An AF_INET6 socket may connect to an IPv4 peer only by its mapped address.
    if (bind != null && connect != null && connect.address().family() != meant) {
      throw section.error(
          "%s and %s are of two families%s"
              .formatted(bind, connect, mappedHint(connect.address())));
    }
    return meant;
  }

  private static String mappedHint(IpAddr address) {
    return address.family() == Family.INET ? "; write [::ffff:" + address + "]" : "";
  }

  private Family familyWord(Yaml yaml) {
    return switch (values.text(yaml, "inet or inet6")) {
      case "inet" -> Family.INET;
      case "inet6" -> Family.INET6;
      case String other ->
          throw values.error(yaml, "inet or inet6 was expected, not '" + other + "'");
    };
  }
}
