package io.bpf4j.sim.explain;

import io.bpf4j.lookup.HelperCall;
import io.bpf4j.lookup.LookupResult;
import io.bpf4j.lookup.LookupTrace;
import io.bpf4j.lookup.Step;
import io.bpf4j.sim.replay.Disposition;
import io.bpf4j.sim.scenario.ResultKind;
import io.bpf4j.sklookup.Link;
import io.bpf4j.sock.Sock;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// An explanation for programs: maps, lists, strings and numbers.
public final class ExplainJson {
  private ExplainJson() {}

  /// The explanation as one document.
  public static Map<String, Object> document(Explanation story) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("packet", story.packet().toString());
    all.put("netns", story.netns().name());
    all.put("ifindex", story.packet().iif());
    all.put("frame", story.where());
    LookupTrace trace = story.lookup();
    switch (story.disposition()) {
      case Disposition.NotLocal(var reason) -> {
        all.put("result", ResultKind.NOT_LOCAL.key());
        all.put("reason", reason.meaning());
      }
      case Disposition.OfConnection _ -> {
        all.put("result", ResultKind.ESTABLISHED.key());
        all.put("socket", name(story.owner()));
        all.put("link", null);
      }
      case Disposition.LookUp _ -> {
        if (trace != null) {
          result(all, trace.result());
        }
      }
    }
    all.put(
        "steps",
        trace == null ? List.of() : trace.steps().stream().map(ExplainJson::step).toList());
    all.put("printed", story.printed().stream().map(line -> line.text()).toList());
    return all;
  }

  private static void result(Map<String, Object> all, LookupResult result) {
    switch (result) {
      case LookupResult.Established(var sock) -> result(all, ResultKind.ESTABLISHED, sock, null);
      case LookupResult.Steered(var sock, var link) -> result(all, ResultKind.STEERED, sock, link);
      case LookupResult.Listener(var sock) -> result(all, ResultKind.LISTENER, sock, null);
      case LookupResult.DroppedBy(var link) -> result(all, ResultKind.DROPPED, null, link);
      case LookupResult.DroppedByGroup(var via, var link) -> {
        result(all, ResultKind.DROPPED, via, link);
        all.put("byGroup", true);
      }
      case LookupResult.NoSocket _ -> result(all, ResultKind.NONE, null, null);
    }
  }

  private static void result(
      Map<String, Object> all, ResultKind kind, @Nullable Sock sock, @Nullable Link link) {
    all.put("result", kind.key());
    all.put("socket", name(sock));
    all.put("link", link == null ? null : link.name());
  }

  private static @Nullable String name(@Nullable Sock sock) {
    return sock == null ? null : Calls.name(sock);
  }

  private static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private static Map<String, Object> step(Step step) {
    Map<String, Object> row = new LinkedHashMap<>();
    switch (step) {
      case Step.Connections(var found) -> {
        row.put("step", "connections");
        row.put("found", name(found));
      }
      case Step.Scan(var probed, var candidates, var result) -> {
        row.put("step", "scan");
        row.put("address", probed.toString());
        row.put("candidates", candidates.stream().map(ExplainJson::candidate).toList());
        row.put("found", name(result));
      }
      case Step.Reuseport group -> {
        row.put("step", "reuseport");
        row.put("via", name(group.via()));
        row.put("members", group.members().stream().map(Calls::name).toList());
        row.put("hash", Integer.toUnsignedLong(group.hash()));
        row.put("index", group.start());
        row.put("found", name(group.pick()));
        Step.GroupRun run = group.run();
        if (run != null) {
          row.put("program", run.program().name());
          row.put("calls", run.calls().stream().map(ExplainJson::call).toList());
          row.put("returned", run.r0());
          row.put("picked", name(run.picked()));
          row.put("refused", run.refused());
        }
      }
      case Step.Run run -> run(row, run);
      case Step.Combination(var rule, var selection, var decidedBy) -> {
        row.put("step", "combination");
        row.put("rule", word(rule));
        row.put("selection", name(selection));
        row.put("link", decidedBy == null ? null : decidedBy.name());
      }
    }
    return row;
  }

  private static Map<String, Object> candidate(Step.Candidate candidate) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("socket", name(candidate.sock()));
    row.put("standing", word(candidate.standing()));
    row.put("score", candidate.score());
    row.put("reason", candidate.reason() == null ? null : candidate.reason().reason());
    return row;
  }

  private static void run(Map<String, Object> row, Step.Run run) {
    row.put("step", "program");
    row.put("link", run.link().name());
    row.put("program", run.link().program().program().name());
    row.put("position", run.position());
    row.put("selectionBefore", name(run.before()));
    row.put("calls", run.calls().stream().map(ExplainJson::call).toList());
    row.put("returned", run.r0());
    row.put("verdict", run.verdict() == null ? null : run.verdict().name());
    row.put("selectionAfter", name(run.after()));
    row.put("noReuseport", run.noReuseport());
  }

  private static Map<String, Object> call(HelperCall call) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("insn", call.pc());
    row.put("helper", call.name());
    row.put("text", Calls.call(call));
    HelperCall.MapAccess map = call.map();
    if (map != null) {
      byte[] value = map.value();
      row.put("map", map.name());
      row.put("key", HexFormat.of().formatHex(map.key()));
      row.put("hit", map.hit());
      row.put("value", value == null ? null : HexFormat.of().formatHex(value));
    }
    row.put("socket", name(call.sock()));
    row.put("result", call.result());
    row.put("errno", call.errno() == null ? null : call.errno().toString());
    row.put("reason", Calls.reason(call));
    row.put("line", call.line() == null ? null : call.line().place());
    row.put("source", call.line() == null ? null : call.line().text().strip());
    return row;
  }
}
