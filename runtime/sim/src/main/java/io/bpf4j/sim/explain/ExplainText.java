package io.bpf4j.sim.explain;

import io.bpf4j.lookup.HelperCall;
import io.bpf4j.lookup.LookupResult;
import io.bpf4j.lookup.LookupTrace;
import io.bpf4j.lookup.Step;
import io.bpf4j.net.IpAddr;
import io.bpf4j.net.Protocol;
import io.bpf4j.sim.replay.Disposition;
import io.bpf4j.sock.GroupProgram;
import io.bpf4j.sock.Sock;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// An explanation for a terminal: the packet, one numbered step after the other, the result.
public final class ExplainText {
  private static final String BOLD = "\u001b[1m";
  private static final String DIM = "\u001b[2m";
  private static final String PLAIN = "\u001b[0m";
  private static final int MEMBERS_SHOWN = 16;

  private final Explanation story;
  private final boolean colour;
  private final StringBuilder out = new StringBuilder();
  private int step;

  private ExplainText(Explanation story, boolean colour) {
    this.story = story;
    this.colour = colour;
  }

  /// The explanation as lines, each ended by a line feed.
  public static String text(Explanation story, boolean colour) {
    ExplainText text = new ExplainText(story, colour);
    text.tell();
    return text.out.toString();
  }

  private void line(String text) {
    out.append(text.stripTrailing()).append('\n');
  }

  private String paint(String code, String text) {
    return colour ? code + text + PLAIN : text;
  }

  /// A numbered step.
  private void step(String title) {
    line("%2d. %s".formatted(++step, title));
  }

  private void detail(String text) {
    line("      " + text);
  }

  private void tell() {
    var packet = story.packet();
    line(
        paint(
            BOLD,
            "%s %s -> %s"
                .formatted(
                    packet.protocol(),
                    SocketText.endpoint(packet.src(), packet.sport()),
                    SocketText.endpoint(packet.dst(), packet.dport()))));
    line(
        "    netns %s, arrived at %s%s"
            .formatted(
                story.netns().name(),
                story.arrival(),
                story.where() == null ? "" : ", " + story.where()));
    line("");
    switch (story.disposition()) {
      case Disposition.NotLocal(var reason) -> {
        step("the packet " + reason.meaning() + ": no lookup");
        result("notLocal");
      }
      case Disposition.OfConnection _ -> connection();
      case Disposition.LookUp _ -> lookup(Objects.requireNonNull(story.lookup()));
    }
    for (var printed : story.printed()) {
      line("    bpf_trace_printk: " + printed.text());
    }
  }

  private void connection() {
    step("connections: an earlier packet opened this one; no program is asked");
    Sock owner = story.owner();
    result(
        owner == null
            ? "established: a connection that the host itself opened"
            : "established: a connection of " + described(owner));
  }

  private void result(String text) {
    line("");
    line(paint(BOLD, "=> " + text));
  }

  private void lookup(LookupTrace trace) {
    boolean programs = false;
    for (Step each : trace.steps()) {
      switch (each) {
        case Step.Connections connections -> connections(connections);
        case Step.Scan scan -> scan(scan);
        case Step.Reuseport group -> reuseport(group);
        case Step.Run run -> {
          if (!programs) {
            long runs = trace.steps().stream().filter(s -> s instanceof Step.Run).count();
            step("sk_lookup: %d program%s, all run".formatted(runs, runs == 1 ? "" : "s"));
          }
          programs = true;
          run(run);
        }
        case Step.Combination combination -> detail(combined(combination));
      }
    }
    if (!programs && !(trace.result() instanceof LookupResult.Established)) {
      step("sk_lookup: no program is attached");
    }
    result(
        switch (trace.result()) {
          case LookupResult.Established(var sock) -> "established: " + described(sock);
          case LookupResult.Steered(var sock, var link) ->
              "steered to %s by link %s".formatted(described(sock), link.name());
          case LookupResult.Listener(var sock) -> "listener " + described(sock);
          case LookupResult.DroppedBy(var link) ->
              "dropped by link %s: %s".formatted(link.name(), refusal());
          case LookupResult.DroppedByGroup(var via, var _) ->
              "dropped by the reuseport program of %s: %s".formatted(described(via), refusal());
          case LookupResult.NoSocket _ -> "none: no socket takes the packet; " + refusal();
        });
  }

  /// What the sender sees of a failed lookup.
  private String refusal() {
    return story.packet().protocol() == Protocol.TCP
        ? "the sender gets a RST"
        : "the sender gets ICMP port unreachable";
  }

  private void connections(Step.Connections step) {
    String what = story.packet().protocol() == Protocol.TCP ? "connections" : "connected sockets";
    Sock found = step.found();
    step(what + ": " + (found == null ? "none of these ends" : described(found)));
  }

  private void run(Step.Run run) {
    String file = file(run);
    line("");
    detail(
        paint(BOLD, run.link().program().program().name())
            + " (link %s)%s".formatted(run.link().name(), file.isEmpty() ? "" : "  " + file)
            + (run.before() == null ? "" : "  starts with ctx->sk = " + Calls.name(run.before())));
    int width = run.calls().stream().mapToInt(c -> Calls.call(c).length()).max().orElse(0);
    for (HelperCall call : run.calls()) {
      call(call, Math.min(width, 60));
    }
    detail("  returns " + verdict(run));
  }

