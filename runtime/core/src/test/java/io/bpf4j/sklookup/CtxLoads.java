package io.bpf4j.sklookup;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/// The legal loads of spec sections 3.1 and 3.2, written down a second time: the widths at each
/// offset.
final class CtxLoads {
  private CtxLoads() {}

  static Map<Integer, Set<Integer>> ofContext() {
    Map<Integer, Set<Integer>> legal = new TreeMap<>();
    put(legal, 0, 8);
    for (int word : new int[] {8, 12, 16, 20, 24, 28, 32, 40, 44, 48, 52, 56, 60, 64}) {
      word(legal, word);
    }
    put(legal, 36, 1, 2, 4);
    put(legal, 37, 1);
    put(legal, 38, 1, 2);
    put(legal, 39, 1);
    return legal;
  }

  static Map<Integer, Set<Integer>> ofSock() {
    Map<Integer, Set<Integer>> legal = new TreeMap<>();
    for (int word : new int[] {0, 16, 20}) {
      put(legal, word, 4);
    }
    for (int word : new int[] {4, 8, 12, 44, 72, 76}) {
      put(legal, word, 1, 2, 4);
    }
    for (int word : new int[] {24, 28, 32, 36, 40, 52, 56, 60, 64, 68}) {
      word(legal, word);
    }
    put(legal, 48, 1, 2, 4);
    put(legal, 49, 1);
    return legal;
  }

  private static void word(Map<Integer, Set<Integer>> legal, int offset) {
    put(legal, offset, 1, 2, 4);
    put(legal, offset + 1, 1);
    put(legal, offset + 2, 1, 2);
    put(legal, offset + 3, 1);
  }

  private static void put(Map<Integer, Set<Integer>> legal, int offset, Integer... widths) {
    legal.put(offset, new TreeSet<>(Set.of(widths)));
  }
}
