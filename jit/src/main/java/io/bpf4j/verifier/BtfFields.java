package io.bpf4j.verifier;

import io.bpf4j.btf.Btf;
import io.bpf4j.btf.BtfType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What in a map's values only helpers may touch, as BTF tells it (kernel/bpf/btf.c,
/// btf_parse_fields).
final class BtfFields {
  private static final int MAX_DEPTH = 32;

  /// Types that this verifier knows to be special, without rules of their own.
  private static final Set<String> OTHERS =
      Set.of(
          "bpf_wq",
          "bpf_res_spin_lock",
          "bpf_task_work",
          "bpf_list_head",
          "bpf_list_node",
          "bpf_rb_root",
          "bpf_rb_node",
          "bpf_refcount");

  private final Btf btf;
  private final List<MapDef.Field> found = new ArrayList<>();

  private BtfFields(Btf btf) {
    this.btf = btf;
  }

  /// The special fields of values of a type, by ascending offset.
  static List<MapDef.Field> of(@Nullable Btf btf, int valueType) {
    if (btf == null || valueType == 0) {
      return List.of();
    }
    BtfFields fields = new BtfFields(btf);
    fields.find(valueType, 0, 0);
    fields.found.sort(Comparator.comparingInt(MapDef.Field::offset));
    return fields.found;
  }

  private void find(int id, long offset, int depth) {
    if (depth > MAX_DEPTH) {
      return;
    }
    switch (btf.type(id)) {
      case BtfType.Struct struct -> struct(id, struct, offset, depth);
      case BtfType.Array array -> {
        long size = btf.sizeOf(array.element());
        for (long i = 0; i < array.count() && i * size < Integer.MAX_VALUE; i++) {
          int before = found.size();
          find(array.element(), offset + i * size, depth + 1);
          if (found.size() == before) {
            return;
          }
        }
      }
      case BtfType.DataSec section ->
          section.vars().forEach(placed -> find(placed.type(), placed.offset(), depth + 1));
      case BtfType.Var variable -> find(variable.type(), offset, depth + 1);
      case BtfType.Typedef typedef -> find(typedef.type(), offset, depth + 1);
      case BtfType.Qualified qualified -> find(qualified.type(), offset, depth + 1);
      case BtfType.Ptr ptr -> pointer(ptr, offset);
      default -> {}
    }
  }

  private void struct(int id, BtfType.Struct struct, long offset, int depth) {
    switch (struct.name()) {
      case "bpf_spin_lock" -> add(MapDef.FieldKind.SPIN_LOCK, offset);
      case "bpf_timer" -> add(MapDef.FieldKind.TIMER, offset);
      default -> {
        if (OTHERS.contains(struct.name())) {
          add(MapDef.FieldKind.OTHER, offset);
          return;
        }
        for (BtfType.Member member : btf.fields(id)) {
          if (member.bitSize() == 0) {
            find(member.type(), offset + member.bitOffset() / Byte.SIZE, depth + 1);
          }
        }
      }
    }
  }

  private void pointer(BtfType.Ptr ptr, long offset) {
    if (btf.type(ptr.type()) instanceof BtfType.TypeTag tag
        && (tag.name().contains("kptr") || tag.name().equals("uptr"))) {
      add(MapDef.FieldKind.KPTR, offset);
    }
  }

  private void add(MapDef.FieldKind kind, long offset) {
    found.add(new MapDef.Field(kind, (int) offset));
  }
}