  private static String file(Step.Run run) {
    return run.calls().stream()
        .map(HelperCall::line)
        .filter(Objects::nonNull)
        .map(line -> line.place().replaceFirst(":[0-9]+$", ""))
        .filter(name -> name.endsWith(".c"))
        .findFirst()
        .orElse("");
  }

  private void call(HelperCall call, int width) {
    String text = Calls.call(call);
    String place = call.line() == null ? "insn " + call.pc() : call.line().place();
    String reason = Calls.reason(call);
    detail(
        "  "
            + text
            + " ".repeat(Math.max(0, width - text.length()))
            + " = "
            + Calls.result(call)
            + (reason == null ? "" : ": " + reason)
            + "  "
            + paint(DIM, "(" + place + ")"));
  }

  private static String verdict(Step.Run run) {
    Sock selected = run.after();
    if (run.verdict() == null) {
      return "%d, neither SK_PASS nor SK_DROP: counts as a pass that selects nothing"
          .formatted(run.r0());
    }
    return switch (run.verdict()) {
      case SK_PASS ->
          selected == null
              ? "SK_PASS, selecting nothing"
              : "SK_PASS, selecting %s%s"
                  .formatted(Calls.name(selected), run.noReuseport() ? " without its group" : "");
      case SK_DROP ->
          selected == null
              ? "SK_DROP"
              : "SK_DROP: its selection of %s is discarded".formatted(Calls.name(selected));
    };
  }

  private static String combined(Step.Combination step) {
    return switch (step.rule()) {
      case SELECTION_WINS ->
          "together: %s, selected by %s; a selection that passed wins over every drop"
              .formatted(
                  Calls.name(step.selection()), Objects.requireNonNull(step.decidedBy()).name());
      case DROP_WITHOUT_SELECTION ->
          "together: refused, as %s dropped and no selection stands"
              .formatted(Objects.requireNonNull(step.decidedBy()).name());
      case ALL_PASSED -> "together: no selection and no drop, the regular lookup goes on";
    };
  }

  private void reuseport(Step.Reuseport group) {
    List<Sock> members = group.members();
    String names =
        members.stream().limit(MEMBERS_SHOWN).map(Calls::name).collect(Collectors.joining(", "))
            + (members.size() > MEMBERS_SHOWN ? ", … (" + members.size() + ")" : "");
    step("SO_REUSEPORT: %s is in the group [%s]".formatted(Calls.name(group.via()), names));
    Step.GroupRun run = group.run();
    if (run != null) {
      program(run);
      if (run.refused() || run.picked() != null) {
        return;
      }
    }
    detail(
        group.pick() == null
            ? "no member can take the packet: it stays with " + Calls.name(group.via())
            : "hash 0x%08x gives index %d: %s"
                .formatted(group.hash(), group.start(), Calls.name(group.pick())));
  }

  /// The program of a group.
  private void program(Step.GroupRun run) {
    line("");
    detail(paint(BOLD, run.program().name()) + " (program of the group)");
    int width = run.calls().stream().mapToInt(c -> Calls.call(c).length()).max().orElse(0);
    for (HelperCall call : run.calls()) {
      call(call, Math.min(width, 60));
    }
    detail("  returns " + groupVerdict(run));
  }

  private static String groupVerdict(Step.GroupRun run) {
    Sock picked = run.picked();
    if (!(run.program() instanceof GroupProgram.SkReuseport)) {
      long index = run.r0() & 0xffff_ffffL;
      return picked == null
          ? index + ", which is no member's index"
          : "index %d: %s".formatted(index, Calls.name(picked));
    }
    if (run.refused()) {
      return run.r0() == 0
          ? "SK_DROP: the packet is refused"
          : run.r0() + ", which is not SK_PASS: the packet is refused";
    }
    return picked == null
        ? "SK_PASS, selecting nobody"
        : "SK_PASS, selecting " + Calls.name(picked);
  }

  private void scan(Step.Scan scan) {
    IpAddr probed = scan.probed();
    String at = SocketText.endpoint(probed, story.packet().dport());
    boolean wildcard = probed.equals(IpAddr.ANY4) || probed.equals(IpAddr.ANY6);
    step(
        "%s bound to %s%s"
            .formatted(
                story.packet().protocol() == Protocol.TCP ? "listeners" : "sockets",
                at,
                wildcard ? ", the wildcard" : ""));
    List<String> lines = new ArrayList<>();
    for (Step.Candidate candidate : scan.candidates()) {
      lines.add(candidate(candidate));
    }
    if (lines.isEmpty()) {
      lines.add("none");
    }
    lines.forEach(this::detail);
  }

  private static String candidate(Step.Candidate candidate) {
    String who = described(candidate.sock());
    return switch (candidate.standing()) {
      case BEST -> "%s: score %d, the best so far".formatted(who, candidate.score());
      case NOT_BETTER -> "%s: score %d, not better".formatted(who, candidate.score());
      case NOT_REACHED -> "%s: not reached".formatted(who);
      case NOT_ELIGIBLE ->
          who + (candidate.reason() == null ? ": not eligible" : " " + candidate.reason().reason());
    };
  }

  private static String described(@Nullable Sock sock) {
    return sock == null
        ? "nobody"
        : "%s (%s)".formatted(Calls.name(sock), SocketText.address(sock));
  }
}
