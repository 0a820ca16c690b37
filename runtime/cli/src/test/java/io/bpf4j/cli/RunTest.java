package io.bpf4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.bpf4j.Engines;
import io.bpf4j.linux.KernelSupport;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

class RunTest {
  private static final String STEER = sample("quickstart", "steer.bpf.o");
  private static final String COMPUTE = sample("compute", "compute.bpf.o");

  @TempDir private Path folder = Path.of(".");

  private static String sample(String folder, String file) {
    return Path.of("..", "..", "samples", folder, file).toString();
  }

  /// `struct bpf_sk_lookup` of an IPv4 packet from 192.0.2.1:40000 to 198.51.100.7.
  private static byte[] packet(int protocol, int port) {
    ByteBuffer ctx = ByteBuffer.allocate(72).order(ByteOrder.LITTLE_ENDIAN);
    ctx.putInt(8, 2).putInt(12, protocol);
    ctx.put(16, new byte[] {(byte) 192, 0, 2, 1}).put(40, new byte[] {(byte) 198, 51, 100, 7});
    ctx.put(36, (byte) (40000 >> 8)).put(37, (byte) 40000).putInt(60, port);
    return ctx.array();
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  /// Port 80 of TCP leads to one socket, port 53 of UDP to another.
  private List<String> steering() throws IOException {
    Path services = folder.resolve("services.json");
    Files.writeString(
        services,
        """
        [{"key": "02065000", "value": "00000000"}, {"key": "02113500", "value": "01000000"}]
        """);
    Path sockets = folder.resolve("sockets.json");
    Files.writeString(
        sockets,
        """
        [{"key": "00000000", "socket": "tcp 127.0.0.1:7777"},
         {"key": "01000000", "socket": "udp 127.0.0.1:5353"}]
        """);
    return List.of("--map", "services=@" + services, "--map", "sockets=@" + sockets);
  }

  private static Cli run(List<String> more, String... args) {
    List<String> all = new ArrayList<>(List.of("run"));
    all.addAll(List.of(args));
    all.addAll(more);
    return Cli.run(all.toArray(String[]::new));
  }

  @Test
  void aSelectedSocketIsShownAsTheSetupSpellsIt() throws IOException {
    Cli cli = run(steering(), STEER, "--ctx", hex(packet(6, 80)), "--repeat", "100");
    assertThat(cli.err()).isEmpty();
    assertThat(cli.code()).isZero();
    byte[] out = packet(6, 80);
    out[0] = 1;
    assertThat(cli.lines().subList(0, 3))
        .containsExactly("1", "ctx     " + hex(out), "socket  tcp 127.0.0.1:7777");
    assertThat(cli.lines().get(3)).matches("ns      [0-9.]+");
  }

  @Test
  void aFileOfRecordsGivesALineARecord() throws IOException {
    ByteArrayOutputStream records = new ByteArrayOutputStream();
    records.writeBytes(packet(6, 80));
    records.writeBytes(packet(17, 53));
    records.writeBytes(packet(6, 53));
    Path file = Files.write(folder.resolve("records"), records.toByteArray());
    Cli cli = run(steering(), STEER, "--ctx", "@" + file, "--dump", "counters", "--engine", "all");
    assertThat(cli.code()).isZero();
    assertThat(cli.lines().subList(0, 3))
        .containsExactly("1\ttcp 127.0.0.1:7777", "1\tudp 127.0.0.1:5353", "1\t-");
    JsonNode counters = Json.mapper().readTree(cli.out().substring(cli.out().indexOf('[')));
    assertThat(counters.get(0).get("value").asString()).as("misses").startsWith("01");
    assertThat(counters.get(1).get("value").asString()).as("steered").startsWith("02");
  }

  @Test
  void socketMapsAreDumpedInTheFormTheyAreRead() throws IOException {
    Cli cli = run(steering(), STEER, "--ctx", hex(packet(6, 80)), "--dump", "sockets", "--json");
    JsonNode engine = Json.mapper().readTree(cli.out()).get("engines").get(0);
    assertThat(engine.get("maps").get("sockets").get(1).get("socket").asString())
        .isEqualTo("udp 127.0.0.1:5353");
    assertThat(engine.get("records").get(0).get("socket").asString())
        .isEqualTo("tcp 127.0.0.1:7777");
    assertThat(engine.get("records").get(0).get("retval").asInt()).isEqualTo(1);
  }

  @Test
  void severalEnginesAreARowEach() throws IOException {
    Cli cli = run(steering(), STEER, "--ctx", hex(packet(6, 80)), "--engine", "all");
    assertThat(cli.code()).isZero();
    List<String> all = new ArrayList<>(Engines.names());
    if (KernelSupport.netns().granted()) {
      all.add("kernel");
    }
    assertThat(cli.lines()).allMatch(line -> line.contains("\t1\ttcp 127.0.0.1:7777\t"));
    assertThat(cli.lines().stream().map(line -> line.replaceFirst("\t.*", "")))
        .containsExactlyElementsOf(all);
  }

  @Test
  void theKernelSelectsTheSameSocketsAndCountsTheSame() throws IOException {
    assumeTrue(KernelSupport.netns().granted(), KernelSupport.netns().reason());
    ByteArrayOutputStream records = new ByteArrayOutputStream();
    records.writeBytes(packet(6, 80));
    records.writeBytes(packet(17, 53));
    records.writeBytes(packet(6, 53));
    Path file = Files.write(folder.resolve("records"), records.toByteArray());
    String[] args = {STEER, "--ctx", "@" + file, "--dump", "counters", "--dump", "sockets"};
    Cli kernel = run(plus(steering(), "--engine", "kernel"), args);
    Cli interp = run(plus(steering(), "--engine", "interp"), args);
    assertThat(kernel.err()).isEmpty();
    assertThat(kernel.code()).isZero();
    assertThat(kernel.lines().subList(0, 3))
        .containsExactly("1\ttcp 127.0.0.1:7777", "1\tudp 127.0.0.1:5353", "1\t-");
    assertThat(kernel.out()).isEqualTo(interp.out());
    Cli both = run(plus(steering(), "--engine", "interp", "--engine", "kernel"), args);
    assertThat(both.err()).isEmpty();
    assertThat(both.code()).isZero();
  }

  @Test
  void theKernelRunsBareProgramsOnMemory() {
    assumeTrue(KernelSupport.netns().granted(), KernelSupport.netns().reason());
    Cli cli =
        Cli.run(
            "run",
            COMPUTE,
            "--prog",
            "empty",
            "--type",
            "unspec",
            "--data",
            "0102",
            "--engine",
            "interp",
            "--engine",
            "kernel");
    assertThat(cli.err()).isEmpty();
    assertThat(cli.code()).isZero();
    assertThat(cli.lines()).hasSize(2).last().asString().startsWith("kernel\t");
  }

  @Test
  void theKernelRefusesContextsAsTheSimulationDoes() throws IOException {
    assumeTrue(KernelSupport.netns().granted(), KernelSupport.netns().reason());
    byte[] odd = packet(6, 80);
    odd[8] = 99;
    Cli cli = run(plus(steering(), "--engine", "kernel"), STEER, "--ctx", hex(odd));
    assertThat(cli.code()).isEqualTo(2);
    assertThat(cli.err()).contains("EAFNOSUPPORT").hasLineCount(1);
  }

  private static List<String> plus(List<String> some, String... more) {
    List<String> all = new ArrayList<>(some);
    all.addAll(List.of(more));
    return all;
  }

  /// What the kernel's test run refuses (net/bpf/test_run.c bpf_prog_test_run_sk_lookup).
  @ParameterizedTest
  @CsvSource({
    "0, 1, EINVAL",
    "64, 1, EINVAL",
    "68, 1, EINVAL",
    "62, 1, ERANGE",
    "8, 7, EAFNOSUPPORT",
  })
  void contextsTheKernelRefusesAreRefused(int offset, int value, String errno) throws IOException {
    byte[] ctx = packet(6, 80);
    ctx[offset] = (byte) value;
    Cli cli = run(steering(), STEER, "--ctx", hex(ctx));
    assertThat(cli.code()).isEqualTo(2);
    assertThat(cli.err()).contains(errno);
    assertThat(cli.err().lines()).hasSize(1);
  }

  @Test
  void aShortContextIsFilledWithZeros() {
    Cli cli = Cli.run("run", STEER, "--ctx", hex(packet(6, 80)).substring(0, 24));
    assertThat(cli.lines().getFirst()).isEqualTo("1");
    assertThat(cli.lines().get(1)).hasSize("ctx     ".length() + 144);
  }

  @Test
  void programsLeaveTheirResultsInGlobals() {
    Cli cli =
        Cli.run(
            "run",
            COMPUTE,
            "--prog",
            "empty",
            "--ctx",
            hex(packet(6, 80)),
            "--engine",
            "all",
            "--json");
    assertThat(cli.code()).isZero();
    assertThat(Json.mapper().readTree(cli.out()).get("agree").asBoolean()).isTrue();
  }

  @Test
  void withoutATypeAProgramGetsMemory() {
    Cli cli =
        Cli.run("run", COMPUTE, "--prog", "empty", "--type", "unspec", "--data", "0102", "--json");
    JsonNode record = Json.mapper().readTree(cli.out()).get("engines").get(0).get("records").get(0);
    assertThat(record.get("retval").asInt()).isEqualTo(1);
    assertThat(record.get("dataOut").asString()).isEqualTo("0102");
  }

  @Test
  void aSocketFilterSeesAPacketBehindItsEthernetHeader() {
    String header = "020304050607111213141516" + "0806";
    String[] args = {"run", COMPUTE, "--prog", "empty", "--type", "socket_filter"};
    Cli cli = Cli.run(plus(List.of(args), "--data", header + "2122", "--engine", "checked-jit"));
    assertThat(cli.err()).isEmpty();
    assertThat(cli.lines().subList(0, 2))
        .containsExactly("1", "data    " + "00".repeat(14) + "2122");
    Cli shorter = Cli.run(plus(List.of(args), "--data", "0011"));
    assertThat(shorter.err())
        .isEqualTo(
            "bpf4j run: test_run packet: EINVAL: 2 bytes are less than an Ethernet header of 14\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --ctx 00 --prog stear   | has no program 'stear'; did you mean 'steer'?
          --ctx 0g                | is no hexadecimal digit
          --ctx 00 --type sklookup | --type sklookup: is no program type; did you mean 'sk_lookup'?
          --ctx 00 --engine turbo | engine 'turbo': is none of
          --ctx 00 --map services | --map services: must be NAME=@FILE.json
          --ctx 00 --map services=@absent.json | absent.json: no such file
          --ctx @absent           | absent: no such file
          --ctx 00                | EAFNOSUPPORT
          --ctx 00 --dump countres | --dump countres: the object has no such map; did you mean 'counters'?
          --data 00               | sk_lookup programs take a context (--ctx), no data
          --repeat 0              | --repeat 0: must be at least 1
          --type kprobe           | program type kprobe: has no implementation
          --type xdp              | bpf_sk_assign#124 is not offered to xdp programs
          """)
  void mistakesAreOneLine(String args, String words) {
    Cli cli = run(List.of(args.split(" ", -1)), STEER);
    assertThat(cli.code()).isEqualTo(2);
    assertThat(cli.err()).contains(words);
    assertThat(cli.err().lines()).hasSize(1);
  }

  @Test
  void socketsNeedSocketMaps() throws IOException {
    Path file = folder.resolve("wrong.json");
    Files.writeString(file, "[{\"key\": \"02065000\", \"socket\": \"tcp 127.0.0.1:7777\"}]");
    Cli cli = Cli.run("run", STEER, "--ctx", "00", "--map", "services=@" + file);
    assertThat(cli.err()).contains("--map services: its elements are values, not sockets");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {}                                        | must be an array of elements
          [{}]                                      | element 0: needs a "key" in hex
          [{"key":"00"}]                            | element 0: needs either a "value" in hex or a "socket"
          [{"key":"00","value":"0"}]                | element 0: value: the last byte has one hexadecimal digit
          [{"key":"00","socket":"sctp 1.2.3.4:5"}]  | element 0: 'sctp 1.2.3.4:5' is no socket like tcp 127.0.0.1:7777
          [{"key":"00","socket":"tcp 1.2.3.4"}]     | element 0: socket 'tcp 1.2.3.4': '1.2.3.4' has no port
          [{"key":"00","value":"00"}]               | EINVAL
          [                                         | wrong.json
          """)
  void badSetupsNameFileAndElement(String text, String words) throws IOException {
    Path file = Files.writeString(folder.resolve("wrong.json"), text);
    Cli cli = Cli.run("run", STEER, "--ctx", "00", "--map", "services=@" + file);
    assertThat(cli.code()).isEqualTo(2);
    assertThat(cli.err()).contains(words);
    assertThat(cli.err().lines()).hasSize(1);
  }
}
