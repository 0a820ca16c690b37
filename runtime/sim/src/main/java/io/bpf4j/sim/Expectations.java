package io.bpf4j.sim;

import io.bpf4j.sim.replay.Totals;
import io.bpf4j.sim.report.Report;
import io.bpf4j.sim.scenario.Bounds;
import io.bpf4j.sim.scenario.Expectation;
import io.bpf4j.sim.scenario.Outcome;
import io.bpf4j.sim.scenario.ResultKind;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Checks a scenario's expectations against what was counted, and against the world as the traffic
/// left it.
///
/// @param totals the counts
/// @param sockets names of the sockets by number
/// @param links names of the links by number
/// @param probe looks a packet up
/// @param element reads the number in an element of a map; empty when there is no such element
record Expectations(
    Totals totals,
    List<String> sockets,
    List<String> links,
    Function<Expectation.OfPacket, Outcome> probe,
    Function<Expectation.OfMap, OptionalLong> element) {

  Report.Expected check(Expectation expectation) {
    return switch (expectation) {
      case Expectation.OfPacket e -> ofPacket(e);
      case Expectation.OfCount e -> of(e.name(), e.bounds(), count(e));
      case Expectation.OfResults e -> ofResults(e);
      case Expectation.OfMap e -> {
        OptionalLong number = element.apply(e);
        yield number.isPresent()
            ? of(e.name(), e.bounds(), number.getAsLong())
            : new Report.Expected(
                e.name(), false, "expected %s, but there is no such key".formatted(e.bounds()));
      }
    };
  }

  private static Report.Expected of(String name, Bounds bounds, long number) {
    boolean ok = bounds.accept(number);
    return new Report.Expected(
        name, ok, ok ? Long.toString(number) : "expected %s, was %d".formatted(bounds, number));
  }

  private Report.Expected ofPacket(Expectation.OfPacket e) {
    Outcome was = probe.apply(e);
    Outcome expected = e.outcome();
    boolean ok =
        was.result() == expected.result()
            && (expected.socket() == null || named(expected.socket(), was.socket()))
            && (expected.link() == null || expected.link().equals(was.link()));
    return new Report.Expected(
        e.name(),
        ok,
        ok ? was.toString() : "%s: expected %s, was %s".formatted(e.packet(), expected, was));
  }

  /// Whether a socket is the one of that name, or a member of the group of that name.
  private static boolean named(String name, @Nullable String socket) {
    return socket != null && (socket.equals(name) || socket.startsWith(name + "/"));
  }

  private Report.Expected ofResults(Expectation.OfResults e) {
    List<String> wrong = new ArrayList<>();
    List<String> right = new ArrayList<>();
    for (ResultKind kind : ResultKind.values()) {
      Bounds bounds = e.bounds().get(kind);
      if (bounds != null) {
        long number = totals.of(kind);
        if (bounds.accept(number)) {
          right.add(kind + " " + number);
        } else {
          wrong.add("%s: expected %s, was %d".formatted(kind, bounds, number));
        }
      }
    }
    return new Report.Expected(
        e.name(), wrong.isEmpty(), String.join("; ", wrong.isEmpty() ? right : wrong));
  }

  /// Packets that fulfil every condition. A packet of a connection has a socket and no link: a link
  /// decides about the first packet only.
  private long count(Expectation.OfCount e) {
    List<ResultKind> kinds =
        e.result() == null ? List.of(ResultKind.values()) : List.of(e.result());
    String socket = e.socket();
    String link = e.link();
    long sum = 0;
    for (ResultKind kind : kinds) {
      if (socket == null && link == null) {
        sum += totals.of(kind);
      } else {
        sum +=
            indexes(links, link)
                .mapToLong(
                    l -> indexes(sockets, socket).mapToLong(s -> totals.of(kind, s, l)).sum())
                .sum();
      }
    }
    return sum;
  }

  /// The numbers with a name, or all with [Totals#ANY] when none is given.
  private static IntStream indexes(List<String> names, @Nullable String name) {
    return name == null
        ? IntStream.of(Totals.ANY)
        : IntStream.range(0, names.size()).filter(i -> named(name, names.get(i)));
  }
}
