package io.bpf4j.worlds;

import io.bpf4j.engine.Engine;
import io.bpf4j.linux.CpuPin;
import io.bpf4j.linux.KernelSupport;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Plays scripts on both sides and compares, answer by answer. One thread's.
public final class Twin implements AutoCloseable {
  private final SimSide sim;
  private final @Nullable LiveSide live;
  private final boolean closesLive;
  private long lookups;

  private Twin(SimSide sim, @Nullable LiveSide live, boolean closesLive) {
    this.sim = sim;
    this.live = live;
    this.closesLive = closesLive;
  }

  /// Two sides where the kernel permits it, else the simulated one alone.
  ///
  /// @param engine runs the simulated side's programs
  /// @param seed of what groups pick by
  public static Twin open(Engine engine, long seed) {
    if (!KernelSupport.netns().granted()) {
      return new Twin(new SimSide(engine, new Setting(0, 2), seed), null, false);
    }
    LiveSide live = new LiveSide();
    Setting setting = new Setting(live.inside(CpuPin::pin), live.leftIndex());
    return new Twin(new SimSide(engine, setting, seed), live, true);
  }

  /// Two sides, of which the live one is there already and stays its maker's to close.
  static Twin of(Engine engine, LiveSide live, int cpu, long seed) {
    return new Twin(new SimSide(engine, new Setting(cpu, live.leftIndex()), seed), live, false);
  }

  /// Answers that differ from each other or from what the script expects.
  ///
  /// @param line the number of the line in the script, from 0
  public record Difference(int line, Script.Line at, @Nullable String sim, @Nullable String live) {
    @Override
    public String toString() {
      return "%s: the simulated side says %s, the kernel %s".formatted(at, sim, live);
    }
  }

  boolean hasLive() {
    return live != null;
  }

  SimSide sim() {
    return sim;
  }

  LiveSide live() {
    return Objects.requireNonNull(live);
  }

  /// Lookups that were compared so far.
  public long lookups() {
    return lookups;
  }

  /// Plays a script to its end or to the first difference. What it opened stays open until
  /// [#clear].
  public @Nullable Difference play(Script script) {
    return live == null ? playInside(script) : live.inside(() -> playInside(script));
  }

  private @Nullable Difference playInside(Script script) {
    List<Script.Line> lines = script.lines();
    int at = 0;
    while (at < lines.size()) {
      int end = at;
      while (end < lines.size() && isLookup(lines.get(end))) {
        end++;
      }
      Difference difference = end > at ? look(lines, at, end) : single(at, lines.get(at));
      if (difference != null) {
        return difference;
      }
      at = Math.max(end, at + 1);
    }
    return null;
  }

  private static boolean isLookup(Script.Line line) {
    return line.who() == Script.Who.BOTH && line.step() instanceof Step.Look;
  }

  /// What the two sides say to a step; null where one does not play it.
  private record Said(@Nullable Answer sim, @Nullable Answer live) {}

  private @Nullable Difference single(int at, Script.Line line) {
    Said said = play(line);
    Difference difference = differ(at, line, said);
    if (line.step() instanceof Step.Send send && said.sim != null) {
      sim.delivered(send, (said.live == null ? said.sim : said.live).text());
    }
    return difference;
  }

  private Said play(Script.Line line) {
    return new Said(
        line.who() == Script.Who.LIVE ? null : sim.play(line.step()),
        line.who() == Script.Who.SIM || live == null ? null : live.play(line.step()));
  }

  private @Nullable Difference differ(int at, Script.Line line, Said said) {
    Answer mine = said.sim;
    Answer kernels = said.live;
    Packet packet = mine == null || kernels == null ? null : sim.packet(line.step());
    if (packet != null && mine != null && kernels != null && !mine.admits(kernels.text())) {
      mine = new Answer(mine.text(), sim.alternatives(line.step()));
    }
    String expected = line.expected();
    boolean same = mine == null || kernels == null || mine.admits(kernels.text());
    boolean met = expected == null || (meets(mine, expected) && meets(kernels, expected));
    return same && met
        ? null
        : new Difference(
            at, line, mine == null ? null : mine.text(), kernels == null ? null : kernels.text());
  }

  private static boolean meets(@Nullable Answer answer, String expected) {
    return answer == null || Arrays.asList(expected.split("\\|", -1)).contains(answer.text());
  }

  private @Nullable Difference look(List<Script.Line> lines, int from, int to) {
    List<Packet> packets = new ArrayList<>(to - from);
    for (Script.Line line : lines.subList(from, to)) {
      packets.add(((Step.Look) line.step()).packet());
    }
    List<Answer> mine = sim.look(packets);
    List<Answer> kernels = live == null ? List.of() : live.look(packets);
    lookups += packets.size();
    for (int i = 0; i < packets.size(); i++) {
      Answer other = live == null ? null : kernels.get(i);
      Difference difference = differ(from + i, lines.get(from + i), new Said(mine.get(i), other));
      if (difference != null) {
        return difference;
      }
    }
    return null;
  }

  /// Ends a script: closes and detaches what it left.
  public void clear() {
    sim.clear();
    if (live != null) {
      live.clear();
    }
  }

  @Override
  public void close() {
    sim.close();
    if (live != null && closesLive) {
      live.close();
    }
  }
}
