package io.bpf4j.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.bpf4j.error.Errno;
import io.bpf4j.error.ErrnoException;
import io.bpf4j.map.MapFlags;
import io.bpf4j.map.MapTypes;
import io.bpf4j.prog.MapSpec;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A map of this machine's kernel. Operations have the names and the errors of
/// [io.bpf4j.map.RuntimeMap], so that one can be held against the other. Any thread may call them.
public final class KernelMap implements AutoCloseable {
  private final MapSpec spec;
  private final Fd fd;

  private KernelMap(MapSpec spec, Fd fd) {
    this.spec = spec;
    this.fd = fd;
  }

  /// Makes a map, with its contents, frozen if the spec says so. A map of maps is given the shape
  /// of its inner maps by a map made from [MapSpec#inner], which is closed again.
  ///
  /// @throws ErrnoException as BPF_MAP_CREATE
  public static KernelMap create(MapSpec spec) {
    KernelMap map = new KernelMap(spec, new Fd(createFd(spec), name(spec)));
    try {
      byte[] contents = spec.contents();
      if (contents != null) {
        map.updateElem(new byte[Integer.BYTES], contents, MapFlags.BPF_ANY);
      }
      if (spec.frozen()) {
        map.freeze();
      }
      return map;
    } catch (RuntimeException e) {
      map.close();
      throw e;
    }
  }

  private static long createFd(MapSpec spec) {
    MapSpec inner = spec.inner();
    try (Arena arena = Arena.ofConfined();
        KernelMap template = inner == null ? null : create(inner)) {
      Struct attr =
          new Struct(BpfAttr.MAP_CREATE, arena)
              .put("map_type", spec.type())
              .put("key_size", spec.keySize())
              .put("value_size", spec.valueSize())
              .put("max_entries", spec.maxEntries())
              .put("map_flags", spec.flags() | (spec.frozen() ? MapFlags.BPF_F_RDONLY_PROG : 0))
              .put("map_extra", spec.mapExtra())
              .putText("map_name", objectName(spec.name()));
      if (template != null) {
        attr.put("inner_map_fd", template.fd());
      }
      return Bpf.MAP_CREATE.checked(attr, name(spec));
    }
  }

  /// A name as the kernel takes it (`bpf_obj_name_cpy`): letters, digits, `_` and `.`.
  static String objectName(String name) {
    return name.replaceAll("[^A-Za-z0-9_.]", "_");
  }

  private static String name(MapSpec spec) {
    return "map '" + spec.name() + "'";
  }

  /// The definition it was made from.
  public MapSpec spec() {
    return spec;
  }

  /// The file descriptor, which stays this map's to close.
  public int fd() {
    return fd.number();
  }

  /// The kernel's id.
  public int id() {
    return (int) info("id");
  }

  /// The map as the kernel says that it is.
  public MapSpec shape() {
    return MapSpec.of(
        spec.name(),
        (int) info("type"),
        (int) info("key_size"),
        (int) info("value_size"),
        (int) info("max_entries"),
        (int) info("map_flags"));
  }

  private long info(String member) {
    try (Arena arena = Arena.ofConfined()) {
      return ObjectInfo.of(fd, BpfAttr.MAP_INFO, arena).get(member);
    }
  }

  /// Bytes of a value on the user side: per-CPU types hold one for each possible CPU, rounded up to
  /// 8; tables of maps or programs show ids.
  public int userValueSize() {
    return switch (spec.type()) {
      case MapTypes.PERCPU_HASH, MapTypes.PERCPU_ARRAY, MapTypes.LRU_PERCPU_HASH ->
          (spec.valueSize() + 7 & ~7) * KernelSupport.possibleCpus();
      default -> spec.valueSize();
    };
  }

  /// Reads a value.
  ///
  /// @throws ErrnoException ENOENT when the key is absent
  public byte[] lookupElem(byte[] key) {
    return lookupElem(key, 0);
  }

  /// @throws ErrnoException as BPF_MAP_LOOKUP_ELEM
  public byte[] lookupElem(byte[] key, long flags) {
    return read(Bpf.MAP_LOOKUP_ELEM, key, flags);
  }

  /// Reads and removes; for queues and stacks the key is empty.
  ///
  /// @throws ErrnoException as BPF_MAP_LOOKUP_AND_DELETE_ELEM
  public byte[] lookupAndDeleteElem(byte[] key, long flags) {
    return read(Bpf.MAP_LOOKUP_AND_DELETE_ELEM, key, flags);
  }

