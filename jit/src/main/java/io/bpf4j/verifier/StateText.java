package io.bpf4j.verifier;

import io.bpf4j.isa.Reg;
import java.util.StringJoiner;

/// States in the kernel's notation (kernel/bpf/log.c, print_verifier_state): `R1=ctx()
/// R2=scalar(id=1,umax=255,var_off=(0x0; 0xff)) fp-8=mmmmmmmm`.
final class StateText {
  private static final String BYTE_TYPES = "?rm0d";

  private StateText() {}

  /// The innermost frame, in full.
  static String of(State state) {
    Frame frame = state.frame();
    StringBuilder out = new StringBuilder();
    if (frame.depth > 0) {
      out.append(" frame").append(frame.depth).append(':');
    }
    for (Reg reg : Reg.values()) {
      if (frame.reg(reg) != NotInit.NOT_INIT) {
        out.append(" R").append(reg.ordinal()).append('=').append(of(frame.reg(reg)));
      }
    }
    for (int i = 0; i < frame.stack.length; i++) {
      out.append(slot(frame, i));
    }
    for (Held held : state.held) {
      out.append(" refs=").append(held.id());
    }
    return out.toString();
  }

  /// What an instruction changed in a frame.
  @SuppressWarnings("ReferenceEquality") // written again, if only with the same
  static String changes(Frame before, Frame now) {
    StringBuilder out = new StringBuilder();
    for (Reg reg : Reg.values()) {
      RegState state = now.reg(reg);
      if (state != before.reg(reg) && state != NotInit.NOT_INIT) {
        out.append(" R").append(reg.ordinal()).append('=').append(of(state));
      }
    }
    for (int i = 0; i < now.stack.length; i++) {
      boolean old = i < before.stack.length && before.stack[i].equals(now.stack[i]);
      if (!old) {
        out.append(slot(now, i));
      }
    }
    return out.toString();
  }

  private static String slot(Frame frame, int index) {
    StackSlot slot = frame.stack[index];
    if (slot.types() == 0) {
      return "";
    }
    StringBuilder text = new StringBuilder(" fp").append(-8 * (index + 1)).append('=');
    if (slot.isSpilled() && slot.type(0) == StackSlot.SPILL) {
      return text.append(of(slot.spilled())).toString();
    }
    for (int i = 0; i < StackSlot.BYTES; i++) {
      text.append(BYTE_TYPES.charAt(slot.type(i)));
    }
    return text.toString();
  }

  static String of(RegState reg) {
    return switch (reg) {
      case NotInit _ -> "?";
      case Scalar s -> scalar(s);
      case Pointer p -> pointer(p);
    };
  }

  private static String scalar(Scalar s) {
    Range range = s.range();
    String mark = s.precise() ? "P" : "";
    if (range.isConst()) {
      return mark + number(range.value());
    }
    StringJoiner parts = new StringJoiner(",", mark + "scalar(", ")");
    if (s.id() != 0) {
      parts.add("id=" + s.link() + ((s.id() & Scalar.ADD_CONST) != 0 ? "+" + s.off() : ""));
    }
    bounds(range, parts);
    return parts.toString();
  }

  private static String pointer(Pointer p) {
    if (p.kind() == PtrKind.STACK && p.var().isConst()) {
      return "fp" + (p.off() + p.var().value());
    }
    StringJoiner parts = new StringJoiner(",", p.typeName() + "(", ")");
    if (p.id() != 0) {
      parts.add("id=" + p.id());
    }
    if (p.refId() != 0) {
      parts.add("ref_obj_id=" + p.refId());
    }
    if (p.off() != 0) {
      parts.add("off=" + p.off());
    }
    if (p.kind().isPacket()) {
      parts.add("r=" + p.reach());
    }
    MapDef map = p.map();
    if (map != null) {
      parts.add("map=" + map.name());
      parts.add("ks=" + map.keySize());
      parts.add("vs=" + map.valueSize());
    }
    if (p.kind() == PtrKind.MEM) {
      parts.add("sz=" + p.size());
    }
    if (!p.var().isConst(0)) {
      if (p.var().isConst()) {
        parts.add("imm=" + number(p.var().value()));
      } else {
        bounds(p.var(), parts);
      }
    }
    return parts.toString();
  }

  private static void bounds(Range r, StringJoiner parts) {
    if (r.smin() != Long.MIN_VALUE) {
      parts.add("smin=" + number(r.smin()));
    }
    if (r.smax() != Long.MAX_VALUE) {
      parts.add("smax=" + number(r.smax()));
    }
    if (r.umin() != 0) {
      parts.add("umin=" + Long.toUnsignedString(r.umin()));
    }
    if (r.umax() != -1) {
      parts.add("umax=" + unsigned(r.umax()));
    }
    if (r.s32min() != Bounds.S32_MIN && r.s32min() != r.smin()) {
      parts.add("smin32=" + number(r.s32min()));
    }
    if (r.s32max() != Bounds.S32_MAX && r.s32max() != r.smax()) {
      parts.add("smax32=" + number(r.s32max()));
    }
    if (r.u32min() != 0 && r.u32min() != r.umin()) {
      parts.add("umin32=" + r.u32min());
    }
    if (r.u32max() != Bounds.LOW && r.u32max() != r.umax()) {
      parts.add("umax32=" + unsigned(r.u32max()));
    }
    if (r.bits().mask() != -1) {
      parts.add("var_off=" + r.bits());
    }
  }

  private static String number(long value) {
    return value > Short.MAX_VALUE || value < Short.MIN_VALUE
        ? "0x" + Long.toHexString(value)
        : Long.toString(value);
  }

  private static String unsigned(long value) {
    return value >= 0 && value <= 0xffff ? Long.toString(value) : "0x" + Long.toHexString(value);
  }
}
