package io.bpf4j.sim;

import io.bpf4j.error.BpfException;
import io.bpf4j.error.ErrnoException;
import io.bpf4j.map.RuntimeMap;
import io.bpf4j.map.SocketMap;
import io.bpf4j.prog.MapSpec;
import io.bpf4j.sim.scenario.BtfLayouts;
import io.bpf4j.sim.scenario.DataEncoder;
import io.bpf4j.sim.scenario.Layout;
import io.bpf4j.sim.scenario.MapFill;
import io.bpf4j.sim.scenario.Nearest;
import io.bpf4j.sim.scenario.ScenarioException;
import io.bpf4j.sim.scenario.Source;
import io.bpf4j.sim.scenario.Yaml;
import io.bpf4j.sock.Sock;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Writes what a scenario puts into a map, through the map's user side.
final class MapContents {
  private final Source source;
  private final DataEncoder encoder;
  private final LoadedObject object;
  private final MapFill fill;
  private final Map<String, Sock> sockets;
  private final int cpus;

  /// @param sockets by name
  MapContents(
      Source source, LoadedObject object, MapFill fill, Map<String, Sock> sockets, int cpus) {
    this.source = source;
    this.encoder = new DataEncoder(source);
    this.object = object;
    this.fill = fill;
    this.sockets = sockets;
    this.cpus = cpus;
  }

  /// A map's definition with the sizes a scenario gives it. Global data gets its contents here
  /// already: read-only data is frozen once it is made. Variables that are not named keep what the
  /// object says.
  ///
  /// @throws ScenarioException when a value does not fit
  static MapSpec shaped(Source source, MapSpec map, MapFill fill, BtfLayouts layouts) {
    byte[] contents = map.contents();
    if (contents == null) {
      return map.withSizes(
          Objects.requireNonNullElse(fill.keySize(), map.keySize()),
          Objects.requireNonNullElse(fill.valueSize(), map.valueSize()),
          Objects.requireNonNullElse(fill.maxEntries(), map.maxEntries()));
    }
    byte[] bytes = Arrays.copyOf(contents, contents.length);
    for (MapFill.Entry entry : fill.entries()) {
      overlay(source, bytes, entry.value(), layouts.value(map), fill.name());
    }
    return map.withContents(bytes);
  }

  private static void overlay(Source source, byte[] bytes, Yaml value, Layout layout, String name) {
    DataEncoder encoder = new DataEncoder(source);
    String what = "the value of " + name;
    if (!(value instanceof Yaml.Mapping variables && layout instanceof Layout.Struct struct)) {
      byte[] all = encoder.encode(value, layout, what);
      System.arraycopy(all, 0, bytes, 0, all.length);
      return;
    }
    for (Yaml.Entry variable : variables.entries()) {
      byte[] alone =
          encoder.encode(new Yaml.Mapping(variables.place(), List.of(variable)), struct, what);
      int from = 0;
      int length = alone.length;
      for (Layout.Member member : struct.members()) {
        if (member.name().equals(variable.key().text())) {
          from = member.offset();
          length = member.layout().size();
        }
      }
      System.arraycopy(alone, from, bytes, from, length);
    }
  }

  /// Writes the entries, in their order.
  ///
  /// @throws ScenarioException when the map cannot be made, or does not take an entry
  void write() {
    MapSpec spec = Objects.requireNonNull(object.object().map(fill.map()));
    BpfException refused = object.maps().refused().get(fill.map());
    if (refused != null) {
      throw source.error(fill.place(), Objects.requireNonNull(refused.getMessage()));
    }
    if (spec.contents() != null) {
      return;
    }
    RuntimeMap map = Objects.requireNonNull(object.maps().byName().get(fill.map()));
    for (MapFill.Entry entry : fill.entries()) {
      byte[] key = key(entry.key(), entry, spec);
      try {
        if (map instanceof SocketMap socketMap) {
          socketMap.updateElem(key, socket(entry.value()), 0);
        } else {
          map.updateElem(key, value(map, entry.value(), spec), 0);
        }
      } catch (ErrnoException e) {
        throw source.error(entry.place(), Objects.requireNonNull(e.getMessage()));
      }
    }
  }

  private byte[] key(@Nullable Yaml key, MapFill.Entry entry, MapSpec spec) {
    if (key == null) {
      throw source.error(entry.place(), "an entry of %s needs a 'key'".formatted(fill.name()));
    }
    return encoder.encode(key, object.layouts().key(spec), "the key of " + fill.name());
  }

  /// The value's bytes; on the user side of a per-CPU map one rounded up to 8 bytes for each CPU.
  private byte[] value(RuntimeMap map, Yaml value, MapSpec spec) {
    byte[] one = encoder.encode(value, object.layouts().value(spec), "the value of " + fill.name());
    if (!map.perCpu()) {
      return one;
    }
    int stride = Math.ceilDiv(one.length, Long.BYTES) * Long.BYTES;
    byte[] all = new byte[stride * cpus];
    for (int cpu = 0; cpu < cpus; cpu++) {
      System.arraycopy(one, 0, all, cpu * stride, one.length);
    }
    return all;
  }

  private Sock socket(Yaml value) {
    Yaml name =
        value instanceof Yaml.Mapping mapping && mapping.keys().equals(List.of("socket"))
            ? mapping.get("socket")
            : null;
    if (!(name instanceof Yaml.Scalar text)) {
      throw source.error(
          value.place(),
          "%s holds sockets: {socket: NAME} was expected, not %s"
              .formatted(fill.name(), value.kind()));
    }
    Sock sock = sockets.get(text.text());
    if (sock == null) {
      throw source.error(
          text.place(),
          "there is no socket '%s'%s"
              .formatted(text.text(), Nearest.hint(text.text(), sockets.keySet())));
    }
    return sock;
  }
}
