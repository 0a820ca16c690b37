package io.bpf4j.mem;

/// A stretch of memory that a program may touch, as a sequence of equal cells: an access must lie
/// inside one cell's readable part. A stack, a packet or a context is one cell; a map's value area
/// has one a value, so that an access cannot run from one value into the next.
///
/// ```
/// base                     base+stride
///  |<-- cellSize -->|......|<-- cellSize -->|......| ... base+length
/// ```
///
/// @param kind what lives there
/// @param name for messages: `map 'ports'`
/// @param base first address
/// @param length bytes in all; at least 1
/// @param stride distance of cells: a power of two, or [#SINGLE] when the whole is one cell
/// @param cellSize accessible bytes of each cell
/// @param writable whether programs may store here
public record Region(
    Kind kind, String name, long base, long length, long stride, long cellSize, boolean writable) {
  /// The stride of a region that is one cell: its mask covers every offset.
  public static final long SINGLE = 1L << 62;

  /// What a region holds.
  public enum Kind {
    STACK,
    CTX,
    /// Packet data, or the memory handed to a program without a type.
    MEM,
    MAP_VALUE,
    /// Socket images: read through the rules of `struct bpf_sock`, one cell a socket.
    SOCK
  }

  public Region {
    if (length < 1
        || cellSize < 1
        || Long.bitCount(stride) != 1
        || cellSize > Math.min(stride, length)) {
      throw new IllegalArgumentException(
          "length " + length + ", stride " + stride + ", cell " + cellSize);
    }
  }

  /// A region of one cell.
  public static Region single(Kind kind, String name, long base, long length, boolean writable) {
    return new Region(kind, name, base, length, SINGLE, length, writable);
  }

  /// Whether `[address, address + size)` lies inside one cell.
  public boolean holds(long address, long size) {
    long d = address - base;
    return d >= 0 && d < length && (d & (stride - 1)) <= cellSize - size;
  }

  /// Whether the address is between the region's bounds, in a cell or not.
  public boolean contains(long address) {
    return address - base >= 0 && address - base < length;
  }
}
