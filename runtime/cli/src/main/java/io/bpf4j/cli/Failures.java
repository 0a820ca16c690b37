package io.bpf4j.cli;

import io.bpf4j.error.BpfException;
import io.bpf4j.error.CodegenException;
import io.bpf4j.error.ProgramFault;
import io.bpf4j.error.VerifierException;
import io.bpf4j.sim.scenario.Nearest;
import io.bpf4j.sim.scenario.ScenarioException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/// From what went wrong to one line on standard error and an exit code.
final class Failures {
  private Failures() {}

  /// Arguments that picocli refused.
  static int usage(Io io, ParameterException e) {
    CommandLine command = e.getCommandLine();
    io.complain(oneLine(name(command) + ": " + reason(e, command)));
    return ExitCode.USAGE;
  }

  private static String reason(ParameterException e, CommandLine command) {
    if (!(e instanceof UnmatchedArgumentException unmatched)) {
      return uncapitalised(e.getMessage() == null ? "wrong usage" : e.getMessage());
    }
    String given = unmatched.getUnmatched().getFirst();
    if (!given.startsWith("-")) {
      return "unexpected argument '" + given + "'";
    }
    String option = given.replaceFirst("=.*", "");
    List<String> known =
        command.getCommandSpec().options().stream()
            .map(OptionSpec::names)
            .flatMap(Stream::of)
            .toList();
    return "unknown option '" + option + "'" + Nearest.hint(option, known);
  }

  /// An exception that a command threw.
  static int report(Io io, CommandLine command, Exception e) {
    return report(io, name(command), e);
  }

  /// An exception that the named command threw.
  static int report(Io io, String command, Exception e) {
    int code = code(e);
    if (code == ExitCode.BUG) {
      return bug(io, command, e);
    }
    io.complain(oneLine(command + ": " + message(e)));
    return code;
  }

  /// What should not have happened: the only case in which a stack trace appears.
  static int bug(Io io, String where, Throwable e) {
    io.complain(where + ": a bug in bpf4j, please report it:");
    e.printStackTrace(io.err());
    io.err().flush();
    return ExitCode.BUG;
  }

  private static int code(Exception e) {
    return switch (e) {
      case CodegenException _ -> ExitCode.BUG;
      case ProgramFault _ -> ExitCode.FAULT;
      case VerifierException _ -> ExitCode.NEGATIVE;
      case BpfException _ -> ExitCode.USAGE;
      case ScenarioException _ -> ExitCode.USAGE;
      case UsageException _ -> ExitCode.USAGE;
      case IOException _ -> ExitCode.USAGE;
      case UncheckedIOException _ -> ExitCode.USAGE;
      default -> ExitCode.BUG;
    };
  }

  /// What to say of an exception in one line: messages of the file system name only the file.
  static String message(Exception e) {
    return switch (e) {
      case UncheckedIOException io when io.getCause() != null -> message(io.getCause());
      case NoSuchFileException file -> file.getFile() + ": no such file";
      case AccessDeniedException file -> file.getFile() + ": permission denied";
      case FileSystemException file ->
          file.getFile() + ": " + (file.getReason() == null ? "not usable" : file.getReason());
      default -> e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    };
  }

  private static String name(CommandLine command) {
    return command.getCommandSpec().qualifiedName();
  }

  private static String oneLine(String text) {
    return text.replaceAll("\\s*\\R\\s*", " ");
  }

  private static String uncapitalised(String text) {
    return text.isEmpty() ? text : Character.toLowerCase(text.charAt(0)) + text.substring(1);
  }
}
