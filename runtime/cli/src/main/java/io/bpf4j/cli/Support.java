package io.bpf4j.cli;

import picocli.CommandLine;

/// What is supported, from the tables themselves: SUPPORT.md is this command's output.
@CommandLine.Command(
    name = "support",
    description =
        "Shows what is supported, as Markdown: instructions, helpers, map types, programs.")
final class Support extends Command {
  Support(Io io) {
    super(io);
  }

  @Override
  public Integer call() {
    io().out().print(SupportDocument.text());
    return ExitCode.OK;
  }
}
