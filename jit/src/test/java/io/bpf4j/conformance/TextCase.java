package io.bpf4j.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bpf4j.engine.Engine;
import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.error.BpfException;
import io.bpf4j.error.BudgetExhausted;
import io.bpf4j.error.CallFault;
import io.bpf4j.error.MemoryFault;
import io.bpf4j.error.ProgramFault;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A program as text, with what must come of it in its comments:
///
/// ```
/// ; run: [mem=HEX] [r1=N] [r2=N] [fuel=N] -> R0
/// ; run: … -> fault memory|budget|call at PC
/// ; reject: words of the refusal to load it
/// ```
///
/// Without `r1` and `r2` a program gets its memory there, as bare programs do; they replace either.
///
/// @param name the file's name without its suffix
/// @param source the whole file: directives are comments to the assembler
public record TextCase(String name, String source) {
  private static final Pattern RUN =
      Pattern.compile("; run: (.*)-> (?:fault (memory|budget|call) at (\\d+)|(\\S+))");
  private static final Map<String, Class<? extends ProgramFault>> FAULTS =
      Map.of("memory", MemoryFault.class, "budget", BudgetExhausted.class, "call", CallFault.class);

  /// The cases beside this class, from a folder or a jar.
  public static List<TextCase> all() {
    URL folder = Objects.requireNonNull(TextCase.class.getResource("/conformance"));
    try {
      if (!folder.getProtocol().equals("jar")) {
        return in(Path.of(folder.toURI()));
      }
      try (FileSystem jar = FileSystems.newFileSystem(folder.toURI(), Map.of())) {
        return in(jar.getPath("/conformance"));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<TextCase> in(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.toString().endsWith(".bpf"))
          .sorted()
          .map(TextCase::read)
          .toList();
    }
  }

  private static TextCase read(Path file) {
    try {
      String name = file.getFileName().toString().replaceFirst("\\.bpf$", "");
      return new TextCase(name, Files.readString(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Fails when the engine does not do what the directives say.
  public void check(Engine engine) {
    List<String> directives =
        source.lines().filter(line -> line.matches("; (run|reject): .*")).toList();
    assertThat(directives).as("directives").isNotEmpty();
    for (String directive : directives) {
      if (directive.startsWith("; reject: ")) {
        String words = directive.substring("; reject: ".length());
        assertThatThrownBy(() -> new Machine(engine).load(source))
            .isInstanceOf(BpfException.class)
            .hasMessageContaining(words);
      } else {
        run(engine, directive);
      }
    }
  }

  private void run(Engine engine, String directive) {
    Matcher run = RUN.matcher(directive);
    assertThat(run.matches()).as(directive).isTrue();
    Machine machine = new Machine(engine);
    @Nullable Long r1 = null;
    @Nullable Long r2 = null;
    for (String setting : run.group(1).strip().split(" ", -1)) {
      String value = setting.substring(setting.indexOf('=') + 1);
      switch (setting.replaceFirst("=.*", "")) {
        case "mem" -> machine.memory(HexFormat.of().parseHex(value));
        case "r1" -> r1 = UbpfAssembler.number(value);
        case "r2" -> r2 = UbpfAssembler.number(value);
        case "fuel" -> machine.fuel(UbpfAssembler.number(value));
        case "" -> {}
        default -> throw new IllegalArgumentException(directive);
      }
    }
    RunnableProgram program = machine.load(source);
    long first = r1 == null ? machine.cpu().memBase() : r1;
    long second = r2 == null ? machine.cpu().memLength() : r2;
    if (run.group(2) == null) {
      long r0 = program.run(machine.cpu(), first, second);
      assertThat(r0)
          .as("%s: r0 = 0x%x", directive, r0)
          .isEqualTo(UbpfAssembler.number(run.group(4)));
    } else {
      assertThatThrownBy(() -> program.run(machine.cpu(), first, second))
          .as(directive)
          .isExactlyInstanceOf(Objects.requireNonNull(FAULTS.get(run.group(2))))
          .hasMessageContaining(" insn " + run.group(3) + " ");
    }
  }
}
