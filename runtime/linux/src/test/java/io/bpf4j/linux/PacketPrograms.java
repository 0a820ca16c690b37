package io.bpf4j.linux;

import io.bpf4j.platform.CtxField;
import io.bpf4j.platform.ProgTypeInfo;
import java.util.List;
import java.util.SplittableRandom;

/// Random programs about packets: packet loads at all sorts of offsets, accesses of the context,
/// jumps over some of it. What they see ends in R8, which they return.
final class PacketPrograms {
  private static final int[] BASES = {0, 0, 0, 0, -0x100000, -0x200000, -0x1000, -1};
  private static final String[] SIZES = {"u8", "u16", "u32"};
  private static final String[] JUMPS = {">", "==", "!=", "s<", "&"};

  private final SplittableRandom random;
  private final ProgTypeInfo type;
  private final StringBuilder text = new StringBuilder();
  private int labels;

  PacketPrograms(SplittableRandom random, ProgTypeInfo type) {
    this.random = random;
    this.type = type;
  }

  String next() {
    line("r6 = r1");
    line("r7 = " + random.nextInt(-40, 80));
    line("r8 = " + random.nextInt());
    line("r9 = 1");
    line("r0 = 0");
    int count = random.nextInt(2, 24);
    for (int i = 0; i < count; i++) {
      step();
    }
    line("r0 = r8");
    line("exit");
    return text.toString();
  }

  private void step() {
    switch (random.nextInt(8)) {
      case 0, 1, 2 -> packetLoad();
      case 3, 4 -> contextLoad();
      case 5 -> contextStore();
      case 6 -> line("r7 = " + random.nextInt(-10, 70));
      default -> {
        String label = "l" + labels++;
        String jump = JUMPS[random.nextInt(JUMPS.length)];
        line("if r8 %s %d goto %s".formatted(jump, random.nextInt(), label));
        step();
        line(label + ":");
      }
    }
  }

  private void packetLoad() {
    if (!type.packetLoads()) {
      line("r8 *= 3");
      return;
    }
    int offset = BASES[random.nextInt(BASES.length)] + random.nextInt(-2, 60);
    String size = SIZES[random.nextInt(SIZES.length)];
    if (random.nextBoolean()) {
      line("r0 = *(%s *)skb[%d]".formatted(size, offset));
    } else {
      String src = random.nextInt(4) == 0 ? "r0" : "r7";
      line("r0 = *(%s *)skb[%s + %d]".formatted(size, src, offset));
    }
    mix();
  }

  private void contextLoad() {
    CtxField field = field();
    if (field.loads().isEmpty() || field.name().startsWith("data")) {
      return;
    }
    CtxField.LegalLoad load = field.loads().get(random.nextInt(field.loads().size()));
    line("r0 = *(u%d *)(r6 +%d)".formatted(8 * load.width(), load.offset()));
    mix();
  }

  private void contextStore() {
    CtxField field = field();
    if (!field.stores().isEmpty()) {
      CtxField.LegalStore store = field.stores().get(random.nextInt(field.stores().size()));
      line("*(u%d *)(r6 +%d) = r8".formatted(8 * store.width(), store.offset()));
    }
  }

  private CtxField field() {
    List<CtxField> numbers =
        type.ctx().fields().stream().filter(field -> !field.pointer()).toList();
    return numbers.get(random.nextInt(numbers.size()));
  }

  private void mix() {
    line("r8 *= 31");
    line("r8 += r0");
    line("r9 = r0");
  }

  private void line(String line) {
    text.append(line).append('\n');
  }
}
