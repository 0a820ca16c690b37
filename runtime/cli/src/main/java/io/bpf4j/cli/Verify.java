package io.bpf4j.cli;

import io.bpf4j.error.UnsupportedException;
import io.bpf4j.error.VerifierException;
import io.bpf4j.prog.BpfObject;
import io.bpf4j.prog.LineInfo;
import io.bpf4j.prog.ProgSpec;
import io.bpf4j.prog.ProgType;
import io.bpf4j.verifier.Subject;
import io.bpf4j.verifier.VerifiedProgram;
import io.bpf4j.verifier.Verifier;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Proves programs safe as the kernel would, or says why not.
@CommandLine.Command(
    name = "verify",
    description = "Proves programs safe by the kernel's rules, or says why not.")
final class Verify extends Command {
  private static final Map<String, Integer> FLAGS =
      Map.of(
          "strict-align", Subject.STRICT_ALIGNMENT,
          "any-align", Subject.ANY_ALIGNMENT,
          "state-freq", Subject.TEST_STATE_FREQ);

  @Parameters(
      paramLabel = "OBJ.o",
      arity = "0..*",
      description = "Objects that clang built; - is standard input.")
  private List<Path> files = new ArrayList<>();

  @Option(names = "--prog", paramLabel = "NAME", description = "Only this program.")
  private @Nullable String prog;

  @Option(
      names = "--type",
      paramLabel = "T",
      description = "Their type, whatever their sections say: sk_lookup, xdp …")
  private @Nullable String type;

  @Option(
      names = "--flags",
      paramLabel = "FLAG",
      split = ",",
      description = "Load flags: any-align, strict-align, state-freq.")
  private List<String> flags = new ArrayList<>();

  @Option(names = "--log", description = "Print the walk in the kernel's log format.")
  private boolean log;

  @Option(names = "--json", description = "Print one JSON document.")
  private boolean json;

  @Option(
      names = "--raw",
      description = "Answer programs in hex, one a line: ID, TYPE, ATTACH, FLAGS, MAPS, HEX.")
  private boolean raw;

  Verify(Io io) {
    super(io);
  }

  /// The answer to one program.
  private record Answer(
      String object,
      ProgSpec program,
      ProgType type,
      String verdict,
      String errno,
      String reason,
      int pc,
      @Nullable LineInfo line,
      int insnsProcessed,
      int peakStates,
      long nanos,
      String log) {
    Map<String, Object> document() {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("name", program.name());
      map.put("section", program.section());
      map.put("type", type.uapiName());
      map.put("insns", program.insns().size());
      map.put("verdict", verdict);
      map.put("errno", errno);
      map.put("reason", reason);
      map.put("pc", pc);
      map.put("line", line == null ? "" : line.place());
      map.put("insnsProcessed", insnsProcessed);
      map.put("peakStates", peakStates);
      map.put("nanos", nanos);
      return map;
    }
  }

  @Override
  public Integer call() throws IOException {
    if (raw) {
      new VerifyBatch(io())
          .answer(new BufferedReader(new InputStreamReader(io().in(), StandardCharsets.UTF_8)));
      return ExitCode.OK;
    }
    if (files.isEmpty()) {
      throw new UsageException("verify: no object; or --raw");
    }
    int loadFlags = 0;
    for (String flag : flags) {
      Integer bit = FLAGS.get(flag);
      if (bit == null) {
        throw new UsageException(
            "--flags " + flag + ": is none of " + String.join(", ", FLAGS.keySet()));
      }
      loadFlags |= bit;
    }
    List<Answer> answers = new ArrayList<>();
    List<Map<String, Object>> documents = new ArrayList<>();
    for (Path file : files) {
      BpfObject object = ObjectInput.read(io(), file);
      List<Answer> some = new ArrayList<>();
      for (ProgSpec program : ObjectInput.programs(object, prog)) {
        Answer answer = verify(object, file, program, loadFlags);
        some.add(answer);
        if (!json) {
          print(answer);
        }
      }
      answers.addAll(some);
      Map<String, Object> document = new LinkedHashMap<>();
      document.put("object", file.toString());
      document.put("programs", some.stream().map(Answer::document).toList());
      documents.add(document);
    }
    if (json) {
      Json.write(io(), documents.size() == 1 ? documents.getFirst() : documents);
    }
    return summary(answers);
  }

  private void print(Answer answer) {
    if (log) {
      io().out().print(answer.log());
    }
    String name = prog == null ? answer.program().name() + "\t" : "";
    io().out().printf("%s%s\t%s%n", name, answer.verdict(), answer.reason());
  }

  private int summary(List<Answer> answers) {
    long accepted = count(answers, VerifyBatch.ACCEPT);
    long rejected = count(answers, VerifyBatch.REJECT);
    long unsupported = count(answers, VerifyBatch.UNSUPPORTED);
    io().complain(
            "%d %s: %d accepted, %d rejected, %d unsupported"
                .formatted(
                    answers.size(),
                    answers.size() == 1 ? "program" : "programs",
                    accepted,
                    rejected,
                    unsupported));
    return unsupported > 0 ? ExitCode.USAGE : rejected > 0 ? ExitCode.NEGATIVE : ExitCode.OK;
  }

  private static long count(List<Answer> answers, String verdict) {
    return answers.stream().filter(answer -> answer.verdict().equals(verdict)).count();
  }

  private Answer verify(BpfObject object, Path file, ProgSpec program, int loadFlags) {
    ProgType asked = type(program);
    String problem = program.problem();
    long start = System.nanoTime();
    if (problem != null) {
      return answer(file, program, asked, VerifyBatch.UNSUPPORTED, "", problem, 0, start, "");
    }
    Verifier verifier = log ? Verifier.kernel().logging() : Verifier.kernel();
    Subject subject = Subject.of(object, program, asked).withFlags(loadFlags);
    try {
      VerifiedProgram proof = verifier.verify(subject);
      return new Answer(
          file.toString(),
          program,
          asked,
          VerifyBatch.ACCEPT,
          "",
          "",
          0,
          null,
          proof.insnsProcessed(),
          proof.peakStates(),
          System.nanoTime() - start,
          proof.log());
    } catch (VerifierException e) {
      String reason = json ? e.rule() : VerifyBatch.oneLine(Objects.toString(e.getMessage()));
      return answer(
          file,
          program,
          asked,
          VerifyBatch.REJECT,
          e.errno().name(),
          reason,
          e.pc(),
          start,
          e.log());
    } catch (UnsupportedException e) {
      String reason = VerifyBatch.oneLine(Objects.toString(e.getMessage()));
      return answer(file, program, asked, VerifyBatch.UNSUPPORTED, "", reason, 0, start, "");
    }
  }

  private static Answer answer(
      Path file,
      ProgSpec program,
      ProgType type,
      String verdict,
      String errno,
      String reason,
      int pc,
      long start,
      String log) {
    LineInfo line = null;
    for (LineInfo info : program.lines()) {
      if (verdict.equals(VerifyBatch.REJECT) && info.pc() <= pc) {
        line = info;
      }
    }
    return new Answer(
        file.toString(),
        program,
        type,
        verdict,
        errno,
        reason,
        pc,
        line,
        0,
        0,
        System.nanoTime() - start,
        log);
  }

  private ProgType type(ProgSpec program) {
    if (type == null) {
      return program.type();
    }
    ProgType named = ProgType.named(type);
    if (named == null) {
      throw new UsageException("--type " + type + ": is no program type");
    }
    return named;
  }
}
