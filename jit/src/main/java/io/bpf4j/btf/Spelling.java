package io.bpf4j.btf;

import java.util.List;
import java.util.stream.Collectors;

/// Types as C writes them where no name is declared. Pointers are followed to a limited depth:
/// unlike containment they may go round in circles.
final class Spelling {
  private static final int DEEP = 8;

  private final Btf btf;

  private Spelling(Btf btf) {
    this.btf = btf;
  }

  static String of(Btf btf, int id) {
    return new Spelling(btf).text(id, DEEP);
  }

  private String text(int id, int depth) {
    if (depth == 0) {
      return "...";
    }
    return switch (btf.type(id)) {
      case BtfType.Ptr(int to) -> pointer(text(to, depth - 1));
      case BtfType.Array array -> array(array, depth);
      case BtfType.Struct struct -> tagged(struct.union() ? "union" : "struct", struct.name());
      case BtfType.Enumeration type -> tagged("enum", type.name());
      case BtfType.Forward type -> tagged(type.union() ? "union" : "struct", type.name());
      case BtfType.Qualified(String qualifier, int to)
          when btf.type(to) instanceof BtfType.Ptr || btf.type(to) instanceof BtfType.Qualified ->
          text(to, depth - 1) + " " + qualifier;
      case BtfType.Qualified(String qualifier, int to) -> qualifier + " " + text(to, depth - 1);
      case BtfType.TypeTag tag -> text(tag.type(), depth - 1);
      case BtfType.FuncProto proto -> prototype(proto, depth);
      case BtfType.Var var -> text(var.type(), depth - 1);
      case BtfType named -> named.name();
    };
  }

  /// `T *`; a pointer to a function or array puts its star inside.
  private static String pointer(String to) {
    int function = to.indexOf("()(");
    if (function >= 0) {
      return to.substring(0, function) + "(*)(" + to.substring(function + 3);
    }
    return to.endsWith("*") ? to + "*" : to + " *";
  }

  private String array(BtfType.Array array, int depth) {
    StringBuilder counts = new StringBuilder("[" + array.count() + "]");
    int element = array.element();
    while (btf.type(element) instanceof BtfType.Array inner) {
      counts.append('[').append(inner.count()).append(']');
      element = inner.element();
    }
    return text(element, depth - 1) + counts;
  }

  private String prototype(BtfType.FuncProto proto, int depth) {
    List<BtfType.Param> params = proto.params();
    String list =
        params.stream()
            .limit(DEEP)
            .map(p -> p.type() == 0 ? "..." : text(p.type(), Math.min(depth - 1, 3)))
            .collect(Collectors.joining(", "));
    return text(proto.result(), depth - 1) + " ()(" + (list.isEmpty() ? "void" : list) + ")";
  }

  private static String tagged(String tag, String name) {
    return name.isEmpty() ? tag : tag + " " + name;
  }
}
