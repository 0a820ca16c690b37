package io.bpf4j.sim.scenario;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/// Checks a scenario's YAML against the part of JSON Schema that `scenario.schema.json` uses.
final class SchemaCheck {
  private final JsonNode schema;
  private final List<String> problems = new ArrayList<>();

  private SchemaCheck(JsonNode schema) {
    this.schema = schema;
  }

  static List<String> problems(JsonNode schema, Yaml yaml) {
    SchemaCheck check = new SchemaCheck(schema);
    check.check(schema, yaml, "");
    return check.problems;
  }

  private void check(JsonNode rule, Yaml yaml, String at) {
    if (rule.isBoolean()) {
      return;
    }
    if (rule.has("$ref")) {
      check(schema.at(rule.get("$ref").asString().substring(1)), yaml, at);
    }
    if (rule.has("anyOf") && matching(rule.get("anyOf"), yaml) == 0) {
      problems.add(at + ": fits none of anyOf");
    }
    if (rule.has("oneOf") && matching(rule.get("oneOf"), yaml) != 1) {
      problems.add(at + ": does not fit exactly one of oneOf");
    }
    if (rule.has("const") && !text(yaml).equals(rule.get("const").asString())) {
      problems.add(at + ": not " + rule.get("const"));
    }
    if (rule.has("enum")
        && rule.get("enum").valueStream().noneMatch(v -> v.asString().equals(text(yaml)))) {
      problems.add(at + ": not one of " + rule.get("enum"));
    }
    if (rule.has("pattern") && !text(yaml).matches(rule.get("pattern").asString())) {
      problems.add(at + ": '" + text(yaml) + "' does not match " + rule.get("pattern"));
    }
    if (rule.has("type") && !hasType(rule.get("type"), yaml)) {
      problems.add(at + ": " + yaml.kind() + " is no " + rule.get("type"));
      return;
    }
    range(rule, yaml, at);
    switch (yaml) {
      case Yaml.Mapping mapping -> mapping(rule, mapping, at);
      case Yaml.Sequence sequence -> {
        if (rule.has("items")) {
          sequence.items().forEach(item -> check(rule.get("items"), item, at + "[]"));
        }
      }
      case Yaml.Scalar _ -> {}
    }
  }

  private int matching(JsonNode rules, Yaml yaml) {
    int matching = 0;
    for (JsonNode rule : rules) {
      SchemaCheck attempt = new SchemaCheck(schema);
      attempt.check(rule, yaml, "");
      matching += attempt.problems.isEmpty() ? 1 : 0;
    }
    return matching;
  }

  private void range(JsonNode rule, Yaml yaml, String at) {
    if (rule.has("minimum") && Long.parseLong(text(yaml)) < rule.get("minimum").asLong()) {
      problems.add(at + ": below " + rule.get("minimum"));
    }
    if (rule.has("maximum") && Long.parseLong(text(yaml)) > rule.get("maximum").asLong()) {
      problems.add(at + ": above " + rule.get("maximum"));
    }
    if (rule.has("minItems")
        && yaml instanceof Yaml.Sequence sequence
        && sequence.items().size() < rule.get("minItems").asInt()) {
      problems.add(at + ": too few items");
    }
  }

  private void mapping(JsonNode rule, Yaml.Mapping mapping, String at) {
    for (JsonNode required : rule.path("required")) {
      if (mapping.get(required.asString()) == null) {
        problems.add(at + ": misses " + required.asString());
      }
    }
    if (!rule.has("properties") && !rule.has("additionalProperties")) {
      return;
    }
    for (Yaml.Entry entry : mapping.entries()) {
      String key = entry.key().text();
      JsonNode property = rule.path("properties").path(key);
      JsonNode others = rule.path("additionalProperties");
      if (rule.has("propertyNames")) {
        check(rule.get("propertyNames"), entry.key(), at + "/" + key);
      }
      if (!property.isMissingNode()) {
        check(property, entry.value(), at + "/" + key);
      } else if (others.isBoolean()) {
        problems.add(at + ": unknown " + key);
      } else if (!others.isMissingNode()) {
        check(others, entry.value(), at + "/" + key);
      }
    }
  }

  private static String text(Yaml yaml) {
    return yaml instanceof Yaml.Scalar scalar ? scalar.text() : "";
  }

  private static boolean hasType(JsonNode type, Yaml yaml) {
    if (type.isArray()) {
      return type.valueStream().anyMatch(t -> hasType(t, yaml));
    }
    return switch (type.asString()) {
      case "object" -> yaml instanceof Yaml.Mapping;
      case "array" -> yaml instanceof Yaml.Sequence;
      case "integer" -> yaml instanceof Yaml.Scalar s && s.plain() && s.text().matches("-?[0-9]+");
      case "boolean" ->
          yaml instanceof Yaml.Scalar s && s.plain() && s.text().matches("true|false");
      case "string" -> yaml instanceof Yaml.Scalar s && !(s.plain() && s.text().matches("[0-9]+"));
      default -> throw new IllegalStateException("type " + type);
    };
  }
}
