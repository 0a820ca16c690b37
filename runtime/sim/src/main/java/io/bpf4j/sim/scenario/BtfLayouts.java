package io.bpf4j.sim.scenario;

import io.bpf4j.btf.Btf;
import io.bpf4j.btf.BtfType;
import io.bpf4j.prog.MapSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The C layouts of a map's keys and values, as far as the object's BTF tells them. A layout that
/// does not fill the key or value it is for (another size was given) is not used.
public final class BtfLayouts {
  private static final int BITS = 8;

  private final @Nullable Btf btf;

  /// @param btf the object's types, or null when it has none
  public BtfLayouts(@Nullable Btf btf) {
    this.btf = btf;
  }

  /// The layout of a map's keys.
  public Layout key(MapSpec map) {
    return layout(map.keyTypeId(), map.keySize());
  }

  /// The layout of a map's values; for global data a struct whose members are the variables.
  public Layout value(MapSpec map) {
    return layout(map.valueTypeId(), map.valueSize());
  }

  private Layout layout(int typeId, int size) {
    if (btf == null || typeId == 0) {
      return new Layout.Plain(size);
    }
    Layout layout = of(btf, typeId);
    return layout.size() == size ? layout : new Layout.Plain(size);
  }

  private static Layout of(Btf btf, int typeId) {
    int id = btf.resolve(typeId);
    String spelling = btf.spelling(typeId);
    int size = (int) Math.min(btf.sizeOf(typeId), Integer.MAX_VALUE);
    return switch (btf.type(id)) {
      case BtfType.Int integer when isPowerOfTwo(integer.size()) ->
          new Layout.Int(spelling, size, Map.of());
      case BtfType.Enumeration constants -> new Layout.Int(spelling, size, names(constants));
      case BtfType.Ptr _ -> new Layout.Int(spelling, size, Map.of());
      case BtfType.Array array ->
          new Layout.Array(spelling, of(btf, array.element()), count(array));
      case BtfType.Struct _ -> new Layout.Struct(spelling, size, members(btf, id));
      case BtfType.DataSec section ->
          new Layout.Struct(section.name(), size, variables(btf, section));
      default -> new Layout.Plain(size);
    };
  }

  private static boolean isPowerOfTwo(int size) {
    return size <= Long.BYTES && Integer.bitCount(size) == 1;
  }

  private static int count(BtfType.Array array) {
    return (int) Math.min(array.count(), Integer.MAX_VALUE);
  }

  private static Map<String, Long> names(BtfType.Enumeration constants) {
    Map<String, Long> names = new HashMap<>();
    constants.constants().forEach(c -> names.putIfAbsent(c.name(), c.value()));
    return names;
  }

  private static List<Layout.Member> members(Btf btf, int id) {
    List<Layout.Member> members = new ArrayList<>();
    for (BtfType.Member member : btf.fields(id)) {
      members.add(
          new Layout.Member(
              member.name(),
              (int) (member.bitOffset() / BITS),
              of(btf, member.type()),
              member.bitSize()));
    }
    return members;
  }

  private static List<Layout.Member> variables(Btf btf, BtfType.DataSec section) {
    List<Layout.Member> variables = new ArrayList<>();
    for (BtfType.Placed placed : section.vars()) {
      if (btf.type(placed.type()) instanceof BtfType.Var variable) {
        variables.add(
            new Layout.Member(variable.name(), (int) placed.offset(), of(btf, variable.type()), 0));
      }
    }
    return variables;
  }
}
