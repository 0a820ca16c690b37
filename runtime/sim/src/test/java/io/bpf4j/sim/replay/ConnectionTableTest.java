package io.bpf4j.sim.replay;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class ConnectionTableTest {
  private static final long IDLE = 1_000;

  private static long hash(int key) {
    // Few different hashes, so that probing and gap closing are put to work.
    return key % 7;
  }

  private static int find(ConnectionTable table, int key) {
    return table.find(hash(key), 0, key, 0, 1, 80);
  }

  private static int open(ConnectionTable table, int key, int socket) {
    return table.open(hash(key), 0, key, 0, 1, 80, socket);
  }

  /// A connection of the model: its socket and when it was last seen.
  private record Seen(int socket, long at) {}

  @Test
  void behavesAsAMapInOrderOfLastUse() {
    Random random = new Random(11);
    ConnectionTable table = new ConnectionTable(40, IDLE);
    Map<Integer, Seen> model = new LinkedHashMap<>();
    long now = 0;
    for (int i = 0; i < 200_000; i++) {
      now += random.nextInt(1_000) == 0 ? 600 : random.nextInt(10);
      table.time(now);
      int key = random.nextInt(100);
      Seen seen = model.get(key);
      if (seen != null && now - seen.at() > IDLE) {
        model.remove(key);
        seen = null;
      }
      int slot = find(table, key);
      assertThat(slot != ConnectionTable.ABSENT).isEqualTo(seen != null);
      if (seen != null) {
        assertThat(table.socket(slot)).isEqualTo(seen.socket());
        model.remove(key);
        if (random.nextInt(4) == 0) {
          table.remove(slot);
        } else {
          table.touch(slot);
          model.put(key, new Seen(seen.socket(), now));
        }
      } else if (random.nextBoolean()) {
        long time = now;
        model.values().removeIf(s -> time - s.at() > IDLE);
        if (model.size() == 40) {
          model.remove(model.keySet().iterator().next());
        }
        open(table, key, i);
        model.put(key, new Seen(i, now));
      }
      assertThat(table.size()).isGreaterThanOrEqualTo(model.size());
    }
    assertThat(table.evicted()).isPositive();
    assertThat(table.expired()).isPositive();
  }

  @Test
  void growsToItsLimitAndEvictsTheOneIdleLongest() {
    ConnectionTable table = new ConnectionTable(5_000, IDLE);
    for (int key = 0; key < 5_000; key++) {
      table.open(key * 31L, 0, key, 0, 1, 80, key);
    }
    assertThat(table.evicted()).isZero();
    table.touch(table.find(0, 0, 0, 0, 1, 80));
    table.open(7, 0, 9_999, 0, 1, 80, 1);
    assertThat(table.evicted()).isEqualTo(1);
    assertThat(table.size()).isEqualTo(5_000);
    assertThat(table.find(31, 0, 1, 0, 1, 80)).isEqualTo(ConnectionTable.ABSENT);
    for (int key = 2; key < 5_000; key++) {
      assertThat(table.socket(table.find(key * 31L, 0, key, 0, 1, 80))).isEqualTo(key);
    }
  }

  @Test
  void tellsConnectionsApartByEveryPartOfTheirKey() {
    ConnectionTable table = new ConnectionTable(10, IDLE);
    long ports = ConnectionTable.rest(1, 2, 443, 40_000);
    int slot = table.open(5, 1, 2, 3, 4, ports, 9);
    assertThat(table.find(5, 1, 2, 3, 4, ports)).isEqualTo(slot);
    assertThat(table.find(6, 1, 2, 3, 4, ports)).isEqualTo(ConnectionTable.ABSENT);
    assertThat(table.find(5, 0, 2, 3, 4, ports)).isEqualTo(ConnectionTable.ABSENT);
    assertThat(table.find(5, 1, 0, 3, 4, ports)).isEqualTo(ConnectionTable.ABSENT);
    assertThat(table.find(5, 1, 2, 0, 4, ports)).isEqualTo(ConnectionTable.ABSENT);
    assertThat(table.find(5, 1, 2, 3, 0, ports)).isEqualTo(ConnectionTable.ABSENT);
    for (long other :
        new long[] {
          ConnectionTable.rest(0, 2, 443, 40_000),
          ConnectionTable.rest(1, 10, 443, 40_000),
          ConnectionTable.rest(1, 2, 444, 40_000),
          ConnectionTable.rest(1, 2, 443, 40_001)
        }) {
      assertThat(table.find(5, 1, 2, 3, 4, other)).isEqualTo(ConnectionTable.ABSENT);
    }
  }
}
