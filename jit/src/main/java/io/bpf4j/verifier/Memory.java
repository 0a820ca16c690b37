package io.bpf4j.verifier;

import io.bpf4j.error.VerifierException.Reason;
import io.bpf4j.isa.Reg;
import java.util.Map;

/// Whether memory may be read or written: alignment, bounds, permission (kernel/bpf/verifier.c,
/// check_mem_access). What the access does to the state is [Transfer]'s business, and for the stack
/// [StackAccess]'s.
final class Memory {
  /// Variable offsets at least this large are never proved.
  static final long MAX_VAR_OFF = 1L << 29;

  private static final String NEGATIVE =
      "R%d min value is negative, either use unsigned index or do a if (index >=0) check.";

  private static final Map<Integer, String> MAP_STRUCTS =
      Map.of(
          MapRules.ARRAY, "bpf_array",
          MapRules.HASH, "bpf_htab",
          MapRules.LRU_HASH, "bpf_htab",
          MapRules.PERCPU_ARRAY, "bpf_array",
          MapRules.PERCPU_HASH, "bpf_htab",
          MapRules.PROG_ARRAY, "bpf_array",
          MapRules.ARRAY_OF_MAPS, "bpf_array",
          MapRules.SOCKMAP, "bpf_stab",
          MapRules.SOCKHASH, "bpf_shtab",
          MapRules.RINGBUF, "bpf_ringbuf_map");

  private final Walk walk;

  Memory(Walk walk) {
    this.walk = walk;
  }

  /// Checks an access by an instruction.
  void check(Precondition.Access access) {
    RegState reg = walk.state.reg(access.base());
    if (!(reg instanceof Pointer p)) {
      throw noMemory(reg, access.base());
    }
    aligned(p, access.off(), access.size(), access.aligned());
    // The pointer's constant part counts as part of the offset from here on.
    long off = (long) access.off() + p.off();
    Reg base = access.base();
    switch (p.kind()) {
      case MAP_KEY -> {
        notNull(p, base);
        if (access.write()) {
          throw Refusal.access(
              Reason.PERMISSION, "write to change key R%d not allowed".formatted(base.ordinal()));
        }
        region(p, base, off, access.size(), p.mapDef().keySize(), false);
      }
      case MAP_VALUE -> {
        notNull(p, base);
        mapPermission(p, off, access.size(), access.write());
        mapValue(p, base, off, access.size(), false);
      }
      case MEM -> {
        notNull(p, base);
        if (access.write() && p.readOnly()) {
          throw cannotWrite(p, base);
        }
        region(p, base, off, access.size(), p.size(), false);
      }
      case CTX -> context(p, access, off);
      case STACK -> stackBounds(p, base, off, access.size(), access.write());
      case PACKET, PACKET_META -> {
        if (access.write() && walk.prog.packet != ProgRules.Packet.WRITE) {
          throw Refusal.access(Reason.PERMISSION, "cannot write into packet");
        }
        packet(p, base, off, access.size(), false);
      }
      case SOCK, SOCK_COMMON, TCP_SOCK, XDP_SOCK -> socket(p, access, off);
      case MAP -> mapStruct(p, access, off);
      default -> throw noMemory(reg, base);
    }
    walk.facts.accessed(walk.state.pc, p);
  }

  private static Refusal noMemory(RegState reg, Reg base) {
    return Refusal.access(
        reg.mayBeNull() ? Reason.MAYBE_NULL : Reason.ACCESS,
        "R%d invalid mem access '%s'".formatted(base.ordinal(), reg.typeName()));
  }

  private static void notNull(Pointer p, Reg base) {
    if (p.nullable()) {
      throw noMemory(p, base);
    }
  }

  static Refusal cannotWrite(Pointer p, Reg base) {
    return Refusal.access(
        Reason.PERMISSION, "R%d cannot write into %s".formatted(base.ordinal(), p.typeName()));
  }

