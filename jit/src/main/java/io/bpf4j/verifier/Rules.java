package io.bpf4j.verifier;

import io.bpf4j.prog.ProgType;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// The tables a proof is made by: program types and helpers, read once from `progtypes.txt` and
/// `helpers.txt` beside this class.
public final class Rules {
  private static final class Kernel {
    static final Rules RULES = new Rules();
  }

  private final Map<ProgType, ProgRules> progs = new EnumMap<>(ProgType.class);
  private final Map<String, HelperRule> helpers = new HashMap<>();

  private Rules() {
    lines("progtypes.txt", new ProgReader()::line);
    lines("helpers.txt", this::helper);
  }

  /// The rules of Linux 6.18.
  public static Rules kernel() {
    return Kernel.RULES;
  }

  /// The rules of a program type, or null when there are none.
  public @Nullable ProgRules prog(ProgType type) {
    return progs.get(type);
  }

  /// The helper with this number as a program type sees it, or null when no type has it.
  public @Nullable HelperRule helper(int id, ProgType type) {
    HelperRule own = helpers.get(id + "@" + type.uapiName());
    return own != null ? own : helpers.get(Integer.toString(id));
  }

  /// The uapi name of a helper for messages: `bpf_map_lookup_elem`, or `unknown`.
  public String helperName(int id) {
    HelperRule rule = helpers.get(Integer.toString(id));
    return rule == null ? "unknown" : rule.name();
  }

  @FunctionalInterface
  private interface LineReader {
    void line(String[] words);
  }

  private static void lines(String resource, LineReader reader) {
    try (InputStream in =
            Objects.requireNonNull(Rules.class.getResourceAsStream(resource), resource);
        BufferedReader text =
            new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      for (String line = text.readLine(); line != null; line = text.readLine()) {
        if (!line.isBlank() && !line.startsWith("#")) {
          reader.line(line.strip().split(" +", -1));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void helper(String[] words) {
    List<ArgRule> args = new ArrayList<>();
    Set<HelperRule.Trait> traits = EnumSet.noneOf(HelperRule.Trait.class);
    boolean inTraits = false;
    for (String word : Arrays.asList(words).subList(3, words.length)) {
      if (word.equals(";")) {
        inTraits = true;
      } else if (inTraits) {
        traits.add(HelperRule.Trait.valueOf(word.toUpperCase(Locale.ROOT)));
      } else {
        args.add(ArgRule.parse(word));
      }
    }
    int id = Integer.parseInt(words[0].replaceFirst("@.*", ""));
    helpers.put(
        words[0], new HelperRule(id, words[1], HelperRule.parseRet(words[2]), args, traits));
  }

  private final class ProgReader {
    private ProgRules current = new ProgRules(ProgType.UNSPEC);

    void line(String[] words) {
      switch (words[0]) {
        case "type" -> {
          ProgType type = Objects.requireNonNull(ProgType.named(words[1]), words[1]);
          current = new ProgRules(type);
          progs.put(type, current);
        }
        case "packet" ->
            current.packet = ProgRules.Packet.valueOf(words[1].toUpperCase(Locale.ROOT));
        case "return" -> {
          current.limitsReturn = true;
          current.minReturn = Long.parseLong(words[1]);
          current.maxReturn = Long.parseLong(words[2]);
        }
        case "legacy" -> current.legacyLoads = true;
        case "helpers" -> ranges(words, 1, 1, current.helpers::set);
        case "read" -> {
          int width = Integer.parseInt(words[1]);
          ranges(words, 3, width, off -> current.addRead(width, off, words[2]));
        }
        case "nosx" -> {
          int width = Integer.parseInt(words[1]);
          ranges(words, 2, width, off -> current.addUnsignedOnly(width, off));
        }
        case "write" -> {
          int width = Integer.parseInt(words[1]);
          ranges(words, 2, width, off -> current.addWrite(width, off));
        }
        default -> throw new IllegalStateException("progtypes.txt: '" + words[0] + "'");
      }
    }

    private static void ranges(String[] words, int from, int step, IntConsumer each) {
      for (int i = from; i < words.length; i++) {
        int dash = words[i].indexOf('-');
        int first = Integer.parseInt(dash < 0 ? words[i] : words[i].substring(0, dash));
        int last = dash < 0 ? first : Integer.parseInt(words[i].substring(dash + 1));
        for (int value = first; value <= last; value += step) {
          each.accept(value);
        }
      }
    }
  }
}
