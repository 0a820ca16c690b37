package io.bpf4j.cbpf;

import static io.bpf4j.cbpf.ClassicInsn.ALU;
import static io.bpf4j.cbpf.ClassicInsn.JMP;
import static io.bpf4j.cbpf.ClassicInsn.LD;
import static io.bpf4j.cbpf.ClassicInsn.LDX;
import static io.bpf4j.cbpf.ClassicInsn.RET;
import static io.bpf4j.cbpf.ClassicInsn.ST;
import static io.bpf4j.cbpf.ClassicInsn.STX;

import io.bpf4j.error.Errno;
import io.bpf4j.error.ErrnoException;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A classic filter as the kernel accepts it (net/core/filter.c bpf_check_classic), and its run: a
/// small interpreter. Registers A and X start with 0, arithmetic is that of 32 bits, shifts take
/// their count modulo 32. A load beyond the packet and a division by 0 end the run with 0. Jumps go
/// forward only, so that every run ends.
public final class ClassicFilter {
  private static final int MAX_INSNS = 4096;
  private static final int MEMORY = 16;
  private static final int LAST_SHIFT = 31;

  private final ClassicInsn[] insns;

  /// @throws ErrnoException EINVAL for a filter that the kernel refuses
  public ClassicFilter(List<ClassicInsn> insns) {
    this.insns = insns.toArray(ClassicInsn[]::new);
    if (this.insns.length == 0 || this.insns.length > MAX_INSNS) {
      throw refuse(0, "a filter has 1 to " + MAX_INSNS + " instructions");
    }
    for (int pc = 0; pc < this.insns.length; pc++) {
      String wrong = wrong(this.insns[pc], this.insns.length - pc - 1);
      if (wrong != null) {
        throw refuse(pc, wrong);
      }
    }
    ClassicInsn last = this.insns[this.insns.length - 1];
    if (last.kind() != RET) {
      throw refuse(this.insns.length - 1, "the last instruction must be a return");
    }
    checkMemory();
  }

  public List<ClassicInsn> insns() {
    return List.of(insns);
  }

  private static ErrnoException refuse(int pc, String why) {
    return new ErrnoException(Errno.EINVAL, "classic filter insn " + pc, why);
  }

  /// What is wrong with an instruction that has so many behind it, or null.
  private static @Nullable String wrong(ClassicInsn insn, int behind) {
    return switch (insn.kind()) {
      case LD -> wrongLoad(insn);
      case LDX ->
          switch (insn.code() & ~LDX) {
            case ClassicInsn.IMM, ClassicInsn.LEN, ClassicInsn.B | ClassicInsn.MSH -> null;
            case ClassicInsn.MEM -> wrongPlace(insn);
            default -> unknown(insn);
          };
      case ST, STX -> insn.code() == insn.kind() ? wrongPlace(insn) : unknown(insn);
      case ALU -> wrongAlu(insn);
      case JMP -> wrongJump(insn, behind);
      case RET -> insn.code() == RET || insn.code() == (RET | ClassicInsn.A) ? null : unknown(insn);
      default ->
          insn.op() == insn.code() - ClassicInsn.MISC
                  && (insn.op() == ClassicInsn.TAX || insn.op() == ClassicInsn.TXA)
              ? null
              : unknown(insn);
    };
  }

  private static String unknown(ClassicInsn insn) {
    return "code 0x%x is unknown".formatted(insn.code());
  }

  private static @Nullable String wrongPlace(ClassicInsn insn) {
    return Integer.compareUnsigned(insn.k(), MEMORY) < 0 ? null : "there are 16 memory words";
  }

  private static @Nullable String wrongLoad(ClassicInsn insn) {
    boolean sized = insn.size() != (ClassicInsn.H | ClassicInsn.B) && insn.code() <= 0xff;
    boolean word = insn.size() == ClassicInsn.W;
    return switch (insn.mode()) {
      case ClassicInsn.ABS ->
          !sized
              ? unknown(insn)
              : Integer.compareUnsigned(insn.k(), Ancillary.OFFSET) >= 0
                      && Ancillary.of(insn.k()) == null
                  ? "there is no ancillary load at 0x%x".formatted(insn.k())
                  : null;
      case ClassicInsn.IND -> sized ? null : unknown(insn);
      case ClassicInsn.IMM, ClassicInsn.LEN -> sized && word ? null : unknown(insn);
      case ClassicInsn.MEM -> sized && word ? wrongPlace(insn) : unknown(insn);
      default -> unknown(insn);
    };
  }

  private static @Nullable String wrongAlu(ClassicInsn insn) {
    if (insn.code() > 0xff || insn.op() > ClassicInsn.XOR) {
      return unknown(insn);
    }
    return switch (insn.op()) {
      case ClassicInsn.DIV, ClassicInsn.MOD ->
          insn.withX() || insn.k() != 0 ? null : "division by 0";
      case ClassicInsn.LSH, ClassicInsn.RSH ->
          insn.withX() || Integer.compareUnsigned(insn.k(), LAST_SHIFT) <= 0
              ? null
              : "shift by more than 31";
      case ClassicInsn.NEG -> insn.withX() ? unknown(insn) : null;
      default -> null;
    };
  }

