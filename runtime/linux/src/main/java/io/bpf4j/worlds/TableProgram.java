package io.bpf4j.worlds;

import io.bpf4j.isa.Assembler;
import io.bpf4j.isa.Insns;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/// The programs of scripts: they read from an array map what to do with each packet, and note there
/// what came of it. Their maps are this array, and those of [Place.In] in their order.
///
/// ```
/// value:  runs:8 verdict:4 assigns:4 dport:4 family:4 ifindex:4 unused:4, 5 times an assignment
/// assignment:  source:4 key:4 flags:8 result:8
/// ```
final class TableProgram {
  /// Bytes of a value of the array.
  static final int VALUE_BYTES = 152;

  private static final int RUNS = 0;
  private static final int VERDICT = 8;
  private static final int COUNT = 12;
  private static final int DPORT = 16;
  private static final int FAMILY = 20;
  private static final int IFINDEX = 24;
  private static final int ASSIGNS = 32;
  private static final int ASSIGN_BYTES = 24;
  private static final int RESULT = 16;

  private static final String HEAD =
      """
      r6 = r1
      *(u32 *)(r10 -4) = %d
      r2 = r10
      r2 += -4
      r1 = map[idx:0]
      call bpf_map_lookup_elem#1
      if r0 == 0 goto pass
      r7 = r0
      r1 = *(u64 *)(r7 +0)
      r1 += 1
      *(u64 *)(r7 +0) = r1
      """;
  private static final String CONDITION =
      """
      r1 = *(u32 *)(r7 +%1$d)
      if r1 == 0 goto any%1$d
      r2 = *(u32 *)(r6 +%2$d)
      if r1 != r2 goto pass
      any%1$d:
      """;
  private static final String ASSIGN =
      """
      r1 = *(u32 *)(r7 +12)
      if r1 <= %1$d goto done
      r1 = *(u32 *)(r7 +%3$d)
      *(u32 *)(r10 -4) = r1
      r2 = r10
      r2 += -4
      r1 = *(u32 *)(r7 +%2$d)
      if r1 == 0 goto sockmap%1$d
      if r1 == 1 goto sockhash%1$d
      r2 = 0
      if r1 == 2 goto assign%1$d
      r2 = *(u64 *)(r6 +0)
      assign%1$d:
      r1 = r6
      r3 = *(u64 *)(r7 +%4$d)
      call bpf_sk_assign#124
      r8 = r0
      goto note%1$d
      sockmap%1$d:
      r1 = map[idx:1]
      call bpf_map_lookup_elem#1
      goto found%1$d
      sockhash%1$d:
      r1 = map[idx:2]
      call bpf_map_lookup_elem#1
      found%1$d:
      r8 = 1
      if r0 == 0 goto note%1$d
      r9 = r0
      r1 = r6
      r2 = r9
      r3 = *(u64 *)(r7 +%4$d)
      call bpf_sk_assign#124
      r8 = r0
      r1 = r9
      call bpf_sk_release#86
      note%1$d:
      *(u64 *)(r7 +%5$d) = r8
      """;

  /// A sk_reuseport program; the numbers of sources are those of [Place.In].
  private static final String PICKER =
      """
      r1 = *(u32 *)(r7 +12)
      if r1 == 0 goto done
      r1 = *(u32 *)(r7 +36)
      *(u32 *)(r10 -4) = r1
      r3 = r10
      r3 += -4
      r4 = 0
      r5 = *(u32 *)(r7 +32)
      r1 = r6
      if r5 == 0 goto sockmap
      if r5 == 1 goto sockhash
      r2 = map[idx:3]
      call bpf_sk_select_reuseport#82
      goto note
      sockmap:
      r2 = map[idx:1]
      call bpf_sk_select_reuseport#82
      goto note
      sockhash:
      r2 = map[idx:2]
      call bpf_sk_select_reuseport#82
      note:
      *(u64 *)(r7 +48) = r0
      """;

  /// What ends the programs of groups: any number may be returned.
  private static final String ANY_VERDICT =
      """
      done:
      r0 = *(u32 *)(r7 +8)
      exit
      pass:
      r0 = 1
      exit
      """;

  private static final String TAIL =
      """
      done:
      r0 = *(u32 *)(r7 +8)
      r0 &= 1
      exit
      pass:
      r0 = 1
      exit
      """;

  /// `struct bpf_sk_lookup`: local_port, family, ingress_ifindex.
  private static final int[][] CONDITIONS = {{DPORT, 60}, {FAMILY, 8}, {IFINDEX, 64}};

  /// What programs do before they are told anything.
  static final Behaviour PASS = new Behaviour(List.of(), 1, null);

  private TableProgram() {}

  /// The socket filter that returns the verdict of a slot.
  static Insns filter(int slot) {
    return Assembler.assemble(HEAD.formatted(slot) + ANY_VERDICT);
  }

  /// The sk_reuseport program that reads the value of a slot.
  static Insns picker(int slot) {
    return Assembler.assemble(HEAD.formatted(slot) + PICKER + ANY_VERDICT);
  }

  /// The value that makes a program of groups behave so.
  static byte[] value(Step.Choose choice) {
    ByteBuffer out = ByteBuffer.allocate(VALUE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    out.putInt(VERDICT, choice.verdict());
    Place place = choice.place();
    if (place != null) {
      out.putInt(COUNT, 1).putInt(ASSIGNS, place.map().ordinal()).putInt(ASSIGNS + 4, place.key());
    }
    return out.array();
  }

  /// The sk_lookup program that reads the value of a slot.
  static Insns insns(int slot) {
    StringBuilder text = new StringBuilder(HEAD.formatted(slot));
    for (int[] condition : CONDITIONS) {
      text.append(CONDITION.formatted(condition[0], condition[1]));
    }
    for (int i = 0; i < Behaviour.MAX_ASSIGNS; i++) {
      int at = ASSIGNS + i * ASSIGN_BYTES;
      text.append(ASSIGN.formatted(i, at, at + 4, at + 8, at + RESULT));
    }
    return Assembler.assemble(text + TAIL);
  }

  /// The value that makes a program behave so; nothing has come of it yet.
  static byte[] value(Behaviour behaviour) {
    ByteBuffer out = ByteBuffer.allocate(VALUE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    out.putInt(VERDICT, behaviour.verdict()).putInt(COUNT, behaviour.assigns().size());
    Behaviour.Condition condition = behaviour.condition();
    if (condition != null) {
      out.putInt(
          switch (condition.field()) {
            case DPORT -> DPORT;
            case FAMILY -> FAMILY;
            case IFINDEX -> IFINDEX;
          },
          condition.value());
    }
    int at = ASSIGNS;
    for (Behaviour.Assign assign : behaviour.assigns()) {
      out.putInt(at, assign.source().ordinal())
          .putInt(at + 4, assign.key())
          .putLong(at + 8, assign.flags());
      at += ASSIGN_BYTES;
    }
    return out.array();
  }

  /// How often the program ran.
  static long runs(byte[] value) {
    return ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).getLong(RUNS);
  }

  /// What an assignment of the last run gave: 0, −errno, or 1 when there was no socket to assign.
  static long result(byte[] value, int assign) {
    return ByteBuffer.wrap(value)
        .order(ByteOrder.LITTLE_ENDIAN)
        .getLong(ASSIGNS + assign * ASSIGN_BYTES + RESULT);
  }
}
