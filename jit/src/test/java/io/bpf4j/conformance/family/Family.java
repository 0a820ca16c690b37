package io.bpf4j.conformance.family;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A file of rows beside the text cases, `conformance/families/NAME.family`:
///
/// ```
/// ; a comment
/// ; numbers: 0 1 -1 …            a list, which later lines of the same name go on with
/// rD {+= -=} rS => … => …        a row for each of the words in braces: columns between arrows
/// ```
///
/// @param lists numbers by name
/// @param rows in their order
record Family(Map<String, List<Long>> lists, List<Row> rows) {
  private static final Pattern LIST = Pattern.compile("; ([a-z]+): ((?:-?[0-9][0-9a-fx]* ?)+)");
  private static final Pattern CHOICE = Pattern.compile("\\{([^}]*)}");

  /// A row.
  ///
  /// @param insn the instruction, with letters for what varies
  /// @param columns what stands behind the arrows
  record Row(String insn, List<String> columns) {
    /// Whether the letter is one of what varies.
    boolean names(String letter) {
      return Pattern.compile("\\b[rw]?" + letter + "\\b").matcher(insn).find();
    }

    /// The instruction with a register for a letter.
    Row with(String letter, int register) {
      String said = insn.replaceAll("\\b([rw])" + letter + "\\b", "$1" + register);
      return new Row(said, columns);
    }

    /// The instruction with a number for a letter.
    Row with(String letter, String number) {
      return new Row(insn.replaceAll("\\b" + letter + "\\b", number), columns);
    }

    /// The formula of a column.
    Meaning meaning(int column) {
      return Meaning.of(columns.get(column));
    }

    /// Bytes that a load, store or atomic operation touches.
    int size() {
      Matcher size = Pattern.compile("\\([us](8|16|32|64) \\*\\)").matcher(insn);
      if (!size.find()) {
        throw new IllegalArgumentException("'" + insn + "' names no size");
      }
      return Integer.parseInt(size.group(1)) / 8;
    }
  }

  static Family read(String name) {
    String resource = "/conformance/families/" + name + ".family";
    try (InputStream in = Objects.requireNonNull(Family.class.getResourceAsStream(resource))) {
      return of(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Family of(String text) {
    Map<String, List<Long>> lists = new HashMap<>();
    List<Row> rows = new ArrayList<>();
    for (String line : text.lines().toList()) {
      Matcher list = LIST.matcher(line);
      if (list.matches()) {
        List<Long> numbers = lists.computeIfAbsent(list.group(1), _ -> new ArrayList<>());
        for (String number : list.group(2).split(" ", -1)) {
          numbers.add(number(number).longValue());
        }
      } else if (!line.isBlank() && !line.startsWith(";")) {
        List<String> parts = Arrays.stream(line.split("=> ", -1)).map(String::strip).toList();
        for (String insn : expand(parts.getFirst())) {
          rows.add(new Row(insn, parts.subList(1, parts.size())));
        }
      }
    }
    return new Family(lists, rows);
  }

  List<Long> list(String name) {
    return Objects.requireNonNull(lists.get(name), name);
  }

  private static List<String> expand(String text) {
    Matcher choice = CHOICE.matcher(text);
    if (!choice.find()) {
      return List.of(text);
    }
    return Arrays.stream(choice.group(1).split(" ", -1))
        .map(word -> text.substring(0, choice.start()) + word + text.substring(choice.end()))
        .flatMap(chosen -> expand(chosen).stream())
        .toList();
  }

  /// Decimal or hexadecimal, with a sign.
  static BigInteger number(String word) {
    boolean negative = word.startsWith("-");
    String digits = negative ? word.substring(1) : word;
    BigInteger value =
        digits.startsWith("0x") ? new BigInteger(digits.substring(2), 16) : new BigInteger(digits);
    return negative ? value.negate() : value;
  }
}
