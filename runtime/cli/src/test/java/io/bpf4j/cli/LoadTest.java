package io.bpf4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.isa.Insn;
import io.bpf4j.isa.InsnDecoder;
import io.bpf4j.isa.PseudoLoad;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class LoadTest {
  static final String STEER = sample("quickstart", "steer");
  static final String CHAIN = sample("chain", "chain");

  private static String sample(String folder, String name) {
    return Path.of("..", "..", "samples", folder, name + ".bpf.o").toString();
  }

  @Test
  void documentHoldsProgramsMapsAndHelpers() {
    Cli cli = Cli.run("load", STEER, "--json");
    assertThat(cli.code()).isZero();
    assertThat(cli.err()).isEmpty();
    JsonNode json = Json.mapper().readTree(cli.out());
    assertThat(json.get("object").asString()).isEqualTo(STEER);
    assertThat(json.get("license").asString()).isEqualTo("Apache-2.0");
    JsonNode program = json.get("programs").get(0);
    assertThat(program.get("name").asString()).isEqualTo("steer");
    assertThat(program.get("type").asString()).isEqualTo("sk_lookup");
    assertThat(program.get("insns").asInt()).isEqualTo(43);
    assertThat(program.get("helpers").toString())
        .isEqualTo("[\"bpf_map_lookup_elem\",\"bpf_sk_release\",\"bpf_sk_assign\"]");
    assertThat(program.get("problem").isNull()).isTrue();
    JsonNode map = json.get("maps").get(0);
    assertThat(map.get("name").asString()).isEqualTo("services");
    assertThat(map.get("type").asString()).isEqualTo("BPF_MAP_TYPE_HASH");
    assertThat(map.get("key").asString()).isEqualTo("struct service");
    assertThat(map.get("maxEntries").asInt()).isEqualTo(1024);
    assertThat(json.get("relocations")).hasSize(3);
  }

  @Test
  void summaryIsForPeople() {
    Cli cli = Cli.run("load", CHAIN);
    assertThat(cli.code()).isZero();
    assertThat(cli.out())
        .contains("program route: sk_lookup, section 'sk_lookup', 41 insns")
        .contains("  maps       routes, sockets, route_counts")
        .containsPattern("canaries +LPM_TRIE +24 struct trial +4 __u32 +4096 +0x1")
        .contains("R_BPF_64_64");
  }

  @Test
  void programsCanBeChosen() {
    JsonNode json =
        Json.mapper().readTree(Cli.run("load", CHAIN, "--json", "--prog", "policy").out());
    assertThat(json.get("programs")).hasSize(1);
    assertThat(json.get("programs").get(0).get("name").asString()).isEqualTo("policy");
  }

  @Test
  void instructionsAreWrittenWithoutMaps(@TempDir Path dir) throws IOException {
    Path file = dir.resolve("policy.bin");
    Cli cli = Cli.run("load", CHAIN, "--prog", "policy", "--insns", file.toString());
    assertThat(cli.code()).isZero();
    assertThat(cli.out()).isEmpty();
    byte[] bytes = Files.readAllBytes(file);
    assertThat(bytes).hasSize(80 * 8);
    assertThat(InsnDecoder.decode(bytes).toList())
        .filteredOn(Insn.LoadImm64.class::isInstance)
        .hasSize(4)
        .allSatisfy(insn ->
            assertThat(insn)
                .isInstanceOfSatisfying(
                    Insn.LoadImm64.class,
                    load -> {
                      assertThat(load.source()).isEqualTo(PseudoLoad.MAP_FD);
                      assertThat(load.imm()).isZero();
                    }));
  }

  @Test
  void objectComesFromStandardInputToo() throws IOException {
    byte[] bytes = Files.readAllBytes(Path.of(STEER));
    assertThat(Cli.run(bytes, "load", "-").out())
        .isEqualTo(Cli.run("load", STEER).out().replace(STEER, "standard input"));
  }

  @Test
  void instructionsOfOneOfSeveralProgramsNeedItsName(@TempDir Path dir) {
    Cli cli = Cli.run("load", CHAIN, "--insns", dir.resolve("x").toString());
    assertThat(cli.code()).isEqualTo(2);
    assertThat(cli.err())
        .isEqualTo("bpf4j load: " + CHAIN + ": which of its 2 programs? --prog names it\n");
  }

  @Test
  void misspeltProgramGetsTheNearestWord() {
    Cli cli = Cli.run("load", CHAIN, "--prog", "polcy");
    assertThat(cli.code()).isEqualTo(2);
    assertThat(cli.err()).endsWith("no program 'polcy'; did you mean 'policy'?\n").hasLineCount(1);
  }

  @Test
  void damagedObjectIsOneLineWithOffsetAndRule(@TempDir Path dir) throws IOException {
    byte[] bytes = Files.readAllBytes(Path.of(STEER));
    bytes[58] = 1;
    Path file = Files.write(dir.resolve("damaged.o"), bytes);
    for (String command : new String[] {"load", "disasm"}) {
      Cli cli = Cli.run(command, file.toString());
      assertThat(cli.code()).isEqualTo(2);
      assertThat(cli.out()).isEmpty();
      assertThat(cli.err())
          .isEqualTo(
              "bpf4j %s: %s: offset 0x3a: e_shentsize must be 64, not 1%n"
                  .formatted(command, file));
    }
  }

  @Test
  void missingFileIsNamedInOneLine() {
    Cli cli = Cli.run("load", "nope.o");
    assertThat(cli.code()).isEqualTo(2);
    assertThat(cli.err()).isEqualTo("bpf4j load: nope.o: no such file\n");
  }
}
