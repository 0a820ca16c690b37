package io.bpf4j.worlds;

import io.bpf4j.linux.SockName;
import io.bpf4j.net.Family;
import io.bpf4j.net.Protocol;
import io.bpf4j.sock.SockOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/// Reads a step from its line.
final class StepReader {
  private final Iterator<String> words;

  private StepReader(String line) {
    this.words = Arrays.asList(line.strip().split("\\s+", -1)).iterator();
  }

  /// The step.
  ///
  /// @throws IllegalArgumentException saying what cannot be read
  static Step read(String line) {
    StepReader reader = new StepReader(line);
    Step step;
    try {
      step = reader.step();
    } catch (NoSuchElementException e) {
      throw new IllegalArgumentException("'" + line + "' ends too early", e);
    }
    if (reader.words.hasNext()) {
      throw new IllegalArgumentException("'" + reader.words.next() + "' is too much");
    }
    return step;
  }

  private Step step() {
    String verb = word();
    return switch (verb) {
      case "open" -> open();
      case "set" -> new Step.Set(word(), option(), number());
      case "get" -> new Step.Get(word(), option());
      case "device" -> new Step.Device(word(), word());
      case "bind" -> new Step.Bind(word(), name());
      case "listen" -> new Step.Listen(word());
      case "connect" -> new Step.Connect(word(), name());
      case "disconnect" -> new Step.Disconnect(word());
      case "shutdown" -> new Step.Shutdown(word());
      case "close" -> new Step.Close(word());
      case "local" -> new Step.Local(word());
      case "put" -> new Step.Put(Place.read(word()), word(), setting("flags", 0));
      case "delete" -> new Step.Delete(Place.read(word()));
      case "at" -> new Step.At(Place.read(word()));
      case "choose" -> choose();
      case "picker" -> new Step.Picker(word(), number(), flag("filter"));
      case "unpick" -> new Step.Unpick(word());
      case "prog" -> new Step.Behave(number(), behaviour());
      case "attach" -> new Step.Attach(word(), number());
      case "update" -> new Step.Update(word(), number(), setting("expect", -1));
      case "detach" -> new Step.Detach(word());
      case "query" -> new Step.Query();
      case "runs" -> new Step.Runs(number());
      case "result" -> new Step.Result(number(), number());
      case "lookup" ->
          new Step.Look(
              new Packet(
                  Protocol.valueOf(word().toUpperCase(Locale.ROOT)), name(), name(), word()));
      case "send" -> new Step.Send(name(), name(), flag("unconnected"));
      case "shake" -> new Step.Shake(name(), name(), flag("tell"));
      default -> throw new IllegalArgumentException("'" + verb + "' is no step");
    };
  }

  private String word() {
    return words.next();
  }

  private int number() {
    return Integer.decode(word());
  }

  private SockOption option() {
    return SockOption.valueOf(word().toUpperCase(Locale.ROOT));
  }

  private Step open() {
    String sock = word();
    String kind = word();
    Protocol protocol = kind.startsWith("tcp") ? Protocol.TCP : Protocol.UDP;
    Family family = kind.endsWith("4") ? Family.INET : Family.INET6;
    if (!kind.equals(protocol + (family == Family.INET ? "4" : "6"))) {
      throw new IllegalArgumentException("'" + kind + "' is no kind of socket");
    }
    boolean elsewhere = false;
    int uid = 0;
    while (words.hasNext()) {
      String word = word();
      if (word.equals("elsewhere")) {
        elsewhere = true;
      } else {
        uid = value(word, "uid");
      }
    }
    return new Step.Open(sock, protocol, family, elsewhere, uid);
  }

  private Step choose() {
    int slot = number();
    String word = word();
    boolean placed = !word.startsWith("return=");
    return new Step.Choose(
        slot, placed ? Place.read(word) : null, value(placed ? word() : word, "return"));
  }

  private boolean flag(String spelling) {
    if (!words.hasNext()) {
      return false;
    }
    String word = word();
    if (!word.equals(spelling)) {
      throw new IllegalArgumentException("'" + word + "' is not '" + spelling + "'");
    }
    return true;
  }

  private int setting(String key, int otherwise) {
    return words.hasNext() ? value(word(), key) : otherwise;
  }

  private static int value(String word, String key) {
    if (!word.startsWith(key + "=")) {
      throw new IllegalArgumentException("'" + word + "' is not " + key + "=…");
    }
    return Integer.decode(word.substring(key.length() + 1));
  }

  private SockName name() {
    return name(word());
  }

  /// `127.0.0.1:80` or `[::1]:80`.
  static SockName name(String text) {
    int colon = text.lastIndexOf(':');
    if (colon < 0) {
      throw new IllegalArgumentException("'" + text + "' has no port");
    }
    String host = text.substring(0, colon);
    return SockName.of(
        host.startsWith("[") ? host.substring(1, host.length() - 1) : host,
        Integer.parseInt(text.substring(colon + 1)));
  }

  private Behaviour behaviour() {
    List<Behaviour.Assign> assigns = new ArrayList<>();
    String word = word();
    while (!word.equals("pass") && !word.equals("drop")) {
      assigns.add(assign(word));
      word = word();
    }
    return new Behaviour(assigns, word.equals("pass") ? 1 : 0, condition());
  }

  private Behaviour.@Nullable Condition condition() {
    if (!words.hasNext()) {
      return null;
    }
    String word = word();
    String[] parts = word().split("=", 2);
    for (Behaviour.Field field : Behaviour.Field.values()) {
      if (word.equals("if") && parts.length == 2 && field.spelling().equals(parts[0])) {
        return new Behaviour.Condition(field, Integer.decode(parts[1]));
      }
    }
    throw new IllegalArgumentException("'" + word + "' is no condition");
  }

  private static Behaviour.Assign assign(String word) {
    String[] parts = word.split("\\+", 2);
    int flags = parts.length == 1 ? 0 : Integer.decode(parts[1]);
    String from = parts[0];
    return switch (from) {
      case "null" -> new Behaviour.Assign(Behaviour.Source.NULL, 0, flags);
      case "self" -> new Behaviour.Assign(Behaviour.Source.SELF, 0, flags);
      default -> {
        Place place = Place.read(from);
        Behaviour.Source source =
            switch (place.map()) {
              case SOCKMAP -> Behaviour.Source.SOCKMAP;
              case SOCKHASH -> Behaviour.Source.SOCKHASH;
              case SOCKARRAY ->
                  throw new IllegalArgumentException("sk_lookup programs cannot use " + place);
            };
        yield new Behaviour.Assign(source, place.key(), flags);
      }
    };
  }
}
