package io.bpf4j.map;

import static io.bpf4j.map.MapFlags.BPF_F_LOCK;
import static io.bpf4j.map.MapFlags.BPF_F_RDONLY;
import static io.bpf4j.map.MapFlags.BPF_F_RDONLY_PROG;
import static io.bpf4j.map.MapFlags.BPF_F_WRONLY;

import io.bpf4j.error.Errno;
import io.bpf4j.error.ErrnoException;
import io.bpf4j.mem.Cpu;
import io.bpf4j.mem.Memory;
import io.bpf4j.mem.Region;
import io.bpf4j.prog.BpfMap;
import io.bpf4j.prog.MapSpec;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.ref.Reference;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A live map. It has two sides, as in the kernel:
///
/// - the *program side* ([#lookup], [#update], [#delete]) works on addresses, answers 0 or −errno,
///   allocates nothing, and may be called from many CPU slots at once;
/// - the *user side* (the methods ending in `Elem`, [#nextKey], [#entries]) is the bpf system call:
///   byte arrays in and out, [ErrnoException] for what the system call refuses. It first checks
///   what kernel/bpf/syscall.c checks for every type (flags, access mode, F_LOCK) and then asks the
///   type through the `user…` methods.
///
/// A map lives as long as something refers to it; its memory is freed with it.
public abstract class RuntimeMap implements BpfMap {
  private static final MethodType LOOKUP = MethodType.methodType(long.class, Cpu.class, long.class);
  private static final MethodType UPDATE =
      MethodType.methodType(long.class, Cpu.class, long.class, long.class, long.class);

  private final MapSpec spec;
  private final int id;
  private volatile boolean frozen;

  /// A map that [Maps#create] is making: helpers find it from then on.
  protected RuntimeMap(MapSpec spec) {
    this.spec = spec;
    this.id = MapRegistry.nextId();
  }

  /// The live map that a pointer in a program stands for, or null.
  public static @Nullable RuntimeMap ofPointer(long pointer) {
    return MapRegistry.find(BpfMap.idOfPointer(pointer));
  }

  /// The live map one of whose values, as a CPU sees them, contains the address; null when there is
  /// none. Slow.
  public static @Nullable RuntimeMap ofValueAddress(int cpu, long address) {
    return MapRegistry.holding(cpu, address);
  }

  @Override
  public final MapSpec spec() {
    return spec;
  }

  @Override
  public final int id() {
    return id;
  }

  /// The map's name, for messages.
  public final String name() {
    return spec.name();
  }

  @Override
  public List<Region> valueRegions(int cpu) {
    return List.of();
  }

  @Override
  public boolean perCpu() {
    return false;
  }

  @Override
  public long directValueAddress() {
    return 0;
  }

  /// Whether programs may not store here: made with F_RDONLY_PROG, or frozen data. The kernel
  /// refuses such programs when they are loaded; ours get EACCES from the helper.
  public final boolean programReadOnly() {
    return (spec.flags() & BPF_F_RDONLY_PROG) != 0 || spec.frozen();
  }

  /// The region of value cells from `base` on.
  protected final Region valueRegion(long base, long length, long stride) {
    return new Region(
        Region.Kind.MAP_VALUE,
        toString(),
        base,
        length,
        stride,
        Integer.toUnsignedLong(spec.valueSize()),
        !programReadOnly());
  }

  /// `bpf_map_lookup_elem`: the address of the value (for socket maps, of the socket), or 0.
  public abstract long lookup(Cpu cpu, long keyAddress);

  /// `bpf_map_update_elem`: 0 or −errno.
  public abstract long update(Cpu cpu, long keyAddress, long valueAddress, long flags);

  /// `bpf_map_delete_elem`: 0 or −errno.
  public abstract long delete(Cpu cpu, long keyAddress);

  /// [#lookup] of this map as a constant handle `(Cpu, long)long`.
  public MethodHandle lookupHandle() {
    return handle("lookup", LOOKUP);
  }

  /// [#update] of this map as a constant handle `(Cpu, long, long, long)long`.
  public MethodHandle updateHandle() {
    return handle("update", UPDATE);
  }

  /// [#delete] of this map as a constant handle `(Cpu, long)long`.
  public MethodHandle deleteHandle() {
    return handle("delete", LOOKUP);
  }

  private MethodHandle handle(String method, MethodType type) {
    // The receiver is a constant, so the compiler knows its class and needs no virtual call.
    try {
      return MethodHandles.lookup().findVirtual(RuntimeMap.class, method, type).bindTo(this);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("RuntimeMap." + method, e);
    }
  }

  /// Reads a value as BPF_MAP_LOOKUP_ELEM does. Per-CPU types give all CPUs' values, each rounded
  /// up to 8 bytes.
  ///
  /// @throws ErrnoException ENOENT when the key is absent
  public final byte[] lookupElem(byte[] key) {
    return lookupElem(key, 0);
  }

  /// Reads a value; `flags` may hold F_LOCK, which needs a spin lock in the value.
  ///
  /// @throws ErrnoException as the system call
  public final byte[] lookupElem(byte[] key, long flags) {
    checkLookupFlags("lookup", flags);
    checkReadable("lookup");
    checkLock("lookup", flags);
    checkKey("lookup", key);
    return userLookup(key);
  }

