package io.bpf4j.sim.scenario;

import java.util.Arrays;
import java.util.List;

/// What became of a packet, in the words of reports (`byResult`) and expectations.
public enum ResultKind {
  ESTABLISHED("established", "belongs to a connection or a connected socket"),
  STEERED("steered", "a program selected the socket"),
  LISTENER("listener", "the regular lookup found the socket"),
  DROPPED("dropped", "refused by a program"),
  NONE("none", "no socket"),
  NOT_LOCAL("notLocal", "not looked up: not addressed to this host");

  private final String key;
  private final String meaning;

  ResultKind(String key, String meaning) {
    this.key = key;
    this.meaning = meaning;
  }

  /// The word in reports and scenarios.
  public String key() {
    return key;
  }

  public String meaning() {
    return meaning;
  }

  /// All words.
  public static List<String> words() {
    return Arrays.stream(values()).map(ResultKind::key).toList();
  }

  @Override
  public String toString() {
    return key;
  }
}
