package io.bpf4j.btf;

import io.bpf4j.error.ElfFormatException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// The types of an object. Immutable; every reference inside is valid and no type contains itself,
/// so walking from a type to what it contains always ends.
public final class Btf {
  private final List<BtfType> types;
  private final long[] sizes;
  private final Map<String, List<Integer>> byName = new HashMap<>();
  private final @Nullable BtfExt ext;

  private Btf(List<BtfType> types, long[] sizes, @Nullable BtfExt ext) {
    this.types = List.copyOf(types);
    this.sizes = sizes;
    this.ext = ext;
    for (int id = 0; id < this.types.size(); id++) {
      byName.computeIfAbsent(this.types.get(id).name(), _ -> new ArrayList<>()).add(id);
    }
  }

  /// Reads section `.BTF`, and `.BTF.ext` when there is one.
  ///
  /// @throws ElfFormatException naming offset and rule
  public static Btf read(ByteSpan section, @Nullable ByteSpan ext, Placement placement) {
    BtfReader reader = new BtfReader(section, placement).read();
    BtfCheck check = new BtfCheck(reader);
    long[] sizes = check.run();
    reader.place();
    return new Btf(
        reader.types(),
        sizes,
        ext == null ? null : BtfExt.read(ext, reader.strings(), reader.types()));
  }

  /// The number of types, void included: ids are less than this.
  public int size() {
    return types.size();
  }

  /// The type with this id.
  public BtfType type(int id) {
    return types.get(id);
  }

  /// Function info, line info and CO-RE records; null without `.BTF.ext`.
  public @Nullable BtfExt ext() {
    return ext;
  }

  /// Bytes of a value of this type; 0 for void and functions.
  public long sizeOf(int id) {
    return sizes[id];
  }

  /// The id of what is behind typedefs, qualifiers and tags.
  public int resolve(int id) {
    int at = id;
    while (true) {
      switch (types.get(at)) {
        case BtfType.Typedef typedef -> at = typedef.type();
        case BtfType.Qualified qualified -> at = qualified.type();
        case BtfType.TypeTag tag -> at = tag.type();
        default -> {
          return at;
        }
      }
    }
  }

  /// What is behind typedefs, qualifiers and tags.
  public BtfType resolved(int id) {
    return types.get(resolve(id));
  }

  /// The members of a struct or union, those of anonymous structs inside it among them, with their
  /// bit offsets in the whole. Empty for other types.
  public List<BtfType.Member> fields(int id) {
    List<BtfType.Member> fields = new ArrayList<>();
    addFields(resolve(id), 0, fields);
    return fields;
  }

  private void addFields(int id, long base, List<BtfType.Member> fields) {
    if (!(types.get(id) instanceof BtfType.Struct struct)) {
      return;
    }
    for (BtfType.Member member : struct.members()) {
      int inner = resolve(member.type());
      if (member.name().isEmpty() && types.get(inner) instanceof BtfType.Struct) {
        addFields(inner, base + member.bitOffset(), fields);
        continue;
      }
      fields.add(placed(member, base + member.bitOffset(), types.get(inner)));
    }
  }

  /// Old compilers write a bit field as an int of few bits at an offset inside its bytes.
  private static BtfType.Member placed(BtfType.Member member, long bitOffset, BtfType type) {
    return member.bitSize() == 0
            && type instanceof BtfType.Int integer
            && (integer.bits() < integer.size() * 8 || integer.bitOffset() > 0)
        ? new BtfType.Member(
            member.name(), member.type(), bitOffset + integer.bitOffset(), integer.bits())
        : new BtfType.Member(member.name(), member.type(), bitOffset, member.bitSize());
  }

  /// The id of the first type with this name that fits, or 0.
  public int idOf(String name, Predicate<BtfType> fits) {
    return byName.getOrDefault(name, List.of()).stream()
        .filter(id -> fits.test(types.get(id)))
        .findFirst()
        .orElse(0);
  }

  /// The id of the variables of an ELF section, or 0.
  public int sectionId(String name) {
    return idOf(name, type -> type instanceof BtfType.DataSec);
  }

  /// The variables of an ELF section, or null.
  public BtfType.@Nullable DataSec section(String name) {
    return types.get(sectionId(name)) instanceof BtfType.DataSec section ? section : null;
  }

  /// How C writes the type: `struct service`, `const char *`, `__u32[4]`.
  public String spelling(int id) {
    return Spelling.of(this, id);
  }
}
