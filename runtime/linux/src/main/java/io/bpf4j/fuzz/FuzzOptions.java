package io.bpf4j.fuzz;

import java.nio.file.Path;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/// What a search is to do.
///
/// @param seconds how long
/// @param seed of the programs
/// @param kernel whether this machine's kernel is asked too
/// @param regressions the folder that reproducers are saved in
/// @param threads how many threads make and run programs
/// @param stop asked often: whether to end early
/// @param progress told a few times a second how far it is
public record FuzzOptions(
    long seconds,
    long seed,
    boolean kernel,
    Path regressions,
    int threads,
    BooleanSupplier stop,
    Consumer<FuzzReport> progress) {}
