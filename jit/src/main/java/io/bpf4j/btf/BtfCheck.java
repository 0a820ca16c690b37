package io.bpf4j.btf;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Holds types to what makes them safe to walk (kernel/bpf/btf.c, `btf_check_all_types`, demands
/// the same and more): references exist and are of the right kind; what a type *contains* (a
/// member, an element, the type behind a typedef) nests to a limited depth and so never comes back
/// to itself; sizes fit 32 bits. A pointer contains nothing.
final class BtfCheck {
  /// The kernel's limit is 32 (MAX_RESOLVE_DEPTH).
  private static final int MAX_DEPTH = 64;

  private static final long MAX_SIZE = 0xffff_ffffL;
  private static final long MAX_FIELDS = 0xffff;
  private static final int[] NONE = {};

  private final BtfReader reader;
  private final List<BtfType> types;
  private final long[] sizes;
  private final int[] depths;
  private final long[] fields;

  BtfCheck(BtfReader reader) {
    this.reader = reader;
    this.types = reader.types();
    this.sizes = new long[types.size()];
    this.depths = new int[types.size()];
    this.fields = new long[types.size()];
  }

  /// Checks all types and returns their sizes in bytes, by id.
  long[] run() {
    for (int id = 1; id < types.size(); id++) {
      checkReferences(id);
    }
    for (int id = 0; id < types.size(); id++) {
      measure(id);
    }
    return sizes;
  }

  private void checkReferences(int id) {
    references(types.get(id))
        .forEach(to -> {
          if (to < 0 || to >= types.size()) {
            throw reader.error(
                id, "refers to type %d of %d".formatted(to & 0xffff_ffffL, types.size()));
          }
        });
    String wrong =
        switch (types.get(id)) {
          case BtfType.Func func when !(types.get(func.prototype()) instanceof BtfType.FuncProto) ->
              "a function without prototype";
          case BtfType.DataSec section
              when section.vars().stream()
                  .map(var -> types.get(var.type()))
                  .anyMatch(t -> !(t instanceof BtfType.Var || t instanceof BtfType.Func)) ->
              "a section that holds something other than variables and functions";
          default -> null;
        };
    if (wrong != null) {
      throw reader.error(id, wrong);
    }
  }

  private static Stream<Integer> references(BtfType type) {
    return switch (type) {
      case BtfType.VoidType _,
          BtfType.Int _,
          BtfType.Enumeration _,
          BtfType.Forward _,
          BtfType.Floating _ ->
          Stream.of();
      case BtfType.Ptr(int to) -> Stream.of(to);
      case BtfType.Array array -> Stream.of(array.element(), array.indexType());
      case BtfType.Struct struct -> struct.members().stream().map(BtfType.Member::type);
      case BtfType.Typedef typedef -> Stream.of(typedef.type());
      case BtfType.Qualified qualified -> Stream.of(qualified.type());
      case BtfType.TypeTag tag -> Stream.of(tag.type());
      case BtfType.Func func -> Stream.of(func.prototype());
      case BtfType.FuncProto proto ->
          Stream.concat(
              Stream.of(proto.result()), proto.params().stream().map(BtfType.Param::type));
      case BtfType.Var var -> Stream.of(var.type());
      case BtfType.DataSec section -> section.vars().stream().map(BtfType.Placed::type);
      case BtfType.DeclTag tag -> Stream.of(tag.type());
    };
  }

  /// The types that lie inside this one.
  private static int[] contained(BtfType type) {
    return switch (type) {
      case BtfType.Array array -> new int[] {array.element()};
      case BtfType.Struct struct ->
          struct.members().stream().mapToInt(BtfType.Member::type).toArray();
      case BtfType.Typedef typedef -> new int[] {typedef.type()};
      case BtfType.Qualified qualified -> new int[] {qualified.type()};
      case BtfType.TypeTag tag -> new int[] {tag.type()};
      case BtfType.Var var -> new int[] {var.type()};
      default -> NONE;
    };
  }

  /// A type whose contents are being measured.
  private static final class Visit {
    final int id;
    final int[] inside;
    int next;

    Visit(int id, int[] inside) {
      this.id = id;
      this.inside = inside;
    }
  }

  /// Depth first, without recursion: the types inside are measured before the type itself.
  private void measure(int root) {
    Deque<Visit> path = new ArrayDeque<>();
    @Nullable Visit visit = depths[root] > 0 ? null : new Visit(root, contained(types.get(root)));
    while (visit != null) {
      if (visit.next == visit.inside.length) {
        settle(visit.id, visit.inside);
        visit = path.pollLast();
        continue;
      }
      int inner = visit.inside[visit.next++];
      if (depths[inner] == 0) {
        path.addLast(visit);
        if (path.size() > MAX_DEPTH) {
          throw reader.error(root, "nests more than " + MAX_DEPTH + " deep, or contains itself");
        }
        visit = new Visit(inner, contained(types.get(inner)));
      }
    }
  }

  private void settle(int id, int[] inside) {
    int depth = 1 + Arrays.stream(inside).map(i -> depths[i]).max().orElse(0);
    if (depth > MAX_DEPTH) {
      throw reader.error(id, "nests more than " + MAX_DEPTH + " deep");
    }
    depths[id] = depth;
    BtfType type = types.get(id);
    sizes[id] =
        switch (type) {
          case BtfType.Int(_, int size, _, _, _, _) -> size;
          case BtfType.Enumeration(_, int size, _, _) -> size;
          case BtfType.Floating(_, int size) -> size;
          case BtfType.Ptr _ -> 8;
          case BtfType.Struct struct -> struct.size();
          case BtfType.DataSec section -> section.size();
          case BtfType.Array array -> array.count() * sizes[array.element()];
          default -> inside.length == 1 ? sizes[inside[0]] : 0;
        };
    if (sizes[id] > MAX_SIZE || sizes[id] < 0) {
      throw reader.error(id, "is larger than 4 GiB");
    }
    fields[id] =
        type instanceof BtfType.Struct struct ? checkMembers(id, struct) : fieldsOf(inside);
  }

  private long fieldsOf(int[] inside) {
    return inside.length == 1 ? fields[inside[0]] : 0;
  }

  /// Bits up to the last one that counts: old compilers write a bit field as an int of few bits.
  private long bits(int id) {
    int at = id;
    while (true) {
      switch (types.get(at)) {
        case BtfType.Typedef typedef -> at = typedef.type();
        case BtfType.Qualified qualified -> at = qualified.type();
        case BtfType.TypeTag tag -> at = tag.type();
        case BtfType.Int integer -> {
          return integer.bitOffset() + integer.bits();
        }
        default -> {
          return sizes[id] * 8;
        }
      }
    }
  }

  /// Members lie inside their struct. Returns how many there are when those of anonymous structs
  /// count as its own.
  private long checkMembers(int id, BtfType.Struct struct) {
    long count = 0;
    for (BtfType.Member member : struct.members()) {
      long bits = member.bitSize() != 0 ? member.bitSize() : bits(member.type());
      if (member.bitOffset() + bits > struct.size() * 8L) {
        throw reader.error(
            id,
            "member '%s' ends at bit %d of %d"
                .formatted(member.name(), member.bitOffset() + bits, struct.size() * 8L));
      }
      count += member.name().isEmpty() ? fields[member.type()] : 1;
    }
    if (count > MAX_FIELDS) {
      throw reader.error(id, "has more than " + MAX_FIELDS + " members");
    }
    return count;
  }
}
