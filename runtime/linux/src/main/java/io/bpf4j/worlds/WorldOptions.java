package io.bpf4j.worlds;

import java.nio.file.Path;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/// What a search for worlds is to do.
///
/// @param seconds how long at most
/// @param worlds how many worlds at most
/// @param seed of the worlds
/// @param first the number of the first world
/// @param regressions the folder that scripts which differ are saved in
/// @param threads how many threads, each with a namespace of its own
/// @param stop asked often: whether to end early
/// @param progress told a few times a second how far it is
public record WorldOptions(
    long seconds,
    long worlds,
    long seed,
    long first,
    Path regressions,
    int threads,
    BooleanSupplier stop,
    Consumer<WorldReport> progress) {}
