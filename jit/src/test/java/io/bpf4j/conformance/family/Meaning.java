package io.bpf4j.conformance.family;

import java.math.BigInteger;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A formula over integers without bounds, in C's notation and precedence, so that what an
/// instruction means is written down a second time and by other means than the engines' tables.
///
/// Variables are `a`, `b`, `c` and `m`; functions are `u8` to `u64` and `s8` to `s64` (the low bits
/// of a number, unsigned or signed) and `swap16` to `swap64` (those bytes in reverse). Division
/// truncates; comparisons are 1 or 0; `x ? y : z` computes only what it needs.
final class Meaning {
  private static final Pattern WORD =
      Pattern.compile("\\s*(0x[0-9a-f]+|[0-9]+|[a-z]+[0-9]*|<<|>>|[<>=!]=|\\S)");
  private static final Map<String, BinaryOperator<BigInteger>> OPERATORS =
      Map.ofEntries(
          Map.entry("*", BigInteger::multiply),
          Map.entry("/", BigInteger::divide),
          Map.entry("%", BigInteger::remainder),
          Map.entry("+", BigInteger::add),
          Map.entry("-", BigInteger::subtract),
          Map.entry("<<", (x, y) -> x.shiftLeft(y.intValueExact())),
          Map.entry(">>", (x, y) -> x.shiftRight(y.intValueExact())),
          Map.entry("<", (x, y) -> truth(x.compareTo(y) < 0)),
          Map.entry(">", (x, y) -> truth(x.compareTo(y) > 0)),
          Map.entry("<=", (x, y) -> truth(x.compareTo(y) <= 0)),
          Map.entry(">=", (x, y) -> truth(x.compareTo(y) >= 0)),
          Map.entry("==", (x, y) -> truth(x.equals(y))),
          Map.entry("!=", (x, y) -> truth(!x.equals(y))),
          Map.entry("&", BigInteger::and),
          Map.entry("^", BigInteger::xor),
          Map.entry("|", BigInteger::or));

  /// Operators that bind equally, the tightest last.
  private static final List<Set<String>> LEVELS =
      List.of(
          Set.of("|"),
          Set.of("^"),
          Set.of("&"),
          Set.of("==", "!="),
          Set.of("<", ">", "<=", ">="),
          Set.of("<<", ">>"),
          Set.of("+", "-"),
          Set.of("*", "/", "%"));

  private static final Map<String, Meaning> ALL = new ConcurrentHashMap<>();

  private final String text;
  private final Node root;
  private final Map<Values, Long> known = new HashMap<>();

  /// What the variables are.
  record Values(long a, long b, long c, long m) {
    private BigInteger of(String name) {
      return BigInteger.valueOf(
          switch (name) {
            case "a" -> a;
            case "b" -> b;
            case "c" -> c;
            case "m" -> m;
            default -> throw new IllegalArgumentException("no variable '" + name + "'");
          });
    }
  }

  private interface Node {
    BigInteger of(Values values);
  }

  private Meaning(String text, Node root) {
    this.text = text;
    this.root = root;
  }

  /// @throws IllegalArgumentException when the text is no formula
  static Meaning of(String text) {
    return ALL.computeIfAbsent(text, Meaning::parse);
  }

  private static Meaning parse(String text) {
    Parser parser = new Parser(text);
    Node root = parser.condition();
    if (!parser.word.isEmpty()) {
      throw new IllegalArgumentException("'" + text + "' goes on with '" + parser.word + "'");
    }
    return new Meaning(text, root);
  }

  /// The low 64 bits of the number.
  synchronized long of(Values values) {
    return known.computeIfAbsent(values, v -> root.of(v).longValue());
  }

  @Override
  public String toString() {
    return text;
  }

  private static BigInteger truth(boolean holds) {
    return holds ? BigInteger.ONE : BigInteger.ZERO;
  }

  private static UnaryOperator<BigInteger> function(String name) {
    String kind = name.replaceAll("[0-9]+$", "");
    int bits = Integer.parseInt(name.substring(kind.length()));
    BigInteger range = BigInteger.ONE.shiftLeft(bits);
    return switch (kind) {
      case "u" -> x -> x.mod(range);
      case "s" -> x -> x.mod(range).subtract(x.testBit(bits - 1) ? range : BigInteger.ZERO);
      case "swap" ->
          x -> {
            BigInteger result = BigInteger.ZERO;
            for (int i = 0; i < bits; i += 8) {
              BigInteger one = x.shiftRight(i).and(BigInteger.valueOf(0xff));
              result = result.or(one.shiftLeft(bits - 8 - i));
            }
            return result;
          };
      default -> throw new IllegalArgumentException("no function '" + name + "'");
    };
  }

  private static final class Parser {
    private final Matcher words;
    private String word = "";

    Parser(String text) {
      words = WORD.matcher(text.strip());
      next();
    }

    private void next() {
      word = words.find() ? words.group(1) : "";
    }

    private String take() {
      String taken = word;
      next();
      return taken;
    }

    private void take(String expected) {
      if (!word.equals(expected)) {
        throw new IllegalArgumentException("'" + word + "' stands where '" + expected + "' must");
      }
      next();
    }

    Node condition() {
      Node test = binary(0);
      if (!word.equals("?")) {
        return test;
      }
      take("?");
      Node yes = condition();
      take(":");
      Node no = condition();
      return v -> test.of(v).signum() != 0 ? yes.of(v) : no.of(v);
    }

    private Node binary(int level) {
      if (level == LEVELS.size()) {
        return single();
      }
      Node left = binary(level + 1);
      while (LEVELS.get(level).contains(word)) {
        BinaryOperator<BigInteger> operator = Objects.requireNonNull(OPERATORS.get(take()));
        Node first = left;
        Node second = binary(level + 1);
        left = v -> operator.apply(first.of(v), second.of(v));
      }
      return left;
    }

    private Node single() {
      String taken = take();
      if (taken.equals("-")) {
        Node of = single();
        return v -> of.of(v).negate();
      }
      if (taken.equals("(")) {
        Node inner = condition();
        take(")");
        return inner;
      }
      if (taken.matches("[0-9].*")) {
        BigInteger number = Family.number(taken);
        return _ -> number;
      }
      if (word.equals("(")) {
        UnaryOperator<BigInteger> function = function(taken);
        take("(");
        Node argument = condition();
        take(")");
        return v -> function.apply(argument.of(v));
      }
      new Values(0, 0, 0, 0).of(taken);
      return v -> v.of(taken);
    }
  }
}
