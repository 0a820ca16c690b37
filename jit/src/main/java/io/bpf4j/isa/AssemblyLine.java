package io.bpf4j.isa;

import io.bpf4j.isa.Insn.Swap.Order;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// One line of assembly as a list of words, and the recursive descent over them that makes an
/// instruction. What cannot be read is an IllegalArgumentException that says what was expected.
final class AssemblyLine {
  private static final Pattern WORD =
      Pattern.compile(
          "\\s*(s(?:>>=|/=|%=|>=|<=|>|<)|[A-Za-z_.][A-Za-z0-9_.$]*|[0-9][0-9A-Za-z_]*"
              + "|<<=|>>=|[-+*/|&%^=!<>]=|\\S)");
  private static final String END = "the end of the line";

  /// Answers how far away a label is, in slots from the next instruction.
  @FunctionalInterface
  interface Targets {
    int distance(String label);
  }

  private final List<String> words;
  private final Targets targets;
  private int next;

  AssemblyLine(List<String> words, Targets targets) {
    this.words = words;
    this.targets = targets;
  }

  /// Splits a line without its comment.
  static List<String> words(String line) {
    List<String> words = new ArrayList<>();
    Matcher matcher = WORD.matcher(line);
    while (matcher.lookingAt()) {
      words.add(matcher.group(1));
      matcher.region(matcher.end(), line.length());
    }
    return words;
  }

  /// The whole line as an instruction.
  Insn insn() {
    Insn insn = statement();
    if (!peek().equals(END)) {
      throw expected(END);
    }
    return insn;
  }

  private Insn statement() {
    return switch (peek()) {
      case "exit" -> {
        take();
        yield new Insn.Exit();
      }
      case "goto" -> {
        take();
        yield new Insn.Goto(nearTarget(), false);
      }
      case "gotol" -> {
        take();
        yield new Insn.Goto(target(), true);
      }
      case "may_goto" -> {
        take();
        yield new Insn.MayGoto(nearTarget());
      }
      case "callx" -> {
        take();
        yield new Insn.CallReg(pointer());
      }
      case "call" -> call();
      case "if" -> jump();
      case "lock" -> lock();
      case "store_release" -> storeRelease();
      case "*" -> store();
      default -> assignment();
    };
  }

  private Insn call() {
    expect("call");
    if (peek().equals("pc") || !after(1).equals("#")) {
      return new Insn.CallLocal(target());
    }
    boolean kfunc = take().equals("kfunc");
    expect("#");
    int id = imm32();
    if (!kfunc) {
      return new Insn.CallHelper(id);
    }
    expect("module");
    return new Insn.CallKfunc(id, imm16());
  }

  private Insn jump() {
    expect("if");
    Width width = width();
    Reg dst = register();
    String sign = take();
    for (JmpOp op : JmpOp.values()) {
      if (op.spelling().equals(sign)) {
        Operand src = operand(width);
        expect("goto");
        return new Insn.Jump(op, width, dst, src, nearTarget());
      }
    }
    throw new IllegalArgumentException("'" + sign + "' is no condition");
  }

  private Insn lock() {
    expect("lock");
    expect("*");
    Place place = place();
    AtomicOp op =
        switch (take()) {
          case "+=" -> AtomicOp.ADD;
          case "|=" -> AtomicOp.OR;
          case "&=" -> AtomicOp.AND;
          case "^=" -> AtomicOp.XOR;
          default -> throw new IllegalArgumentException("only += |= &= ^= can be locked");
        };
    return place.atomic(op, false, register());
  }

  private Insn storeRelease() {
    expect("store_release");
    expect("(");
    Place place = place();
    expect(",");
    Reg src = register();
    expect(")");
    return new Insn.StoreRelease(place.size(), place.base(), place.offset(), src);
  }

  private Insn store() {
    expect("*");
    Place place = place();
    expect("=");
    Operand src = isRegister(peek()) ? register() : new Imm(imm32());
    if (place.signed()) {
      throw new IllegalArgumentException("a store has no sign");
    }
    return new Insn.Store(place.size(), place.base(), place.offset(), src);
  }

  private Insn assignment() {
    Width width = width();
    Reg dst = register();
    String sign = take();
    if (sign.equals("=")) {
      return value(width, dst);
    }
    for (AluOp op : AluOp.values()) {
      if (op.spelling().equals(sign)) {
        return new Insn.Alu(op, width, dst, operand(width));
      }
    }
    throw new IllegalArgumentException("'" + sign + "' is no operation");
  }

