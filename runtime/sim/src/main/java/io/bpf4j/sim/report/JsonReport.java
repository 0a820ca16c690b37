package io.bpf4j.sim.report;

import io.bpf4j.sim.replay.Fault;
import io.bpf4j.sim.replay.TraceSummary;
import io.bpf4j.sim.scenario.ResultKind;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/// A report as one JSON document.
public final class JsonReport {
  private JsonReport() {}

  /// The document as text, indented.
  public static String text(Report report) {
    return JsonMapper.shared()
        .writerWithDefaultPrettyPrinter()
        .writeValueAsString(document(report));
  }

  /// The document as maps and lists.
  public static Map<String, Object> document(Report report) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("scenario", report.scenario());
    all.put("description", report.description());
    all.put("engine", report.engine());
    all.put("lookups", report.lookups());
    all.put("packets", report.packets());
    all.put("nanos", report.nanos());
    all.put("lookupsPerSecond", report.lookupsPerSecond());
    all.put("threads", report.threads());
    Map<String, Object> byResult = new LinkedHashMap<>();
    for (ResultKind kind : ResultKind.values()) {
      byResult.put(kind.key(), report.of(kind));
    }
    all.put("byResult", byResult);
    all.put(
        "notLocal",
        ordered(
            "sentByHost", report.notLocal().sentByHost(),
            "forOthers", report.notLocal().forOthers(),
            "multicast", report.notLocal().multicast()));
    all.put("bySocket", report.sockets().stream().map(JsonReport::socket).toList());
    all.put("byLink", report.links().stream().map(JsonReport::link).toList());
    all.put(
        "connections",
        ordered(
            "opened", report.connections().opened(),
            "evicted", report.connections().evicted(),
            "expired", report.connections().expired(),
            "ownPackets", report.ownConnections()));
    all.put("traces", report.traces().stream().map(JsonReport::trace).toList());
    all.put("expectations", report.expectations().stream().map(JsonReport::expected).toList());
    all.put("notChecked", report.notChecked().isEmpty() ? null : report.notChecked());
    all.put("fault", fault(report.fault()));
    all.put("stopped", report.stopped());
    return all;
  }

  private static Map<String, Object> ordered(@Nullable Object... keysAndValues) {
    Map<String, Object> map = new LinkedHashMap<>();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      map.put(String.valueOf(keysAndValues[i]), keysAndValues[i + 1]);
    }
    return map;
  }

  private static Map<String, Object> socket(Report.SocketRow row) {
    return ordered(
        "socket", row.socket(),
        "address", row.address(),
        "lookups", row.lookups(),
        "established", row.established(),
        "steered", row.steered(),
        "listener", row.listener());
  }

  private static Map<String, Object> link(Report.LinkRow row) {
    return ordered(
        "link", row.link(),
        "netns", row.netns(),
        "program", row.program(),
        "steered", row.steered(),
        "dropped", row.dropped());
  }

  private static Map<String, Object> trace(TraceSummary trace) {
    Map<String, Object> skipped = new LinkedHashMap<>();
    trace.skipped().forEach((reason, count) -> skipped.put(reason.key(), count));
    return ordered(
        "file", trace.name(),
        "format", trace.format(),
        "frames", trace.frames(),
        "packets", trace.packets(),
        "skipped", skipped,
        "problem", trace.problem());
  }

  private static Map<String, Object> expected(Report.Expected row) {
    return ordered("name", row.name(), "ok", row.ok(), "detail", row.detail());
  }

  private static @Nullable Object fault(@Nullable Fault fault) {
    return fault == null
        ? null
        : ordered(
            "trace", fault.trace(),
            "frame", fault.frame(),
            "program", fault.cause().program(),
            "pc", fault.cause().pc(),
            "message", fault.cause().getMessage());
  }
}
