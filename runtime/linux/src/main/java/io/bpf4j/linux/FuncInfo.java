package io.bpf4j.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.bpf4j.prog.Subprog;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The types of a program's functions, which the kernel asks for as soon as a program takes the
/// address of one (`check_ld_imm`: "missing btf func_info"). It wants to know which functions are
/// static; their signatures do not matter to it, so all are `int f(void)`: a BTF made for the
/// program, and one `struct bpf_func_info` a function.
///
/// Programs that take no function's address need none of this and get none.
final class FuncInfo implements AutoCloseable {
  private static final int RECORD = 8;
  private static final int KIND_INT = 1;
  private static final int KIND_FUNC = 12;
  private static final int KIND_FUNC_PROTO = 13;
  private static final int FIRST_FUNC_ID = 3;

  private final @Nullable Fd btf;
  private final @Nullable MemorySegment records;

  private FuncInfo(@Nullable Fd btf, @Nullable MemorySegment records) {
    this.btf = btf;
    this.records = records;
  }

  static FuncInfo of(LoadRequest request, Arena arena) {
    return of(RawInsn.slots(request.insns()), request.subprogs(), request.name(), arena);
  }

  static FuncInfo of(long[] slots, List<Subprog> subprogs, String progName, Arena arena) {
    TreeMap<Integer, String> functions = new TreeMap<>();
    if (!findFunctions(slots, functions)) {
      return new FuncInfo(null, null);
    }
    for (Subprog subprog : subprogs) {
      functions.replace(subprog.pc(), subprog.name());
    }
    ByteBuffer records =
        ByteBuffer.allocate(RECORD * functions.size()).order(ByteOrder.LITTLE_ENDIAN);
    int id = FIRST_FUNC_ID;
    for (int pc : functions.keySet()) {
      records.putInt(pc).putInt(id++);
    }
    return new FuncInfo(
        load(btf(List.copyOf(functions.values())), progName, arena),
        arena.allocateFrom(JAVA_BYTE, records.array()));
  }

  /// Collects where functions begin, and says whether the address of one is taken.
  private static boolean findFunctions(long[] slots, Map<Integer, String> functions) {
    boolean taken = false;
    functions.put(0, "main");
    for (int pc = 0; pc < slots.length; pc += RawInsn.isWide(slots[pc]) ? 2 : 1) {
      if (RawInsn.refersToFunction(slots[pc])) {
        int target = pc + 1 + RawInsn.imm(slots[pc]);
        functions.putIfAbsent(target, "func_" + target);
        taken |= RawInsn.takesFunction(slots[pc]);
      }
    }
    return taken;
  }

  private static Fd load(byte[] btf, String name, Arena arena) {
    Struct attr =
        new Struct(BpfAttr.BTF_LOAD, arena)
            .put("btf", arena.allocateFrom(JAVA_BYTE, btf))
            .put("btf_size", btf.length);
    String thing = "types of prog '" + name + "'";
    return new Fd(Bpf.BTF_LOAD.checked(attr, thing), thing);
  }

  /// ```
  /// [1] INT int   [2] FUNC_PROTO ret=1, no parameters   [3...] FUNC name, type 2, static
  /// ```
  private static byte[] btf(List<String> names) {
    ByteArrayOutputStream strings = new ByteArrayOutputStream();
    strings.write(0);
    ByteBuffer types = ByteBuffer.allocate(16 + 12 + 12 * names.size());
    types.order(ByteOrder.LITTLE_ENDIAN);
    type(types, add(strings, "int"), KIND_INT, Integer.BYTES);
    types.putInt(1 << 24 | Integer.SIZE); // signed, at bit 0
    type(types, 0, KIND_FUNC_PROTO, 1);
    for (String name : names) {
      type(types, add(strings, identifier(name)), KIND_FUNC, 2);
    }
    int header = 24;
    return ByteBuffer.allocate(header + types.capacity() + strings.size())
        .order(ByteOrder.LITTLE_ENDIAN)
        .putShort((short) 0xeb9f)
        .put((byte) 1)
        .put((byte) 0)
        .putInt(header)
        .putInt(0)
        .putInt(types.capacity())
        .putInt(types.capacity())
        .putInt(strings.size())
        .put(types.array())
        .put(strings.toByteArray())
        .array();
  }

  private static void type(ByteBuffer types, int name, int kind, int sizeOrType) {
    types.putInt(name).putInt(kind << 24).putInt(sizeOrType);
  }

  private static int add(ByteArrayOutputStream strings, String text) {
    int offset = strings.size();
    strings.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
    strings.write(0);
    return offset;
  }

  /// A name as BTF takes it (`btf_name_valid_identifier`).
  private static String identifier(String name) {
    String clean = name.replaceAll("[^A-Za-z0-9_]", "_");
    return clean.isEmpty() || Character.isDigit(clean.charAt(0)) ? "_" + clean : clean;
  }

  void describe(Struct attr) {
    if (btf != null && records != null) {
      attr.put("prog_btf_fd", btf.number())
          .put("func_info_rec_size", RECORD)
          .put("func_info", records)
          .put("func_info_cnt", records.byteSize() / RECORD);
    }
  }

  @Override
  public void close() {
    if (btf != null) {
      btf.close();
    }
  }
}