  private Insn value(Width width, Reg dst) {
    String word = peek();
    if (isRegister(word)) {
      return new Insn.Mov(width, dst, operand(width));
    }
    if (word.equals("-") && isRegister(after(1))) {
      take();
      same(dst, operand(width), "negated");
      return new Insn.Neg(width, dst);
    }
    if (word.equals("(")) {
      take();
      Size from = size(take(), true);
      expect(")");
      Operand src = operand(width);
      return new Insn.MovSx(width, from, dst, (Reg) src);
    }
    if (word.matches("(le|be|bswap)(16|32|64)")) {
      take();
      same(dst, operand(width), "swapped");
      String order = word.replaceAll("[0-9]", "").toUpperCase(Locale.ROOT);
      int bits = Integer.parseInt(word.replaceAll("[a-z]", ""));
      return new Insn.Swap(Order.valueOf(order), bits, dst);
    }
    if (word.startsWith("atomic")) {
      return atomic(dst);
    }
    return switch (word) {
      case "*" -> load(dst);
      case "map", "btf", "subprog" -> reference(dst);
      case "load_acquire" -> {
        take();
        expect("(");
        Place place = place();
        expect(")");
        yield new Insn.LoadAcquire(place.size(), dst, place.base(), place.offset());
      }
      case "addr_space_cast" -> addressSpaceCast(dst);
      default -> number(width, dst);
    };
  }

  private Insn number(Width width, Reg dst) {
    int start = next;
    long value = imm64();
    if (peek().equals("ll")) {
      take();
      return new Insn.LoadImm64(dst, PseudoLoad.IMM, value);
    }
    next = start;
    return new Insn.Mov(width, dst, new Imm(imm32()));
  }

  private Insn load(Reg dst) {
    expect("*");
    if (after(4).equals("skb")) {
      return packetLoad(dst);
    }
    Place place = place();
    return new Insn.Load(place.size(), place.signed(), dst, place.base(), place.offset());
  }

  private Insn packetLoad(Reg dst) {
    same(dst, Reg.R0, "loaded from the packet; the result is r0's, it");
    expect("(");
    Size size = size(take(), false);
    expect("*");
    expect(")");
    expect("skb");
    expect("[");
    Reg src = null;
    if (isRegister(peek())) {
      src = pointer();
      expect("+");
    }
    int offset = imm32();
    expect("]");
    return new Insn.LegacyLoad(size, src, offset);
  }

  /// `map[idx:3]`, `map[fd:3][0]+8`, `btf[id:7]`, `subprog[+5]`.
  private Insn reference(Reg dst) {
    String kind = take();
    expect("[");
    if (kind.equals("subprog")) {
      int distance = peek().equals("+") || peek().equals("-") ? imm32() : target();
      expect("]");
      return new Insn.LoadImm64(dst, PseudoLoad.FUNC, Integer.toUnsignedLong(distance));
    }
    String by = take();
    expect(":");
    long low = kind.equals("btf") ? imm64() : Integer.toUnsignedLong(imm32());
    expect("]");
    if (kind.equals("btf")) {
      return new Insn.LoadImm64(dst, PseudoLoad.BTF_ID, low);
    }
    if (!by.equals("idx") && !by.equals("fd")) {
      throw new IllegalArgumentException("a map is given by idx or fd, not '" + by + "'");
    }
    boolean index = by.equals("idx");
    if (!peek().equals("[")) {
      return new Insn.LoadImm64(dst, index ? PseudoLoad.MAP_IDX : PseudoLoad.MAP_FD, low);
    }
    expect("[");
    expect("0");
    expect("]");
    expect("+");
    return new Insn.LoadImm64(
        dst, index ? PseudoLoad.MAP_IDX_VALUE : PseudoLoad.MAP_VALUE, low | (long) imm32() << 32);
  }

  private Insn addressSpaceCast(Reg dst) {
    expect("addr_space_cast");
    expect("(");
    Reg src = pointer();
    expect(",");
    int to = addressSpace();
    expect(",");
    int from = addressSpace();
    expect(")");
    return new Insn.AddrSpaceCast(dst, src, to << 16 | from);
  }

  private int addressSpace() {
    int space = imm32();
    if (space >>> 16 != 0) {
      throw new IllegalArgumentException(space + " is no address space, 0 to 65535");
    }
    return space;
  }

