package io.bpf4j.map;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.bpf4j.prog.MapSpec;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// A map of this machine's kernel, by bpf(2): the oracle of the map tests. Operations answer −errno
/// where they fail.
final class LiveMaps implements AutoCloseable {
  private static final int CREATE = 0;
  private static final int LOOKUP = 1;
  private static final int UPDATE = 2;
  private static final int DELETE = 3;
  private static final int NEXT = 4;
  private static final int LOOKUP_AND_DELETE = 21;
  private static final int FREEZE = 22;
  private static final int ATTR_BYTES = LiveBpf.ATTR_BYTES;

  private final Arena arena = Arena.ofConfined();
  private final MemorySegment attr = arena.allocate(ATTR_BYTES, 8);
  private final MemorySegment key;
  private final MemorySegment value;
  private final int fd;

  private LiveMaps(MapSpec spec, long valueBytes, int fd) {
    this.fd = fd;
    this.key = arena.allocate(Math.max(8, Integer.toUnsignedLong(spec.keySize())), 8);
    this.value = arena.allocate(Math.max(8, valueBytes), 8);
  }

  /// Values that a per-CPU map has for each key.
  static int possibleCpus() throws IOException {
    String range = Files.readString(Path.of("/sys/devices/system/cpu/possible")).trim();
    return 1 + Integer.parseInt(range.substring(range.indexOf('-') + 1));
  }

  /// Creates a map and closes it at once: 0 or −errno.
  static int tryCreate(MapSpec spec) {
    int fd = create(spec);
    if (fd < 0) {
      return fd;
    }
    LiveBpf.close(fd);
    return 0;
  }

  /// Creates a map whose user-side values have this size.
  static LiveMaps open(MapSpec spec, long valueBytes) {
    int fd = create(spec);
    if (fd < 0) {
      throw new IllegalStateException("MAP_CREATE: errno " + -fd);
    }
    return new LiveMaps(spec, valueBytes, fd);
  }

  private static int create(MapSpec spec) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment attr = arena.allocate(ATTR_BYTES, 8);
      attr.set(JAVA_INT, 0, spec.type());
      attr.set(JAVA_INT, 4, spec.keySize());
      attr.set(JAVA_INT, 8, spec.valueSize());
      attr.set(JAVA_INT, 12, spec.maxEntries());
      attr.set(JAVA_INT, 16, spec.flags());
      attr.set(JAVA_LONG, 64, spec.mapExtra());
      return (int) LiveBpf.bpf(CREATE, attr);
    }
  }

  /// The file descriptor, for instructions that refer to the map.
  int fd() {
    return fd;
  }

  private int element(int command, byte @Nullable [] keyBytes, long valueAddress, long flags) {
    attr.fill((byte) 0);
    attr.set(JAVA_INT, 0, fd);
    if (keyBytes != null) {
      MemorySegment.copy(keyBytes, 0, key, ValueLayout.JAVA_BYTE, 0, keyBytes.length);
      attr.set(JAVA_LONG, 8, key.address());
    }
    attr.set(JAVA_LONG, 16, valueAddress);
    attr.set(JAVA_LONG, 24, flags);
    return (int) LiveBpf.bpf(command, attr);
  }

  Answer lookup(byte[] keyBytes, long flags) {
    return answer(element(LOOKUP, keyBytes, value.address(), flags), value);
  }

  Answer lookupAndDelete(byte[] keyBytes, long flags) {
    return answer(element(LOOKUP_AND_DELETE, keyBytes, value.address(), flags), value);
  }

  Answer update(byte[] keyBytes, byte[] valueBytes, long flags) {
    MemorySegment.copy(valueBytes, 0, value, ValueLayout.JAVA_BYTE, 0, valueBytes.length);
    return Answer.of(element(UPDATE, keyBytes, value.address(), flags));
  }

  Answer delete(byte[] keyBytes) {
    return Answer.of(element(DELETE, keyBytes, 0, 0));
  }

  Answer next(byte @Nullable [] keyBytes, int keySize) {
    MemorySegment out = value.byteSize() >= keySize ? value : arena.allocate(keySize, 8);
    Answer answer = answer(element(NEXT, keyBytes, out.address(), 0), out);
    return answer.errno() != 0 ? answer : new Answer(0, Arrays.copyOf(answer.bytes(), keySize));
  }

  Answer freeze() {
    attr.fill((byte) 0);
    attr.set(JAVA_INT, 0, fd);
    return Answer.of((int) LiveBpf.bpf(FREEZE, attr));
  }

  private static Answer answer(int result, MemorySegment out) {
    return result < 0 ? Answer.of(result) : new Answer(0, out.toArray(ValueLayout.JAVA_BYTE));
  }

  @Override
  public void close() {
    LiveBpf.close(fd);
    arena.close();
  }
}