  /// The stack is always accessed aligned, the rest only when asked for.
  void aligned(Pointer p, int off, int size, boolean once) {
    boolean strict =
        once || walk.subject.has(Subject.STRICT_ALIGNMENT) || p.kind() == PtrKind.STACK;
    if (!strict || size == 1) {
      return;
    }
    // Packets start two bytes before a multiple of four (NET_IP_ALIGN).
    long shift = p.kind().isPacket() ? 2 : 0;
    Tnum where = p.var().bits().add(Tnum.constant(shift + p.off() + off));
    if (where.isAligned(size)) {
      return;
    }
    String start = p.var().isConst() ? Long.toString(p.var().value()) : p.var().bits().toString();
    String word = p.nullable() ? "" : p.kind().alignmentWord();
    throw Refusal.access(
        Reason.ALIGNMENT,
        p.kind().isPacket()
            ? "misaligned packet access off 2+%s+%d+%d size %d".formatted(start, p.off(), off, size)
            : "misaligned %saccess off %s+%d+%d size %d"
                .formatted(word, start, p.off(), off, size));
  }

  /// A memory area of `limit` bytes at a constant and a variable offset: both ends of the variable
  /// part must be inside.
  void region(Pointer p, Reg base, long off, long size, long limit, boolean zeroOk) {
    Range var = p.var();
    if (var.smin() < 0
        && (var.smin() == Long.MIN_VALUE
            || off + var.smin() != (int) (off + var.smin())
            || var.smin() + off < 0)) {
      throw Refusal.access(Reason.ACCESS, NEGATIVE.formatted(base.ordinal()));
    }
    inside(p, base, (int) (var.smin() + off), size, limit, zeroOk, "min");
    if (!Bounds.uless(var.umax(), MAX_VAR_OFF)) {
      throw Refusal.access(
          Reason.ACCESS,
          "R%d unbounded memory access, make sure to bounds check any such access"
              .formatted(base.ordinal()));
    }
    inside(p, base, (int) (var.umax() + off), size, limit, zeroOk, "max");
  }

  private static void inside(
      Pointer p, Reg base, int off, long size, long limit, boolean zeroOk, String end) {
    if (!fits(off, size, limit, zeroOk)) {
      throw Refusal.access(
          Reason.ACCESS,
          "%s; R%d %s value is outside of the allowed memory range"
              .formatted(outside(p, base, off, size, limit), base.ordinal(), end));
    }
  }

  private static boolean fits(long off, long size, long limit, boolean zeroOk) {
    return off >= 0 && (size > 0 || (size == 0 && zeroOk)) && off + size <= limit;
  }

  private static String outside(Pointer p, Reg base, long off, long size, long limit) {
    return switch (p.kind()) {
      case MAP_KEY ->
          "invalid access to map key, key_size=%d off=%d size=%d".formatted(limit, off, size);
      case MAP_VALUE ->
          "invalid access to map value, value_size=%d off=%d size=%d".formatted(limit, off, size);
      case PACKET, PACKET_META, PACKET_END ->
          "invalid access to packet, off=%d size=%d, R%d(id=%d,off=%d,r=%d)"
              .formatted(off, size, base.ordinal(), p.id(), off, limit);
      default -> "invalid access to memory, mem_size=%d off=%d size=%d".formatted(limit, off, size);
    };
  }

  /// Creation flags may forbid programs one direction.
  void mapPermission(Pointer p, long off, long size, boolean write) {
    MapDef map = p.mapDef();
    int forbidden = write ? MapDef.READ_ONLY_PROG : MapDef.WRITE_ONLY_PROG;
    if ((map.flags() & forbidden) != 0) {
      throw Refusal.access(
          Reason.PERMISSION,
          "%s map forbidden, value_size=%d off=%d size=%d"
              .formatted(write ? "write into" : "read from", map.valueSize(), off, size));
    }
  }

  /// A map value, whose special fields programs may not touch.
  void mapValue(Pointer p, Reg base, long off, long size, boolean zeroOk) {
    MapDef map = p.mapDef();
    region(p, base, off, size, map.valueSize(), zeroOk);
    for (MapDef.Field field : map.fields()) {
      int start = field.offset();
      boolean touches =
          p.var().smin() + off < start + field.kind().bytes()
              && start < p.var().umax() + off + size;
      if (!touches) {
        continue;
      }
      if (field.kind() == MapDef.FieldKind.KPTR) {
        throw new Beyond("access to a kptr in map '" + map.name() + "'");
      }
      throw Refusal.access(
          Reason.ACCESS, field.kind().spelling() + " cannot be accessed directly by load/store");
    }
  }