  /// `atomic64_fetch_add((u64 *)(r1 +0), r2)` and its kin; the old value's register is the source,
  /// for cmpxchg R0.
  private Insn atomic(Reg dst) {
    String name = take();
    String bare = name.replaceFirst("^atomic(64)?_(fetch_)?", "");
    AtomicOp op = null;
    for (AtomicOp row : AtomicOp.values()) {
      op = row.spelling().equals(bare) ? row : op;
    }
    boolean exchange = op == AtomicOp.XCHG || op == AtomicOp.CMPXCHG;
    if (op == null || exchange == name.contains("fetch")) {
      throw new IllegalArgumentException("'" + name + "' is no atomic operation");
    }
    expect("(");
    Place place = place();
    if (name.startsWith("atomic64") != (place.size() == Size.DW)) {
      throw new IllegalArgumentException("the name and the size of the access differ");
    }
    expect(",");
    if (op == AtomicOp.CMPXCHG) {
      same(dst, Reg.R0, "assigned from cmpxchg; the result is r0's, it");
      same(Reg.R0, register(), "compared with r0; it");
      expect(",");
    }
    Reg src = register();
    expect(")");
    if (op != AtomicOp.CMPXCHG) {
      same(dst, src, "fetched into the source register; it");
    }
    return place.atomic(op, true, src);
  }

  /// `(u32 *)(r1 +4)`.
  private Place place() {
    expect("(");
    String type = take();
    boolean signed = type.startsWith("s");
    Size size = size(type, signed);
    expect("*");
    expect(")");
    expect("(");
    Reg base = pointer();
    short offset = imm16();
    expect(")");
    return new Place(size, signed, base, offset);
  }

  private record Place(Size size, boolean signed, Reg base, short offset) {
    Insn atomic(AtomicOp op, boolean fetch, Reg src) {
      return new Insn.Atomic(op, fetch, size, base, offset, src);
    }
  }

  private static Size size(String type, boolean signed) {
    for (Size size : Size.values()) {
      if (size.spelling(signed).equals(type)) {
        return size;
      }
    }
    throw new IllegalArgumentException("'" + type + "' is no type of a memory access");
  }

  private Operand operand(Width width) {
    if (!isRegister(peek())) {
      return new Imm(imm32());
    }
    if (width() != width) {
      throw new IllegalArgumentException("both registers must be " + width.bits() + " bits wide");
    }
    return register();
  }

  private static void same(Reg dst, Operand other, String verb) {
    if (dst != other) {
      throw new IllegalArgumentException("a register can only be " + verb + " in place");
    }
  }

  private Width width() {
    return peek().startsWith("w") ? Width.W32 : Width.W64;
  }

  private Reg pointer() {
    if (!peek().startsWith("r")) {
      throw expected("a 64-bit register");
    }
    return register();
  }

  private Reg register() {
    if (!isRegister(peek())) {
      throw expected("a register");
    }
    return Reg.of(Integer.parseInt(take().substring(1)));
  }

  private static boolean isRegister(String word) {
    return word.matches("[rw](10|[0-9])");
  }

  private short nearTarget() {
    int distance = target();
    if (distance != (short) distance) {
      throw new IllegalArgumentException(
          "the target is " + distance + " slots away, farther than 16 bits reach");
    }
    return (short) distance;
  }

  /// `pc+3`, or a label.
  private int target() {
    if (peek().equals("pc")) {
      take();
      return imm32();
    }
    if (!peek().matches("[A-Za-z_.].*") || isRegister(peek())) {
      throw expected("a target");
    }
    return targets.distance(take());
  }

  private short imm16() {
    long value = imm64();
    if (value != (short) value) {
      throw new IllegalArgumentException(value + " does not fit into 16 bits");
    }
    return (short) value;
  }

  private int imm32() {
    long value = imm64();
    if (value != (int) value && value >>> 32 != 0) {
      throw new IllegalArgumentException(value + " does not fit into 32 bits");
    }
    return (int) value;
  }

  private long imm64() {
    boolean negative = peek().equals("-");
    if (negative || peek().equals("+")) {
      take();
    }
    if (!peek().matches("[0-9].*")) {
      throw expected("a number");
    }
    String digits = take();
    boolean hex = digits.startsWith("0x");
    long value;
    try {
      value = Long.parseUnsignedLong(hex ? digits.substring(2) : digits, hex ? 16 : 10);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("'" + digits + "' is no number of at most 64 bits", e);
    }
    if (negative && value < 0 && value != Long.MIN_VALUE) {
      throw new IllegalArgumentException("-" + digits + " does not fit into 64 bits");
    }
    return negative ? -value : value;
  }

  private String peek() {
    return after(0);
  }

  private String after(int distance) {
    return next + distance < words.size() ? words.get(next + distance) : END;
  }

  private String take() {
    String word = peek();
    next = Math.min(next + 1, words.size());
    return word;
  }

  private void expect(String word) {
    if (!peek().equals(word)) {
      throw expected("'" + word + "'");
    }
    take();
  }

  private IllegalArgumentException expected(String what) {
    String found = peek();
    return new IllegalArgumentException(
        "expected " + what + (found.equals(END) ? ", not " + END : ", not '" + found + "'"));
  }
}
