package io.bpf4j.cli;

import io.bpf4j.error.BpfException;
import io.bpf4j.map.RuntimeMap;
import io.bpf4j.map.SocketMap;
import io.bpf4j.net.Family;
import io.bpf4j.net.Protocol;
import io.bpf4j.netns.Netns;
import io.bpf4j.netns.ObjectMaps;
import io.bpf4j.sim.scenario.Endpoint;
import io.bpf4j.sim.scenario.Nearest;
import io.bpf4j.sock.Sock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/// What `--map NAME=@FILE.json` asks for: elements of one map, the same for every engine.
///
/// ```
/// [{"key":"01000000","value":"2a"}, {"key":"00000000","socket":"tcp 127.0.0.1:7777"}]
/// ```
///
/// @param map the map's name
/// @param elements in the order of the file
record MapSetup(String map, List<Element> elements) {
  /// An element: a value, or the socket that stands for one.
  record Element(byte[] key, byte @Nullable [] value, @Nullable SocketName socket) {}

  /// A socket by protocol and the address it is bound to, spelled `tcp [::1]:7777`.
  record SocketName(Protocol protocol, Endpoint local) {
    static SocketName parse(String text) {
      int blank = text.indexOf(' ');
      Protocol protocol =
          switch (blank < 0 ? "" : text.substring(0, blank)) {
            case "tcp" -> Protocol.TCP;
            case "udp" -> Protocol.UDP;
            default ->
                throw new UsageException("'" + text + "' is no socket like tcp 127.0.0.1:7777");
          };
      try {
        return new SocketName(protocol, Endpoint.parse(text.substring(blank + 1).strip()));
      } catch (IllegalArgumentException e) {
        throw new UsageException("socket '" + text + "': " + e.getMessage());
      }
    }

    /// The spelling of the file, as results show it.
    @Override
    public String toString() {
      return protocol.toString().toLowerCase(java.util.Locale.ROOT) + " " + local;
    }
  }

  /// Reads an argument `NAME=@FILE.json`.
  ///
  /// @throws UsageException naming argument, element and rule
  static MapSetup parse(String argument) throws IOException {
    int at = argument.indexOf("=@");
    if (at < 1) {
      throw new UsageException("--map " + argument + ": must be NAME=@FILE.json");
    }
    Path file = Path.of(argument.substring(at + 2));
    JsonNode root;
    try {
      root = Json.mapper().readTree(Files.readAllBytes(file));
    } catch (JacksonException e) {
      throw new UsageException(file + ": " + e.getOriginalMessage());
    }
    if (!root.isArray()) {
      throw new UsageException(file + ": must be an array of elements");
    }
    List<Element> elements = new ArrayList<>();
    for (JsonNode node : root) {
      try {
        elements.add(element(node));
      } catch (UsageException e) {
        throw new UsageException(
            "%s: element %d: %s".formatted(file, elements.size(), e.getMessage()));
      }
    }
    return new MapSetup(argument.substring(0, at), elements);
  }

  private static Element element(JsonNode node) {
    JsonNode key = node.get("key");
    JsonNode value = node.get("value");
    JsonNode socket = node.get("socket");
    if (key == null || !key.isString()) {
      throw new UsageException("needs a \"key\" in hex");
    }
    if ((value == null) == (socket == null)) {
      throw new UsageException("needs either a \"value\" in hex or a \"socket\"");
    }
    return new Element(
        Hex.parse("key", key.asString()),
        value == null ? null : Hex.parse("value", value.asString()),
        socket == null ? null : SocketName.parse(socket.asString()));
  }

  /// Puts the elements of all setups into maps; sockets are opened in the namespace, each spelling
  /// once.
  ///
  /// @throws UsageException when a map is not there or takes no such element
  /// @throws BpfException as the map refuses
  static void apply(List<MapSetup> setups, ObjectMaps maps, Netns netns) {
    Map<SocketName, Sock> opened = new HashMap<>();
    for (MapSetup setup : setups) {
      RuntimeMap map = find("--map", setup.map, maps);
      for (Element element : setup.elements) {
        if (element.socket != null && map instanceof SocketMap sockets) {
          Sock sock = opened.computeIfAbsent(element.socket, name -> open(netns, name));
          sockets.updateElem(element.key, sock, 0);
        } else if (element.value != null && !(map instanceof SocketMap)) {
          map.updateElem(element.key, element.value, 0);
        } else {
          throw wrongElement(setup.map, element.socket == null);
        }
      }
    }
  }

  /// Says that a map's elements are not what the setup gives.
  static UsageException wrongElement(String map, boolean givesValue) {
    return new UsageException(
        "--map %s: %s"
            .formatted(
                map,
                givesValue ? "its elements are sockets" : "its elements are values, not sockets"));
  }

  /// The map of that name.
  ///
  /// @throws UsageException when there is none
  /// @throws BpfException why it could not be made
  static RuntimeMap find(String option, String name, ObjectMaps maps) {
    BpfException refused = maps.refused().get(name);
    if (refused != null) {
      throw refused;
    }
    RuntimeMap map = maps.byName().get(name);
    if (map == null) {
      throw new UsageException(
          "%s %s: the object has no such map%s"
              .formatted(option, name, Nearest.hint(name, maps.byName().keySet())));
    }
    return map;
  }

  private static Sock open(Netns netns, SocketName name) {
    Family family = name.local.address().family();
    Sock sock = netns.open(name.protocol, family).named(name.toString());
    sock.bind(name.local.address(), name.local.port());
    if (name.protocol == Protocol.TCP) {
      sock.listen();
    }
    return sock;
  }

  /// A map's contents in the form of the file.
  static List<Map<String, Object>> dump(RuntimeMap map) {
    List<Map<String, Object>> elements = new ArrayList<>();
    for (Map.Entry<byte[], byte[]> entry : map.entries()) {
      Map<String, Object> element = new LinkedHashMap<>();
      element.put("key", HexFormat.of().formatHex(entry.getKey()));
      Sock sock = map instanceof SocketMap sockets ? sockets.sockAt(entry.getKey()) : null;
      if (sock == null) {
        element.put("value", HexFormat.of().formatHex(entry.getValue()));
      } else {
        element.put("socket", sock.name());
      }
      elements.add(element);
    }
    return elements;
  }
}
