package io.bpf4j.helper;

import io.bpf4j.platform.Helper;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The helper table of the simulated kernel: what the families implement, and rows without an
/// implementation for everything else that the program types here may call.
public final class Helpers {
  /// The rows with an implementation.
  private static final List<Helper> IMPLEMENTED =
      Stream.of(MapHelpers.ROWS, MiscHelpers.ROWS, SkHelpers.ROWS, PacketHelpers.ROWS)
          .flatMap(List::stream)
          .toList();

  /// The rows, by ascending id.
  public static final List<Helper> ROWS = rows();

  private Helpers() {}

  private static List<Helper> rows() {
    Set<Integer> done = IMPLEMENTED.stream().map(Helper::id).collect(Collectors.toSet());
    return Stream.concat(
            IMPLEMENTED.stream(), NamedHelpers.ROWS.stream().filter(h -> !done.contains(h.id())))
        .sorted(Comparator.comparingInt(Helper::id))
        .toList();
  }
}
