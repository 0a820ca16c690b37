package io.bpf4j.btf;

import java.util.List;

/// A type of BTF (Documentation/bpf/btf.rst, uapi/linux/btf.h). Types refer to each other by id;
/// ids in a [Btf] are always valid, and 0 is void.
public sealed interface BtfType {
  /// The name in C; empty when it has none.
  default String name() {
    return "";
  }

  /// Id 0.
  record VoidType() implements BtfType {
    @Override
    public String name() {
      return "void";
    }
  }

  /// An integer of `size` bytes; `bits` is less only in bit fields of old compilers, which then
  /// start at bit `bitOffset` of it.
  record Int(String name, int size, int bits, int bitOffset, boolean signed, boolean bool)
      implements BtfType {}

  /// `type *`.
  record Ptr(int type) implements BtfType {}

  /// `element[count]`.
  record Array(int element, int indexType, long count) implements BtfType {}

  /// A struct, or a union.
  record Struct(String name, int size, List<Member> members, boolean union) implements BtfType {
    public Struct {
      members = List.copyOf(members);
    }
  }

  /// A member at a bit offset; `bitSize` is 0 unless it is a bit field.
  record Member(String name, int type, long bitOffset, int bitSize) {}

  /// An enum of up to 64 bits.
  record Enumeration(String name, int size, boolean signed, List<Constant> constants)
      implements BtfType {
    public Enumeration {
      constants = List.copyOf(constants);
    }
  }

  /// A constant of an enum.
  record Constant(String name, long value) {}

  /// A struct or union that is declared only.
  record Forward(String name, boolean union) implements BtfType {}

  record Typedef(String name, int type) implements BtfType {}

  /// `const`, `volatile` or `restrict`.
  record Qualified(String qualifier, int type) implements BtfType {}

  /// A type with an attribute of clang (`btf_type_tag`).
  record TypeTag(String name, int type) implements BtfType {}

  /// A function: its prototype and linkage.
  record Func(String name, int prototype, Linkage linkage) implements BtfType {}

  record FuncProto(int result, List<Param> params) implements BtfType {
    public FuncProto {
      params = List.copyOf(params);
    }
  }

  /// A parameter; the last one with type 0 and no name stands for `...`.
  record Param(String name, int type) {}

  /// A variable at file level.
  record Var(String name, int type, Linkage linkage) implements BtfType {}

  /// The variables of an ELF section.
  record DataSec(String name, long size, List<Placed> vars) implements BtfType {
    public DataSec {
      vars = List.copyOf(vars);
    }
  }

  /// A variable (or extern function) at a byte offset of its section.
  record Placed(int type, long offset, long size) {}

  record Floating(String name, int size) implements BtfType {}

  /// An attribute of clang (`btf_decl_tag`) on a declaration; `component` is the member's or
  /// parameter's index, or -1.
  record DeclTag(String name, int type, int component) implements BtfType {}

  /// How far a name is seen.
  enum Linkage {
    STATIC,
    GLOBAL,
    EXTERN
  }
}