  private void context(Pointer p, Precondition.Access access, long off) {
    unmodified(p, access.base());
    int at = (int) off;
    boolean legal =
        access.write()
            ? walk.prog.mayWrite(at, access.size())
            : walk.prog.read(at, access.size(), access.signed()) != null;
    if (!legal) {
      throw Refusal.access(
          Reason.FIELD, "invalid bpf_context access off=%d size=%d".formatted(off, access.size()));
    }
  }

  /// A pointer that must be as it was made.
  void unmodified(Pointer p, Reg reg) {
    if (p.off() != 0) {
      throw Refusal.access(
          Reason.POINTER_ARITHMETIC,
          (p.off() < 0
                  ? "negative offset %s ptr R%d off=%d disallowed"
                  : "dereference of modified %s ptr R%d off=%d disallowed")
              .formatted(p.typeName(), reg.ordinal(), p.off()));
    }
    if (!p.var().isConst(0)) {
      throw Refusal.access(
          Reason.POINTER_ARITHMETIC,
          "variable %s access var_off=%s disallowed".formatted(p.typeName(), p.var().bits()));
    }
  }

  /// That an access stays in the 512 bytes below the frame pointer; the frame's stack grows to it.
  void stackBounds(Pointer p, Reg base, long off, long size, boolean write) {
    String verb = write ? " write to" : " read from";
    Range var = p.var();
    long min;
    long max;
    if (var.isConst()) {
      min = var.value() + off;
      max = min + size;
    } else {
      if (var.smax() >= MAX_VAR_OFF || var.smin() <= -MAX_VAR_OFF) {
        throw Refusal.access(
            Reason.ACCESS,
            "invalid unbounded variable-offset%s stack R%d".formatted(verb, base.ordinal()));
      }
      min = var.smin() + off;
      max = var.smax() + off + size;
    }
    if (min < -Frame.MAX_STACK || min > -1 || max > 0) {
      throw Refusal.access(
          Reason.ACCESS,
          var.isConst()
              ? "invalid%s stack R%d off=%d size=%d".formatted(verb, base.ordinal(), off, size)
              : "invalid variable-offset%s stack R%d var_off=%s off=%d size=%d"
                  .formatted(verb, base.ordinal(), var.bits(), off, size));
    }
    Frame frame = walk.state.frameOf(p);
    frame.grow((int) -min);
    walk.noteStack(frame, (int) -min);
    if (base != Reg.FP) {
      walk.facts.touched(walk.state, p, (int) min, (int) Math.max(min, max), write);
    }
  }

  /// Packet bytes that a comparison with the packet's end has shown to be there.
  void packet(Pointer p, Reg base, long off, long size, boolean zeroOk) {
    if (p.var().smin() < 0) {
      throw Refusal.access(Reason.ACCESS, NEGATIVE.formatted(base.ordinal()));
    }
    if (p.reach() < 0 || !fits(off, size, p.reach(), zeroOk)) {
      String detail = p.reach() < 0 ? "" : outside(p, base, off, size, p.reach()) + "; ";
      throw Refusal.access(
          Reason.ACCESS, "%sR%d offset is outside of the packet".formatted(detail, base.ordinal()));
    }
  }

  private void socket(Pointer p, Precondition.Access access, long off) {
    Reg base = access.base();
    if (p.nullable()) {
      throw noMemory(p, base);
    }
    if (access.write()) {
      throw cannotWrite(p, base);
    }
    if (p.var().smin() < 0) {
      throw Refusal.access(Reason.ACCESS, NEGATIVE.formatted(base.ordinal()));
    }
    if (!SockFields.readable(p.kind(), off, access.size())) {
      throw Refusal.access(
          Reason.FIELD,
          "R%d invalid %s access off=%d size=%d"
              .formatted(base.ordinal(), p.typeName(), off, access.size()));
    }
  }

  private static void mapStruct(Pointer p, Precondition.Access access, long off) {
    notNull(p, access.base());
    String struct = MAP_STRUCTS.getOrDefault(p.mapDef().type(), "bpf_map");
    if (off < 0) {
      throw Refusal.access(
          Reason.ACCESS,
          "R%d is %s invalid negative access: off=%d"
              .formatted(access.base().ordinal(), struct, off));
    }
    if (access.write()) {
      throw Refusal.access(Reason.PERMISSION, "only read from %s is supported".formatted(struct));
    }
    throw new Beyond("reading the kernel's struct " + struct);
  }
}
