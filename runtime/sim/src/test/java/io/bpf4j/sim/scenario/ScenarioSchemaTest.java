package io.bpf4j.sim.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

final class ScenarioSchemaTest {
  private static final JsonNode SCHEMA = schema();

  private static JsonNode schema() {
    try (InputStream in =
        Objects.requireNonNull(Scenario.class.getResourceAsStream("../scenario.schema.json"))) {
      return JsonMapper.shared().readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @EnumSource(Shape.class)
  void schemaAndReaderKnowTheSameKeys(Shape shape) {
    JsonNode definition = SCHEMA.at("/$defs/" + shape.word());
    assertThat(new TreeSet<>(definition.get("properties").propertyNames()))
        .isEqualTo(new TreeSet<>(shape.keys()));
    Set<String> required = new TreeSet<>();
    definition.path("required").forEach(n -> required.add(n.asString()));
    assertThat(required).isEqualTo(new TreeSet<>(shape.required()));
    assertThat(definition.get("additionalProperties").asBoolean()).isFalse();
  }

  @Test
  void everyObjectOfTheSchemaIsAShapeOfTheReader() {
    Set<String> objects = new HashSet<>();
    SCHEMA
        .get("$defs")
        .properties()
        .forEach(e -> {
          if (e.getValue().has("properties")) {
            objects.add(e.getKey());
          }
        });
    assertThat(objects)
        .isEqualTo(new HashSet<>(Stream.of(Shape.values()).map(Shape::word).toList()));
  }

  static List<Path> samples() throws IOException {
    List<Path> files = new ArrayList<>();
    Path samples = Path.of("../../samples");
    if (Files.isDirectory(samples)) {
      try (Stream<Path> all = Files.walk(samples, 2)) {
        all.filter(p -> p.getFileName().toString().equals("scenario.yaml")).forEach(files::add);
      }
    }
    Path full = Path.of("src/test/resources/io/bpf4j/sim/scenario/full.yaml");
    files.add(full);
    return files;
  }

  @ParameterizedTest
  @MethodSource("samples")
  void scenariosFulfilTheSchema(Path file) throws IOException {
    Scenario scenario = ScenarioReader.read(file);
    assertThat(scenario.netns()).isNotEmpty();
    Yaml root = YamlReader.read(new Source(file), Files.readString(file));
    assertThat(SchemaCheck.problems(SCHEMA, root)).isEmpty();
  }

  @Test
  void theCheckSeesWhatTheSchemaForbids() {
    String full = ScenarioReaderTest.full();
    for (String[] broken :
        new String[][] {
          {"version: 1", "version: 2"},
          {"ifindex: 1,", "ifindex: 0,"},
          {"proto: udp, bind", "proto: sctp, bind"},
          {"count: 4", "count: many"},
          {"v6only: true", "v6only: maybe"},
          {"device: eth0", "devise: eth0"},
          {"connectionIdle: 90s", "connectionIdle: 90"}
        }) {
      Yaml root =
          YamlReader.read(new Source(ScenarioReaderTest.FILE), full.replace(broken[0], broken[1]));
      assertThat(SchemaCheck.problems(SCHEMA, root)).as(broken[1]).isNotEmpty();
    }
  }
}
