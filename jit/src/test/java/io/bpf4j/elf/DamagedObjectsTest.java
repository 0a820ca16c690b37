package io.bpf4j.elf;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.btf.Btf;
import io.bpf4j.error.BpfException;
import io.bpf4j.prog.BpfObject;
import io.bpf4j.prog.MapSpec;
import io.bpf4j.prog.ProgSpec;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Whatever is done to an object, reading it ends soon, within little memory, in an object that can
/// be walked or in one line.
class DamagedObjectsTest {
  private static final int TRIES = 700;
  private static final long MOST_NANOS = 3_000_000_000L;
  private static final long MOST_BYTES = 300L << 20;

  private static final long[] NASTY = {
    0,
    1,
    2,
    7,
    8,
    0x7f,
    0xff,
    0xffff,
    0x7fff_ffff,
    0x8000_0000L,
    0xffff_fff8L,
    0xffff_ffffL,
    1L << 32,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    -1,
    -8
  };

  /// What happened to a file.
  private interface Damage {
    byte[] apply(byte[] bytes, SplittableRandom random);
  }

  private static ByteBuffer buffer(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static byte[] flipBits(byte[] bytes, SplittableRandom random) {
    for (int i = random.nextInt(1, 9); i > 0; i--) {
      bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
    }
    return bytes;
  }

  private static byte[] cut(byte[] bytes, SplittableRandom random) {
    return Arrays.copyOf(bytes, random.nextInt(bytes.length));
  }

  private static void smash(byte[] bytes, int from, int length, SplittableRandom random) {
    int size = 1 << random.nextInt(4);
    if (length < size) {
      return;
    }
    int at = from + random.nextInt((length - size) / size + 1) * size;
    long old = size == 8 ? buffer(bytes).getLong(at) : buffer(bytes).get(at);
    long value =
        switch (random.nextInt(4)) {
          case 0 -> old + random.nextInt(-16, 17);
          case 1 -> random.nextInt(bytes.length);
          default -> NASTY[random.nextInt(NASTY.length)];
        };
    switch (size) {
      case 1 -> bytes[at] = (byte) value;
      case 2 -> buffer(bytes).putShort(at, (short) value);
      case 4 -> buffer(bytes).putInt(at, (int) value);
      default -> buffer(bytes).putLong(at, value);
    }
  }

  private static byte[] smashHeader(byte[] bytes, SplittableRandom random) {
    smash(bytes, 16, 48, random);
    return bytes;
  }

  private static byte[] smashSectionTable(byte[] bytes, SplittableRandom random) {
    int table = (int) buffer(bytes).getLong(40);
    smash(bytes, table, buffer(bytes).getShort(60) * 64, random);
    return bytes;
  }

  private static Damage smashSections(String... names) {
    return (bytes, random) -> {
      ElfFile elf = ElfReader.read("whole", bytes);
      ElfSection section = elf.section(names[random.nextInt(names.length)]);
      for (int i = random.nextInt(1, 4); i > 0 && section != null; i--) {
        smash(bytes, section.bytes().start(), section.bytes().length(), random);
      }
      return bytes;
    };
  }

  private static Damage damage(String kind) {
    return switch (kind) {
      case "bits" -> DamagedObjectsTest::flipBits;
      case "length" -> DamagedObjectsTest::cut;
      case "header" -> DamagedObjectsTest::smashHeader;
      case "sections" -> DamagedObjectsTest::smashSectionTable;
      case "symbols" -> smashSections(".symtab", ".strtab");
      case "relocations" -> smashSections(".relsk_lookup", ".rel.maps", ".rel.text", ".relxdp");
      case "types" -> smashSections(".BTF");
      case "lines" -> smashSections(".BTF.ext");
      default -> smashSections("sk_lookup", "xdp", ".text", ".maps", "maps", "license");
    };
  }

  /// The samples, and where clang is there an object with every feature.
  private static List<byte[]> objects() throws IOException {
    List<byte[]> objects = new ArrayList<>();
    for (Path file : SampleObjects.all()) {
      objects.add(Files.readAllBytes(file));
    }
    byte[] rich = RichObject.bytesOrNull();
    if (rich != null) {
      objects.add(rich);
    }
    return objects;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bits",
        "length",
        "header",
        "sections",
        "symbols",
        "relocations",
        "types",
        "lines",
        "contents"
      })
  void damagedObjectIsReadOrRefusedInOneLine(String kind) throws IOException {
    SplittableRandom random = new SplittableRandom(kind.hashCode());
    Damage damage = damage(kind);
    List<byte[]> objects = objects();
    int refused = 0;
    for (int i = 0; i < TRIES; i++) {
      byte[] whole = objects.get(i % objects.size());
      byte[] bytes = damage.apply(whole.clone(), random);
      if (!survives(bytes, kind + " " + i)) {
        refused++;
      }
    }
    assertThat(refused).as("refused of " + TRIES).isPositive();
  }

  private static boolean survives(byte[] bytes, String what) {
    com.sun.management.ThreadMXBean memory =
        (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    long allocated = memory.getCurrentThreadAllocatedBytes();
    long start = memory.getCurrentThreadCpuTime();
    boolean read = false;
    try {
      walk(BpfObjectReader.read("damaged.o", bytes));
      read = true;
    } catch (BpfException e) {
      assertThat(e.getMessage()).as(what).startsWith("damaged.o: ").doesNotContain("\n", "\r");
      assertThat(e).as(what).extracting(Throwable::getMessage).asString().hasSizeLessThan(600);
    } catch (RuntimeException | Error e) {
      throw new AssertionError(what, e);
    }
    assertThat(memory.getCurrentThreadCpuTime() - start).as(what + ": time").isLessThan(MOST_NANOS);
    assertThat(memory.getCurrentThreadAllocatedBytes() - allocated)
        .as(what + ": memory")
        .isLessThan(MOST_BYTES);
    return read;
  }

  /// Everything that is read can also be looked at.
  private static void walk(BpfObject object) {
    for (ProgSpec program : object.programs()) {
      hold(program.insns().size() > 0, "a program without instructions");
      hold(!Objects.toString(program.problem()).contains("\n"), "a problem of two lines");
      program.lines().forEach(line -> hold(!line.place().isEmpty(), "a line without place"));
    }
    Btf btf = object.btf();
    if (btf != null) {
      for (int id = 0; id < btf.size(); id++) {
        hold(!btf.spelling(id).contains("\n"), "a type of two lines");
        hold(btf.sizeOf(id) >= 0, "a type of negative size");
        hold(btf.fields(id).size() <= 0xffff, "a type of too many members");
      }
      for (MapSpec map : object.maps()) {
        hold(btf.type(map.keyTypeId()) != null, "a key without type");
        hold(btf.type(map.valueTypeId()) != null, "a value without type");
      }
    }
  }

  private static void hold(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise);
    }
  }
}
