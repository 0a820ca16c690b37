package io.bpf4j.worlds;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.error.Errno;
import io.bpf4j.prog.ProgType;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Holds the table that says which test shows which statement (`claims.md`).
final class ClaimsTest extends Twins {
  private static final Pattern REMARK =
      Pattern.compile("(unrepresentable|live only|simulated only).*");

  /// A row of the table.
  private record Claim(String statement, String words, List<String> tests, String remark) {}

  private static List<Claim> claims() throws IOException {
    List<Claim> claims = new ArrayList<>();
    try (InputStream in =
        Objects.requireNonNull(ClaimsTest.class.getResourceAsStream("claims.md"))) {
      for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList()) {
        String[] cells = line.split("\\|", -1);
        if (cells.length == 6 && Character.isDigit(cells[1].strip().charAt(0))) {
          List<String> tests =
              Stream.of(cells[3].split(",", -1))
                  .map(String::strip)
                  .filter(t -> !t.isEmpty())
                  .toList();
          claims.add(new Claim(cells[1].strip(), cells[2].strip(), tests, cells[4].strip()));
        }
      }
    }
    return claims;
  }

  @Test
  void everyStatementHasATestOrAReason() throws IOException {
    assertThat(claims())
        .hasSizeGreaterThan(150)
        .allSatisfy(claim -> {
          assertThat(claim.words()).isNotEmpty();
          assertThat(claim.tests().isEmpty() && claim.remark().isEmpty()).as("%s", claim).isFalse();
          assertThat(claim.remark().isEmpty() || REMARK.matcher(claim.remark()).matches())
              .as("%s", claim)
              .isTrue();
        });
  }

  @Test
  void everySectionAndEveryCaseIsThere() throws IOException {
    List<String> statements = claims().stream().map(Claim::statement).toList();
    assertThat(statements)
        .contains("1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7", "1.8", "2", "3.1", "3.2")
        .contains("4", "4.5", "5.1", "5.2", "5.3", "5.4", "5.5", "6", "7", "8");
    int[] cases = {50, 54, 12};
    for (int i = 0; i < cases.length; i++) {
      int section = 9 + i;
      assertThat(statements.stream().filter(s -> s.startsWith(section + ".")))
          .containsExactlyElementsOf(
              IntStream.rangeClosed(1, cases[i]).mapToObj(n -> section + "." + n).toList());
    }
  }

  /// Of other modules the sources are read: their tests are not on the class path.
  @Test
  void everyTestOfTheTableIsThere() throws IOException {
    Map<String, String> sources = new HashMap<>();
    for (String module : List.of("core", "linux")) {
      try (Stream<Path> files = Files.walk(Path.of("..", module, "src", "test", "java"))) {
        files
            .filter(file -> file.toString().endsWith("Test.java"))
            .forEach(file ->
                sources.put(file.getFileName().toString().replace(".java", ""), text(file)));
      }
    }
    for (Claim claim : claims()) {
      for (String test : claim.tests()) {
        String[] parts = test.split("\\.", -1);
        assertThat(parts).as(test).hasSize(2);
        assertThat(sources).containsKey(parts[0]);
        assertThat(sources.get(parts[0]))
            .as(test)
            .containsPattern(
                "@Test(Factory)?\\s+(@.*\\s+)*[\\w<>]+ " + Pattern.quote(parts[1]) + "\\(\\)");
      }
    }
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// What a program of type sk_lookup may not do, beside what the edge cases show.
  @Test
  void programsAreRefusedAsByTheKernel() {
    String lookup =
        """
        r6 = r1
        *(u32 *)(r10 -4) = 0
        r2 = r10
        r2 += -4
        r1 = map[idx:1]
        call bpf_map_lookup_elem#1
        """;
    Map<String, Errno> programs = new HashMap<>();
    programs.put("r0 = 2\nexit", Errno.EINVAL);
    programs.put("r0 = 0x100000001 ll\nexit", Errno.EINVAL);
    programs.put("exit", Errno.EACCES);
    programs.put("r0 = *(u32 *)(r1 +60)\nexit", Errno.EINVAL);
    programs.put("*(u32 *)(r1 +60) = 1\nr0 = 1\nexit", Errno.EACCES);
    programs.put("r0 = *(u64 *)(r1 +8)\nr0 = 1\nexit", Errno.EACCES);
    programs.put("r1 += 8\nr0 = *(u32 *)(r1 +0)\nr0 = 1\nexit", Errno.EACCES);
    programs.put("r0 = 1\nexit\nr0 = 1\nexit", Errno.EINVAL);
    programs.put("r2 = 1\nr3 = 0\ncall bpf_sk_assign#124\nr0 = 1\nexit", Errno.EACCES);
    programs.put(lookup + "r1 = r0\ncall bpf_sk_release#86\nr0 = 1\nexit", Errno.EACCES);
    programs.put(
        lookup
            + "if r0 == 0 goto out\nr7 = r0\nr1 = r7\ncall bpf_sk_release#86\nr1 = r7\n"
            + "call bpf_sk_release#86\nout:\nr0 = 1\nexit",
        Errno.EACCES);
    programs.put(lookup + "if r0 == 0 goto out\nr0 = 1\nexit\nout:\nr0 = 1\nexit", Errno.EINVAL);
    programs.put("call bpf_get_socket_cookie#46\nr0 = 1\nexit", Errno.EINVAL);
    programs.forEach((code, errno) -> refused(errno, ProgType.SK_LOOKUP, code));
    assumeLive();
  }
}
