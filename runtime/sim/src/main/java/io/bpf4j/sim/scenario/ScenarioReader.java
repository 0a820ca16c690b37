package io.bpf4j.sim.scenario;

import io.bpf4j.error.InputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Reads scenario files. Every name must be known, every reference lead somewhere; what is wrong is
/// told with line and column, and with the word that was probably meant.
public final class ScenarioReader {
  private static final long VERSION = 1;
  private static final long MAX_BYTES = 64 << 20;

  private final Values values;
  private final Names netnsNames;
  private final Names objectNames;
  private final NetnsReader netnsReader;

  private ScenarioReader(Source source) {
    values = new Values(source);
    netnsNames = new Names(values, "netns");
    objectNames = new Names(values, "object");
    netnsReader = new NetnsReader(values, netnsNames);
  }

  /// Reads a file.
  ///
  /// @throws InputException when the file cannot be read
  /// @throws ScenarioException when its contents are no scenario
  public static Scenario read(Path path) {
    return parse(path, text(path));
  }

  /// Reads text as the contents of a file; paths in it are relative to the file's folder.
  ///
  /// @throws ScenarioException when it is no scenario
  public static Scenario parse(Path path, String text) {
    Source source = new Source(path);
    return new ScenarioReader(source).scenario(YamlReader.read(source, text));
  }

  private static String text(Path path) {
    String name = path.toString();
    try {
      if (Files.isDirectory(path)) {
        throw new InputException(name, "", "a directory, where a scenario was expected");
      }
      if (Files.size(path) > MAX_BYTES) {
        throw new InputException(name, "", "larger than a scenario may be (64 MiB)");
      }
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(Files.readAllBytes(path)))
          .toString();
    } catch (NoSuchFileException e) {
      throw new InputException(name, "", "no such file", e);
    } catch (AccessDeniedException e) {
      throw new InputException(name, "", "permission denied", e);
    } catch (CharacterCodingException e) {
      throw new InputException(name, "", "not text in UTF-8", e);
    } catch (IOException e) {
      throw new InputException(name, "", "cannot be read: " + e.getMessage(), e);
    }
  }

  private Scenario scenario(Yaml root) {
    Section top = new Section(values, Shape.SCENARIO, root);
    version(top.required("version"));
    List<NetnsSpec> netns = top.list("netns", "network namespaces", netnsReader::netns);
    if (netns.isEmpty()) {
      throw values.error(top.required("netns"), "a scenario has at least one netns");
    }
    List<ObjectSpec> objects = new ArrayList<>();
    each(top.optional("objects"), "objects by name", entry -> objects.add(object(entry)));
    List<MapFill> maps = new ArrayList<>();
    each(top.optional("maps"), "maps by object.map", entry -> maps.add(map(entry)));
    GroupReader groups = new GroupReader(values, netnsReader.sockets(), objectNames);
    LinkReader links = new LinkReader(values, netnsNames, objectNames);
    List<LinkSpec> linkSpecs = links.read(top.list("links", "links", links::link));
    TrafficReader traffic = new TrafficReader(values, netnsNames, netns);
    Section flows = top.orNull("traffic", y -> new Section(values, Shape.TRAFFIC, y));
    ExpectationReader expectations =
        new ExpectationReader(
            values, netnsNames, netnsReader.sockets(), links.names(), objectNames, netns);
    return new Scenario(
        values.source(),
        top.optional("description", "", y -> values.text(y, "a text")),
        netns,
        objects,
        maps,
        top.list("groups", "programs of reuseport groups", groups::group),
        linkSpecs,
        flows == null ? List.of() : flows.list("traces", "traces", traffic::trace),
        flows == null ? List.of() : flows.list("floods", "floods", traffic::flood),
        top.optional("replay", ReplayOptions.DEFAULT, this::replay),
        top.list("expectations", "expectations", expectations::expectation));
  }

  private void version(Yaml yaml) {
    String text = values.text(yaml, "version: 1");
    if (!text.equals(Long.toString(VERSION))) {
      throw values.error(yaml, "version %s is not known, only version 1".formatted(text));
    }
  }

  private void each(@Nullable Yaml yaml, String what, Consumer<Yaml.Entry> reading) {
    if (yaml != null) {
      values.mapping(yaml, what).entries().forEach(reading);
    }
  }

  private ObjectSpec object(Yaml.Entry entry) {
    String name = objectNames.define(entry.key());
    if (name.indexOf('.') >= 0) {
      throw values.error(
          entry.key(),
          "the object name '%s' has a dot, which ends it in object.map".formatted(name));
    }
    Yaml.Scalar file = values.scalar(entry.value(), "the path of an object");
    return new ObjectSpec(entry.key().place(), name, values.source().resolve(file));
  }

  private MapFill map(Yaml.Entry entry) {
    MapName name = MapName.read(values, objectNames, entry.key());
    Place place = entry.key().place();
    if (entry.value() instanceof Yaml.Mapping) {
      Section section = new Section(values, Shape.MAP, entry.value());
      return new MapFill(
          place,
          name.object(),
          name.map(),
          section.orNull("keySize", y -> values.integer(y, "bytes of a key", 0, 1 << 20)),
          section.orNull("valueSize", y -> values.integer(y, "bytes of a value", 0, 1 << 28)),
          section.orNull("maxEntries", y -> values.integer(y, "a capacity", 1, Integer.MAX_VALUE)),
          section.list("entries", "entries", this::element));
    }
    List<MapFill.Entry> entries = new ArrayList<>();
    values
        .items(entry.value(), "entries {key: …, value: …}")
        .forEach(item -> entries.add(element(item)));
    return new MapFill(place, name.object(), name.map(), null, null, null, entries);
  }

  private MapFill.Entry element(Yaml yaml) {
    Section section = new Section(values, Shape.ENTRY, yaml);
    return new MapFill.Entry(section.place(), section.optional("key"), section.required("value"));
  }

  private ReplayOptions replay(Yaml yaml) {
    Section section = new Section(values, Shape.REPLAY, yaml);
    ReplayOptions otherwise = ReplayOptions.DEFAULT;
    ReplayOptions options =
        new ReplayOptions(
            section.flag("assumeEstablished", otherwise.assumeEstablished()),
            section.flag("everyPacketFirst", otherwise.everyPacketFirst()),
            section.optional("connectionIdle", otherwise.connectionIdle(), values::duration),
            section.optional(
                "maxConnections",
                otherwise.maxConnections(),
                y -> values.integer(y, "a number of connections", 1, 1 << 28)),
            section.optional("cpus", otherwise.cpus(), y -> values.integer(y, "CPUs", 1, 1024)),
            section.optional(
                "seed", otherwise.seed(), y -> values.number(y, "a seed", 0, Long.MAX_VALUE)));
    if (options.assumeEstablished() && options.everyPacketFirst()) {
      throw section.error(
          "assumeEstablished and everyPacketFirst exclude each other: without connections none can"
              + " be assumed");
    }
    return options;
  }
}
