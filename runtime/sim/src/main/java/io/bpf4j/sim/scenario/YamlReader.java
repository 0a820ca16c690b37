package io.bpf4j.sim.scenario;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.DocumentEndEvent;
import org.snakeyaml.engine.v2.events.DocumentStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.MappingEndEvent;
import org.snakeyaml.engine.v2.events.MappingStartEvent;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.events.SequenceEndEvent;
import org.snakeyaml.engine.v2.events.SequenceStartEvent;
import org.snakeyaml.engine.v2.events.StreamEndEvent;
import org.snakeyaml.engine.v2.events.StreamStartEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.ReaderException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/// Reads YAML text into [Yaml]. It works on the parser's events, so that depth and aliases are
/// refused before anything is built of them: what is accepted is a tree, no larger than the text.
final class YamlReader {
  /// Deeper than any scenario; keeps the recursion here far from the end of the stack.
  private static final int MAX_DEPTH = 40;

  private static final int MAX_CHARACTERS = 64 << 20;

  private final Source source;
  private final Iterator<Event> events;

  private YamlReader(Source source, Iterator<Event> events) {
    this.source = source;
    this.events = events;
  }

  /// The one document of the text.
  ///
  /// @throws ScenarioException when it is no YAML, or uses what scenarios do not
  static Yaml read(Source source, String text) {
    LoadSettings settings =
        LoadSettings.builder()
            .setLabel(source.path().toString())
            .setCodePointLimit(MAX_CHARACTERS)
            .build();
    try {
      return new YamlReader(source, new Parse(settings).parseString(text).iterator()).document();
    } catch (MarkedYamlEngineException e) {
      Optional<Mark> mark = e.getProblemMark().or(e::getContextMark);
      String problem = Optional.ofNullable(e.getProblem()).orElse(e.getContext());
      throw source.error(place(mark), "no YAML: " + problem);
    } catch (ReaderException e) {
      throw source.error(
          place(text, e.getPosition()),
          "no YAML: the character U+%04X may not stand in it".formatted(e.getCodePoint()));
    } catch (YamlEngineException e) {
      throw source.error(Place.START, "no YAML: " + e.getMessage());
    }
  }

  private static Place place(Optional<Mark> mark) {
    return mark.map(m -> new Place(m.getLine() + 1, m.getColumn() + 1)).orElse(Place.START);
  }

  private static Place place(String text, int codePoints) {
    int line = 1;
    int column = 1;
    int[] points = text.codePoints().limit(Math.max(codePoints, 0)).toArray();
    for (int point : points) {
      column = point == '\n' ? 1 : column + 1;
      line += point == '\n' ? 1 : 0;
    }
    return new Place(line, column);
  }

  private Yaml document() {
    Yaml root = null;
    while (events.hasNext()) {
      Event event = events.next();
      switch (event) {
        case StreamStartEvent _, StreamEndEvent _, DocumentEndEvent _ -> {}
        case DocumentStartEvent start -> {
          if (root != null) {
            throw source.error(place(start.getStartMark()), "a second document: a scenario is one");
          }
        }
        default -> root = value(event, 0);
      }
    }
    if (root == null) {
      throw source.error(Place.START, "the file is empty");
    }
    return root;
  }

  private Yaml value(Event event, int depth) {
    Place place = place(event.getStartMark());
    if (depth > MAX_DEPTH) {
      throw source.error(place, "nested more than " + MAX_DEPTH + " deep");
    }
    if (event instanceof AliasEvent) {
      throw source.error(place, "an alias: scenarios have none, write the value out");
    }
    if (event instanceof NodeEvent node && node.getAnchor().isPresent()) {
      throw source.error(place, "an anchor: scenarios have none, write the value out");
    }
    return switch (event) {
      case ScalarEvent scalar -> {
        refuseTag(place, scalar.getTag().isPresent());
        yield new Yaml.Scalar(
            place, scalar.getValue(), scalar.getScalarStyle() == ScalarStyle.PLAIN);
      }
      case SequenceStartEvent start -> {
        refuseTag(place, start.getTag().isPresent());
        yield sequence(place, depth);
      }
      case MappingStartEvent start -> {
        refuseTag(place, start.getTag().isPresent());
        yield mapping(place, depth);
      }
      default -> throw source.error(place, "no YAML: a value was expected");
    };
  }

  private void refuseTag(Place place, boolean present) {
    if (present) {
      throw source.error(place, "a tag (!): scenarios have none");
    }
  }

  private Yaml sequence(Place place, int depth) {
    List<Yaml> items = new ArrayList<>();
    while (true) {
      Event event = events.next();
      if (event instanceof SequenceEndEvent) {
        return new Yaml.Sequence(place, items);
      }
      items.add(value(event, depth + 1));
    }
  }

  private Yaml mapping(Place place, int depth) {
    List<Yaml.Entry> entries = new ArrayList<>();
    Map<String, Place> seen = new HashMap<>();
    while (true) {
      Event event = events.next();
      if (event instanceof MappingEndEvent) {
        return new Yaml.Mapping(place, entries);
      }
      Yaml key = value(event, depth + 1);
      if (!(key instanceof Yaml.Scalar word)) {
        throw source.error(key.place(), "a key is a word, not " + key.kind());
      }
      Place first = seen.putIfAbsent(word.text(), word.place());
      if (first != null) {
        throw source.error(
            word.place(), "'%s' stands here twice, first at %s".formatted(word.text(), first));
      }
      entries.add(new Yaml.Entry(word, value(events.next(), depth + 1)));
    }
  }
}
