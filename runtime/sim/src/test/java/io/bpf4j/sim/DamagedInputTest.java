package io.bpf4j.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.Engines;
import io.bpf4j.engine.Engine;
import io.bpf4j.error.BpfException;
import io.bpf4j.sim.scenario.Scenario;
import io.bpf4j.sim.scenario.ScenarioException;
import io.bpf4j.sim.scenario.ScenarioReader;
import io.bpf4j.sim.trace.Captures;
import io.bpf4j.sim.trace.PacketSource;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Inputs damaged at random: each is read as far as it goes, or refused in one line.
final class DamagedInputTest {
  private static final Path SAMPLES = Path.of("../../samples");
  private static final int LENGTH = 20_000;
  private static final int CAPTURES = 1_500;
  private static final int SCENARIOS = 1_500;
  private static final int PCAP_HEADER = 24;
  private static final int RECORD_HEADER = 16;

  private static byte[] pcap(int length) throws IOException {
    byte[] whole = Files.readAllBytes(SAMPLES.resolve("quickstart/traffic.pcap"));
    return Arrays.copyOf(whole, length);
  }

  /// The first packets of the sample in blocks of pcapng.
  static byte[] pcapng(int bytes) throws IOException {
    ByteBuffer from = ByteBuffer.wrap(pcap(bytes)).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer to = ByteBuffer.allocate(2 * bytes).order(ByteOrder.LITTLE_ENDIAN);
    to.putInt(0x0a0d0d0a).putInt(28).putInt(0x1a2b3c4d).putShort((short) 1).putShort((short) 0);
    to.putLong(-1).putInt(28);
    to.putInt(1).putInt(20).putShort((short) 1).putShort((short) 0).putInt(262_144).putInt(20);
    from.position(PCAP_HEADER);
    while (from.remaining() > RECORD_HEADER) {
      int seconds = from.getInt();
      int micros = from.getInt();
      int length = from.getInt();
      int original = from.getInt();
      if (from.remaining() < length) {
        break;
      }
      long time = seconds * 1_000_000L + micros;
      int padded = (length + 3) & ~3;
      to.putInt(6).putInt(32 + padded).putInt(0);
      to.putInt((int) (time >>> 32)).putInt((int) time).putInt(length).putInt(original);
      byte[] packet = new byte[padded];
      from.get(packet, 0, length);
      to.put(packet).putInt(32 + padded);
    }
    return Arrays.copyOf(to.array(), to.position());
  }

  private static byte[] damaged(byte[] bytes, Random random) {
    byte[] copy = bytes.clone();
    int changes = 1 + random.nextInt(8);
    for (int i = 0; i < changes; i++) {
      // Half of the time near the start, where the headers are.
      int at = random.nextInt(random.nextBoolean() ? Math.min(200, copy.length) : copy.length);
      switch (random.nextInt(4)) {
        case 0 -> copy[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> copy[at] = (byte) random.nextInt();
        case 2 -> Arrays.fill(copy, at, Math.min(copy.length, at + 4), (byte) -random.nextInt(2));
        default -> copy = Arrays.copyOf(copy, Math.max(1, at));
      }
    }
    return copy;
  }

  private static void oneLine(RuntimeException e) {
    assertThat(e).isInstanceOfAny(BpfException.class, ScenarioException.class);
    assertThat(e.getMessage()).isNotBlank().doesNotContain("\n");
  }

  @Test
  void damagedCapturesAreReadAsFarAsTheyGo() throws IOException {
    int read = 0;
    int refused = 0;
    for (byte[] sound : List.of(pcap(LENGTH), pcapng(LENGTH))) {
      try (PacketSource source = Captures.open("sound", new ByteArrayInputStream(sound))) {
        while (source.next() != null) {
          read++;
        }
      }
      assertThat(read).isGreaterThan(100);
      for (int seed = 0; seed < CAPTURES; seed++) {
        byte[] bytes = damaged(sound, new Random(seed));
        try (PacketSource source = Captures.open("damaged", new ByteArrayInputStream(bytes))) {
          while (source.next() != null) {
            assertThat(source.packets()).isLessThanOrEqualTo(source.frames());
          }
          assertThat(String.valueOf(source.problem())).doesNotContain("\n");
          read++;
        } catch (RuntimeException e) {
          oneLine(e);
          refused++;
        }
      }
    }
    assertThat(refused).isPositive();
    assertThat(read).isGreaterThan(CAPTURES);
  }

  private static String damaged(String text, Random random) {
    List<String> lines = new ArrayList<>(text.lines().toList());
    int changes = 1 + random.nextInt(3);
    for (int i = 0; i < changes; i++) {
      int at = random.nextInt(lines.size());
      String line = lines.get(at);
      int column = line.isEmpty() ? 0 : random.nextInt(line.length());
      String odd = "{}[]:,-\"'#&*!|>%@`\t\u0000\u00e90xé ".charAt(random.nextInt(25)) + "";
      switch (random.nextInt(6)) {
        case 0 -> lines.remove(at);
        case 1 -> lines.add(at, line);
        case 2 -> lines.set(at, line.substring(0, column) + odd + line.substring(column));
        case 3 -> lines.set(at, line.substring(0, column));
        case 4 -> lines.set(at, line.replaceFirst("[0-9]+", Integer.toString(random.nextInt())));
        default -> lines.set(at, "  " + line);
      }
      if (lines.isEmpty()) {
        lines.add("");
      }
    }
    return String.join("\n", lines);
  }

  @Test
  void damagedScenariosAreUnderstoodOrRefusedInOneLine() throws IOException {
    Engine interpreter = Engines.named("interp");
    int built = 0;
    int refused = 0;
    for (String sample : List.of("quickstart", "prefix", "allports", "chain")) {
      Path file = SAMPLES.resolve(sample).resolve("scenario.yaml");
      String sound = Files.readString(file);
      for (int seed = 0; seed < SCENARIOS / 4; seed++) {
        String text = damaged(sound, new Random(seed));
        try {
          Scenario scenario = ScenarioReader.parse(file, text);
          Simulation.build(scenario, interpreter, interpreter, RunOptions.DEFAULT);
          built++;
        } catch (RuntimeException e) {
          oneLine(e);
          refused++;
        }
      }
    }
    assertThat(built).isGreaterThan(100);
    assertThat(refused).isGreaterThan(500);
  }

  @Test
  void anObjectOfRandomBytesIsNamedWithTheScenario(@org.junit.jupiter.api.io.TempDir Path folder)
      throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.write(new byte[] {0x7f, 'E', 'L', 'F', 1});
    Files.write(folder.resolve("steer.bpf.o"), bytes.toByteArray());
    String text = Files.readString(SAMPLES.resolve("quickstart/scenario.yaml"));
    Scenario scenario = ScenarioReader.parse(folder.resolve("scenario.yaml"), text);
    Engine interpreter = Engines.named("interp");
    try {
      Simulation.build(scenario, interpreter, interpreter, RunOptions.DEFAULT);
      throw new AssertionError("an object of five bytes was read");
    } catch (BpfException e) {
      oneLine(e);
      assertThat(e.getMessage()).contains("steer.bpf.o");
    }
  }
}
