package io.bpf4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.linux.KernelSupport;
import io.bpf4j.mem.MemoryBackend;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class DoctorTest {
  @Test
  void namesTheJdkAndTheMemoryBackendInUse() {
    JsonNode json = Json.mapper().readTree(Cli.run("doctor", "--json").out());
    assertThat(json.get("jdk").get("value").asString()).contains(Runtime.version().toString());
    assertThat(json.get("memory").get("value").asString())
        .startsWith(MemoryBackend.current().name() + ": ");
    assertThat(json.propertyNames()).contains("bpf", "clang", "traps");
  }

  @Test
  void saysWhatTheKernelPermits() {
    String bpf =
        Json.mapper()
            .readTree(Cli.run("doctor", "--json").out())
            .get("bpf")
            .get("value")
            .asString();
    assertThat(bpf).startsWith("Linux " + KernelSupport.release() + ": ");
    if (KernelSupport.permitted()) {
      assertThat(bpf).contains(": permitted").contains("JIT");
    } else {
      assertThat(bpf).contains(": not permitted, " + KernelSupport.whyNot());
    }
  }

  @Test
  void isReadableWithoutJson() {
    Cli cli = Cli.run("doctor");
    assertThat(cli.code()).isZero();
    assertThat(cli.lines()).anySatisfy(line -> assertThat(line).startsWith("memory"));
  }
}
