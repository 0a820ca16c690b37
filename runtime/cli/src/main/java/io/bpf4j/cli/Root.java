package io.bpf4j.cli;

import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `bpf4j` without a command.
@CommandLine.Command(
    name = "bpf4j",
    description = "Compiles eBPF to JVM bytecode and simulates Linux's BPF socket lookup.",
    synopsisSubcommandLabel = "COMMAND",
    commandListHeading = "%nCommands:%n",
    footer = {
      "",
      "Exit codes: 0 done and positive, 1 done and negative, 2 usage or unreadable input,",
      "3 a fault of the BPF program, 70 a bug of bpf4j."
    })
final class Root extends Command {
  @Spec private CommandSpec spec = CommandSpec.create();

  Root(Io io) {
    super(io);
  }

  @Override
  public Integer call() {
    io().complain("bpf4j: no command; one of " + String.join(", ", visibleCommands()));
    return ExitCode.USAGE;
  }

  private Iterable<String> visibleCommands() {
    return spec.subcommands().entrySet().stream()
        .filter(e -> !e.getValue().getCommandSpec().usageMessage().hidden())
        .map(java.util.Map.Entry::getKey)
        .toList();
  }
}
