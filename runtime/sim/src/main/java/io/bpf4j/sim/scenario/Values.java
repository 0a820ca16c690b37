package io.bpf4j.sim.scenario;

import io.bpf4j.net.IpAddr;
import io.bpf4j.net.Prefix;
import io.bpf4j.net.Protocol;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Typed readings of single values, each refusing with the value's place.
final class Values {
  private static final Pattern DURATION = Pattern.compile("([0-9]{1,9})(ns|us|ms|s|m|h)");
  private static final Pattern NUMBER = Pattern.compile("[0-9][0-9_]{0,20}");

  private final Source source;

  Values(Source source) {
    this.source = source;
  }

  Source source() {
    return source;
  }

  ScenarioException error(Yaml at, String rule) {
    return source.error(at.place(), rule);
  }

  Yaml.Scalar scalar(Yaml yaml, String what) {
    if (yaml instanceof Yaml.Scalar scalar && !scalar.text().isEmpty()) {
      return scalar;
    }
    throw error(yaml, what + " was expected, not " + yaml.kind());
  }

  String text(Yaml yaml, String what) {
    return scalar(yaml, what).text();
  }

  /// A name: a word that can be told apart in the languages of this file.
  String name(Yaml yaml, String what) {
    String name = text(yaml, "the name of a " + what);
    if (!name.matches("[A-Za-z0-9_][A-Za-z0-9_.-]*")) {
      throw error(
          yaml, "'" + name + "' is no name for a " + what + ": letters, digits, '_', '.', '-'");
    }
    return name;
  }

  boolean bool(Yaml yaml) {
    return switch (text(yaml, "true or false")) {
      case "true" -> true;
      case "false" -> false;
      case String other -> throw error(yaml, "true or false was expected, not '" + other + "'");
    };
  }

  long number(Yaml yaml, String what, long min, long max) {
    String text = text(yaml, what);
    try {
      long number =
          NUMBER.matcher(text).matches() ? Long.parseLong(text.replace("_", "")) : Long.MIN_VALUE;
      if (number >= min && number <= max) {
        return number;
      }
    } catch (NumberFormatException _) {
      // Too long for 64 bits: out of range like the others.
    }
    throw error(
        yaml, "%s was expected, a number from %d to %d, not '%s'".formatted(what, min, max, text));
  }

  int integer(Yaml yaml, String what, int min, int max) {
    return (int) number(yaml, what, min, max);
  }

  Duration duration(Yaml yaml) {
    String text = text(yaml, "a time like 60s");
    Matcher matcher = DURATION.matcher(text);
    if (!matcher.matches()) {
      throw error(yaml, "'" + text + "' is no time: a number with ns, us, ms, s, m or h, like 60s");
    }
    long amount = Long.parseLong(matcher.group(1));
    return switch (matcher.group(2)) {
      case "ns" -> Duration.ofNanos(amount);
      case "us" -> Duration.ofNanos(amount * 1_000);
      case "ms" -> Duration.ofMillis(amount);
      case "s" -> Duration.ofSeconds(amount);
      case "m" -> Duration.ofMinutes(amount);
      default -> Duration.ofHours(amount);
    };
  }

  Protocol protocol(Yaml yaml) {
    return switch (text(yaml, "tcp or udp")) {
      case "tcp" -> Protocol.TCP;
      case "udp" -> Protocol.UDP;
      case String other -> throw error(yaml, "tcp or udp was expected, not '" + other + "'");
    };
  }

  Prefix prefix(Yaml yaml) {
    return parsed(yaml, "an address or a prefix like 198.51.100.0/24", Prefix::parse);
  }

  Endpoint endpoint(Yaml yaml) {
    return parsed(yaml, "ADDRESS:PORT, [ADDRESS]:PORT for IPv6", Endpoint::parse);
  }

  /// An address with the length of its net, as `ip addr add` takes it.
  InterfaceAddress interfaceAddress(Yaml yaml) {
    return parsed(
        yaml,
        "an address with the length of its net, like 192.0.2.2/24",
        text ->
            new InterfaceAddress(IpAddr.parse(text.replaceFirst("/.*", "")), Prefix.parse(text)));
  }

  <T> T parsed(Yaml yaml, String what, Function<String, T> parser) {
    String text = text(yaml, what);
    try {
      return parser.apply(text);
    } catch (IllegalArgumentException e) {
      throw error(yaml, what + " was expected: " + e.getMessage());
    }
  }

  List<Yaml> items(Yaml yaml, String what) {
    if (yaml instanceof Yaml.Sequence sequence) {
      return sequence.items();
    }
    throw error(yaml, "a list of " + what + " was expected, not " + yaml.kind());
  }

  /// A list, or one item that stands for a list of one.
  List<Yaml> oneOrMore(Yaml yaml, String what) {
    List<Yaml> items = yaml instanceof Yaml.Scalar ? List.of(yaml) : items(yaml, what);
    if (items.isEmpty()) {
      throw error(yaml, "at least one of " + what + " was expected");
    }
    return items;
  }

  Yaml.Mapping mapping(Yaml yaml, String what) {
    if (yaml instanceof Yaml.Mapping mapping) {
      return mapping;
    }
    throw error(yaml, what + " was expected, not " + yaml.kind());
  }
}