  /// Makes or replaces an element as BPF_MAP_UPDATE_ELEM does.
  ///
  /// @throws ErrnoException as the system call
  public final void updateElem(byte[] key, byte[] value, long flags) {
    checkWritable("update");
    checkLock("update", flags);
    checkKey("update", key);
    checkValue("update", value);
    userUpdate(key, value, flags);
  }

  /// Removes an element as BPF_MAP_DELETE_ELEM does.
  ///
  /// @throws ErrnoException as the system call
  public final void deleteElem(byte[] key) {
    checkWritable("delete");
    checkKey("delete", key);
    userDelete(key);
  }

  /// Reads and removes an element as BPF_MAP_LOOKUP_AND_DELETE_ELEM does.
  ///
  /// @throws ErrnoException ENOTSUPP (524) for types without it
  public final byte[] lookupAndDeleteElem(byte[] key, long flags) {
    checkLookupFlags("lookup_and_delete", flags);
    checkReadable("lookup_and_delete");
    checkWritable("lookup_and_delete");
    checkLock("lookup_and_delete", flags);
    checkKey("lookup_and_delete", key);
    return userLookupAndDelete(key);
  }

  /// The key after a key, or the first key for null or (in most types) an unknown one, as
  /// BPF_MAP_GET_NEXT_KEY.
  ///
  /// @throws ErrnoException ENOENT after the last
  public final byte[] nextKey(byte @Nullable [] key) {
    checkReadable("next key");
    if (key != null) {
      checkKey("next key", key);
    }
    return userNextKey(key);
  }

  /// All elements at this moment, in the order of [#nextKey]; the values as [#lookupElem] gives
  /// them. This is a view for dumps and reports: access modes do not apply.
  public abstract List<Map.Entry<byte[], byte[]>> entries();

  /// Ends all updates from the user side, as BPF_MAP_FREEZE does.
  ///
  /// @throws ErrnoException EPERM when it is frozen already, or was made with F_RDONLY
  public final void freeze() {
    checkWritable("freeze");
    frozen = true;
  }

  /// Reads the value of a key of the right size.
  protected abstract byte[] userLookup(byte[] key);

  /// Updates with key and value of the right size.
  protected abstract void userUpdate(byte[] key, byte[] value, long flags);

  /// Deletes a key of the right size.
  protected abstract void userDelete(byte[] key);

  /// Reads and deletes a key of the right size; most types have no such operation.
  protected byte[] userLookupAndDelete(byte[] key) {
    throw refuse(Errno.ENOTSUPP, "lookup_and_delete", "the map type has no such operation");
  }

  /// The key after one of the right size.
  protected abstract byte[] userNextKey(byte @Nullable [] key);

  /// Bytes of a value on the user side.
  protected long userValueSize() {
    return Integer.toUnsignedLong(spec.valueSize());
  }

  /// EPERM when user space may not write: frozen, or made with F_RDONLY.
  protected final void checkWritable(String operation) {
    if (frozen) {
      throw refuse(Errno.EPERM, operation, "the map is frozen");
    }
    if ((spec.flags() & BPF_F_RDONLY) != 0) {
      throw refuse(Errno.EPERM, operation, "the map was made with BPF_F_RDONLY");
    }
  }

  private void checkReadable(String operation) {
    if ((spec.flags() & BPF_F_WRONLY) != 0) {
      throw refuse(Errno.EPERM, operation, "the map was made with BPF_F_WRONLY");
    }
  }

  private void checkLookupFlags(String operation, long flags) {
    if ((flags & ~BPF_F_LOCK) != 0) {
      throw refuse(Errno.EINVAL, operation, "flags 0x%x: only BPF_F_LOCK".formatted(flags));
    }
  }

  private void checkLock(String operation, long flags) {
    if ((flags & BPF_F_LOCK) != 0) {
      throw refuse(Errno.EINVAL, operation, "BPF_F_LOCK on values without a spin lock");
    }
  }

  /// EINVAL when the key has not the map's key size.
  protected final void checkKey(String operation, byte[] key) {
    if (key.length != Integer.toUnsignedLong(spec.keySize())) {
      throw refuse(
          Errno.EINVAL,
          operation,
          "the key has %d bytes, the map's keys have %d".formatted(key.length, spec.keySize()));
    }
  }

  private void checkValue(String operation, byte[] value) {
    if (value.length != userValueSize()) {
      throw refuse(
          Errno.EINVAL,
          operation,
          "the value has %d bytes, the map's values have %d"
              .formatted(value.length, userValueSize()));
    }
  }

  /// The exception of a refused operation on this map.
  protected final ErrnoException refuse(Errno errno, String operation, String why) {
    return new ErrnoException(errno, "map '" + name() + "' " + operation, why);
  }

  /// A copy of memory that this map owns; the map stays reachable until it is made.
  protected final byte[] copyOut(long address, int length) {
    try {
      return Memory.bytes(address, length);
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  @Override
  public String toString() {
    return "map '" + name() + "'";
  }
}