  private static @Nullable String wrongJump(ClassicInsn insn, int behind) {
    if (insn.code() > 0xff || insn.op() > ClassicInsn.JSET) {
      return unknown(insn);
    }
    if (insn.op() == ClassicInsn.JA) {
      if (insn.withX()) {
        return unknown(insn);
      }
      return Integer.compareUnsigned(insn.k(), behind) < 0 ? null : "jumps beyond the end";
    }
    return insn.jt() < behind && insn.jf() < behind ? null : "jumps beyond the end";
  }

  /// Refuses loads of memory words that were not stored on every way there (check_load_and_stores).
  private void checkMemory() {
    int[] masks = new int[insns.length];
    Arrays.fill(masks, -1);
    int valid = 0;
    for (int pc = 0; pc < insns.length; pc++) {
      ClassicInsn insn = insns[pc];
      valid &= masks[pc];
      switch (insn.kind()) {
        case ST, STX -> valid |= 1 << insn.k();
        case LD, LDX -> {
          if (insn.mode() == ClassicInsn.MEM && (valid >>> insn.k() & 1) == 0) {
            throw refuse(pc, "memory word " + insn.k() + " was not stored");
          }
        }
        case JMP -> {
          if (insn.op() == ClassicInsn.JA) {
            masks[pc + 1 + insn.k()] &= valid;
          } else {
            masks[pc + 1 + insn.jt()] &= valid;
            masks[pc + 1 + insn.jf()] &= valid;
          }
          valid = -1;
        }
        default -> {}
      }
    }
  }

  /// Runs the filter and gives what it returns.
  ///
  /// @param memory 16 words of room
  public int run(ClassicPacket packet, int[] memory) {
    int a = 0;
    int x = 0;
    for (int pc = 0; ; pc++) {
      ClassicInsn insn = insns[pc];
      int k = insn.k();
      int operand = insn.withX() ? x : k;
      switch (insn.kind()) {
        case LD, LDX -> {
          long value = load(insn, packet, memory, a, x);
          if (value < 0) {
            return 0;
          }
          if (insn.kind() == LD) {
            a = (int) value;
          } else {
            x = (int) value;
          }
        }
        case ST -> memory[k] = a;
        case STX -> memory[k] = x;
        case ALU -> {
          boolean divides = insn.op() == ClassicInsn.DIV || insn.op() == ClassicInsn.MOD;
          if (divides && operand == 0) {
            return 0;
          }
          a = alu(insn.op(), a, operand);
        }
        case JMP -> {
          if (insn.op() == ClassicInsn.JA) {
            pc += k;
          } else {
            pc += holds(insn.op(), a, operand) ? insn.jt() : insn.jf();
          }
        }
        case RET -> {
          return insn.op() == ClassicInsn.A ? a : k;
        }
        default -> {
          if (insn.op() == ClassicInsn.TAX) {
            x = a;
          } else {
            a = x;
          }
        }
      }
    }
  }

  /// The 32 bits loaded, or a negative number when the run ends.
  private static long load(ClassicInsn insn, ClassicPacket packet, int[] memory, int a, int x) {
    int bytes =
        switch (insn.size()) {
          case ClassicInsn.W -> Integer.BYTES;
          case ClassicInsn.H -> Short.BYTES;
          default -> 1;
        };
    int k = insn.k();
    return switch (insn.mode()) {
      case ClassicInsn.IMM -> Integer.toUnsignedLong(k);
      case ClassicInsn.MEM -> Integer.toUnsignedLong(memory[k]);
      case ClassicInsn.LEN -> packet.length();
      case ClassicInsn.IND -> packet.load(x + k, bytes);
      case ClassicInsn.MSH -> {
        long octet = packet.load(k, 1);
        yield octet < 0 ? octet : (octet & 0xf) << 2;
      }
      default -> {
        Ancillary asked = Ancillary.of(k);
        yield asked == null
            ? packet.load(k, bytes)
            : asked == Ancillary.ALU_XOR_X
                ? Integer.toUnsignedLong(a ^ x)
                : packet.ancillary(asked);
      }
    };
  }

  private static int alu(int op, int a, int operand) {
    return switch (op) {
      case ClassicInsn.ADD -> a + operand;
      case ClassicInsn.SUB -> a - operand;
      case ClassicInsn.MUL -> a * operand;
      case ClassicInsn.DIV -> Integer.divideUnsigned(a, operand);
      case ClassicInsn.MOD -> Integer.remainderUnsigned(a, operand);
      case ClassicInsn.OR -> a | operand;
      case ClassicInsn.AND -> a & operand;
      case ClassicInsn.XOR -> a ^ operand;
      case ClassicInsn.LSH -> a << operand;
      case ClassicInsn.RSH -> a >>> operand;
      default -> -a;
    };
  }

  private static boolean holds(int op, int a, int operand) {
    return switch (op) {
      case ClassicInsn.JEQ -> a == operand;
      case ClassicInsn.JGT -> Integer.compareUnsigned(a, operand) > 0;
      case ClassicInsn.JGE -> Integer.compareUnsigned(a, operand) >= 0;
      default -> (a & operand) != 0;
    };
  }
}