  private byte[] read(Bpf command, byte[] key, long flags) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = arena.allocate(Math.max(userValueSize(), Long.BYTES), Long.BYTES);
      checked(command, element(arena, key).put("value", value).put("flags", flags));
      return value.asSlice(0, userValueSize()).toArray(JAVA_BYTE);
    }
  }

  /// Makes or replaces an element.
  ///
  /// @throws ErrnoException as BPF_MAP_UPDATE_ELEM
  public void updateElem(byte[] key, byte[] value, long flags) {
    checkSize("value", value, userValueSize());
    update(key, value, flags);
  }

  /// Puts what a descriptor stands for: a socket into a socket map, a map into a map of maps, a
  /// program into a table of programs.
  ///
  /// @throws ErrnoException as BPF_MAP_UPDATE_ELEM
  public void updateFd(byte[] key, int value, long flags) {
    update(
        key,
        ByteBuffer.allocate(Math.max(spec.valueSize(), Integer.BYTES))
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(value)
            .array(),
        flags);
  }

  /// [#updateFd] for maps indexed by a number.
  public void updateFd(int index, int value) {
    updateFd(index(index), value, MapFlags.BPF_ANY);
  }

  /// The key of an element of an array: 4 bytes, little-endian.
  public static byte[] index(int index) {
    return ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN).putInt(index).array();
  }

  private void update(byte[] key, byte[] value, long flags) {
    try (Arena arena = Arena.ofConfined()) {
      checked(
          Bpf.MAP_UPDATE_ELEM,
          element(arena, key).put("value", bytes(arena, value)).put("flags", flags));
    }
  }

  /// Removes an element.
  ///
  /// @throws ErrnoException as BPF_MAP_DELETE_ELEM
  public void deleteElem(byte[] key) {
    try (Arena arena = Arena.ofConfined()) {
      checked(Bpf.MAP_DELETE_ELEM, element(arena, key));
    }
  }

  /// The key after a key, or the first for null.
  ///
  /// @throws ErrnoException ENOENT after the last
  public byte[] nextKey(byte @Nullable [] key) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment next = arena.allocate(Math.max(spec.keySize(), Integer.BYTES), Long.BYTES);
      Struct attr =
          key == null ? new Struct(BpfAttr.ELEM, arena).put("map_fd", fd()) : element(arena, key);
      checked(Bpf.MAP_GET_NEXT_KEY, attr.put("value", next));
      return next.asSlice(0, spec.keySize()).toArray(JAVA_BYTE);
    }
  }

  /// All elements in the order of [#nextKey]; one that disappears meanwhile is left out.
  public List<Map.Entry<byte[], byte[]>> entries() {
    List<Map.Entry<byte[], byte[]>> all = new ArrayList<>();
    byte[] key = keyAfter(null);
    while (key != null) {
      try {
        all.add(Map.entry(key, lookupElem(key)));
      } catch (ErrnoException e) {
        ignoreAbsent(e);
      }
      key = keyAfter(key);
    }
    return all;
  }

  private byte @Nullable [] keyAfter(byte @Nullable [] key) {
    try {
      return nextKey(key);
    } catch (ErrnoException e) {
      ignoreAbsent(e);
      return null;
    }
  }

  private static void ignoreAbsent(ErrnoException e) {
    if (e.errno() != Errno.ENOENT) {
      throw e;
    }
  }

  /// Ends all updates from the user side.
  ///
  /// @throws ErrnoException EPERM when it is frozen already, EBUSY when it is mapped for writing
  public void freeze() {
    try (Arena arena = Arena.ofConfined()) {
      checked(Bpf.MAP_FREEZE, new Struct(BpfAttr.MAP_FREEZE, arena).put("map_fd", fd()));
    }
  }

  private void checked(Bpf command, Struct attr) {
    command.checked(attr, fd.thing());
  }

  private Struct element(Arena arena, byte[] key) {
    checkSize("key", key, spec.keySize());
    Struct attr = new Struct(BpfAttr.ELEM, arena).put("map_fd", fd());
    return key.length == 0 ? attr : attr.put("key", bytes(arena, key));
  }

  private static MemorySegment bytes(Arena arena, byte[] bytes) {
    MemorySegment copy = arena.allocate(Math.max(bytes.length, 1), Long.BYTES);
    MemorySegment.copy(bytes, 0, copy, JAVA_BYTE, 0, bytes.length);
    return copy;
  }

  /// The kernel reads as many bytes as the map says; fewer would let it read foreign memory.
  private void checkSize(String what, byte[] bytes, int size) {
    if (bytes.length != size) {
      throw new IllegalArgumentException(
          "%s: the %s has %d bytes, the map's have %d"
              .formatted(fd.thing(), what, bytes.length, size));
    }
  }

  @Override
  public void close() {
    fd.close();
  }

  @Override
  public String toString() {
    return fd.thing();
  }
}
