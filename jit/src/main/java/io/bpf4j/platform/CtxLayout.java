package io.bpf4j.platform;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// The layout of a struct that programs read, and here and there write, field by field: a context,
/// or a socket.
public final class CtxLayout {
  private static final int WIDTHS = 4;

  private final String struct;
  private final int size;
  private final List<CtxField> fields;
  private final @Nullable LoadRule[] rules;
  private final long[] storeMasks;

  /// @param struct the uapi name: `struct bpf_sk_lookup`
  /// @param size bytes of the struct
  public CtxLayout(String struct, int size, List<CtxField> fields) {
    this.struct = struct;
    this.size = size;
    this.fields = List.copyOf(fields);
    this.rules = new @Nullable LoadRule[size * WIDTHS];
    this.storeMasks = new long[size * WIDTHS];
    for (CtxField field : fields) {
      for (CtxField.LegalStore store : field.stores()) {
        storeMasks[store.offset() * WIDTHS + log2(store.width())] = store.mask();
      }
      for (CtxField.LegalLoad load : field.loads()) {
        rules[load.offset() * WIDTHS + log2(load.width())] = load.rule();
      }
    }
  }

  public String struct() {
    return struct;
  }

  public int size() {
    return size;
  }

  public List<CtxField> fields() {
    return fields;
  }

  /// The rule of a load of `width` bytes (1, 2, 4, 8) at `offset`, or null when it is not legal.
  public @Nullable LoadRule rule(long offset, int width) {
    return offset < 0 || offset >= size ? null : rules[(int) offset * WIDTHS + log2(width)];
  }

  /// Which bits of a store of `width` bytes at `offset` are kept; 0 when it is not legal.
  public long storeMask(long offset, int width) {
    return offset < 0 || offset >= size ? 0 : storeMasks[(int) offset * WIDTHS + log2(width)];
  }

  /// The field that covers `offset`, or null.
  public @Nullable CtxField fieldAt(long offset) {
    return fields.stream()
        .filter(f -> offset >= f.offset() && offset < f.offset() + f.size())
        .findFirst()
        .orElse(null);
  }

  private static int log2(int width) {
    return Integer.numberOfTrailingZeros(width);
  }
}
