package io.bpf4j.sim.report;

import java.util.ArrayList;
import java.util.List;

/// A table of text: the first column left, numbers right, as wide as their contents.
final class Table {
  private final List<List<String>> rows = new ArrayList<>();
  private final int leftColumns;

  /// @param leftColumns how many columns stand left
  Table(int leftColumns, String... heads) {
    this.leftColumns = leftColumns;
    rows.add(List.of(heads));
  }

  void row(String... cells) {
    rows.add(List.of(cells));
  }

  boolean empty() {
    return rows.size() == 1;
  }

  /// Without blanks at their ends.
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    int columns = rows.getFirst().size();
    int[] widths = new int[columns];
    for (List<String> row : rows) {
      for (int i = 0; i < row.size(); i++) {
        widths[i] = Math.max(widths[i], row.get(i).codePointCount(0, row.get(i).length()));
      }
    }
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < row.size(); i++) {
        String cell = row.get(i);
        String pad = " ".repeat(widths[i] - cell.codePointCount(0, cell.length()));
        line.append(line.isEmpty() ? "" : "  ").append(i < leftColumns ? cell + pad : pad + cell);
      }
      lines.add(line.toString().stripTrailing());
    }
    return lines;
  }
}
