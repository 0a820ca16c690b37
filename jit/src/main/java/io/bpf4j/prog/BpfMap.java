package io.bpf4j.prog;

import io.bpf4j.mem.Region;
import java.util.List;

/// A live map as engines see it: its shape, and the memory behind its values. What lookup, update
/// and delete mean is the helpers' business.
public interface BpfMap {
  /// The definition the map was made from, with the sizes it really has.
  MapSpec spec();

  /// A number that is this map's alone in this JVM, at least 1, as the kernel's map ids.
  int id();

  /// The memory of the values as programs on one CPU see it; empty when programs cannot look inside
  /// (SOCKMAP). The answer for a CPU never changes.
  List<Region> valueRegions(int cpu);

  /// Whether each CPU has values of its own.
  boolean perCpu();

  /// The address of element 0 for maps whose values programs address directly (global data); 0 for
  /// others.
  long directValueAddress();

  /// The address of the value at an index, when that is the same on every CPU and as long as the
  /// map lives; 0 where there is none, and for maps that are not arrays.
  default long valueAddress(int index) {
    return 0;
  }

  /// What a program sees when it loads the map's address: an opaque number no memory region holds.
  default long pointer() {
    return POINTER_TAG | (long) id() << 8;
  }

  /// The upper half of every map pointer: not a canonical address of any machine.
  long POINTER_TAG = 0x00b4_f0f0_0000_0000L << 8;

  /// The id in a map pointer, or 0 when the number is none.
  static int idOfPointer(long pointer) {
    return (pointer & 0xffff_ff00_0000_00ffL) == (POINTER_TAG & 0xffff_ff00_0000_00ffL)
        ? (int) (pointer >>> 8)
        : 0;
  }
}
