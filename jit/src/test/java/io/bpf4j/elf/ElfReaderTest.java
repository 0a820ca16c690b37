package io.bpf4j.elf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bpf4j.error.ElfFormatException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import net.fornwall.jelf.ElfSymbolTableSection;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Sections, symbols and bytes as other readers see them, and files that are not what they claim.
class ElfReaderTest {
  private static List<Path> samples() {
    return SampleObjects.all();
  }

  private static byte[] steer() throws IOException {
    return Files.readAllBytes(SampleObjects.of("steer"));
  }

  @ParameterizedTest
  @MethodSource("samples")
  void sectionsAndSymbolsAreThoseThatJelfReads(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    ElfFile ours = ElfReader.read("x.o", bytes);
    net.fornwall.jelf.ElfFile theirs = net.fornwall.jelf.ElfFile.from(bytes);
    assertThat(ours.sections()).hasSize(theirs.e_shnum);
    for (ElfSection section : ours.sections().subList(1, ours.sections().size())) {
      net.fornwall.jelf.ElfSection other = theirs.getSection(section.index());
      assertThat(section.name()).isEqualTo(other.header.getName());
      assertThat(section.type()).isEqualTo(other.header.sh_type);
      assertThat(section.flags()).isEqualTo(other.header.sh_flags);
      assertThat(section.link()).isEqualTo(other.header.sh_link);
      assertThat(section.info()).isEqualTo(other.header.sh_info);
      assertThat(section.size()).isEqualTo(other.header.sh_size);
      if (section.type() != ElfSection.SHT_NOBITS) {
        assertThat(section.bytes().bytes()).isEqualTo(other.getData());
      }
      if (other instanceof ElfSymbolTableSection table) {
        assertThat(ours.symbols().stream().map(ElfReaderTest::text))
            .isEqualTo(Arrays.stream(table.symbols).map(ElfReaderTest::text).toList());
      }
    }
  }

  private static String text(ElfSymbol symbol) {
    return "%s %d %d %d %d %d"
        .formatted(
            symbol.name(),
            symbol.value(),
            symbol.size(),
            symbol.type(),
            symbol.bind(),
            symbol.section());
  }

  private static String text(net.fornwall.jelf.ElfSymbol symbol) {
    String name = symbol.getName();
    return "%s %d %d %d %d %d"
        .formatted(
            name == null ? "" : name,
            symbol.st_value,
            symbol.st_size,
            symbol.getType(),
            symbol.getBinding(),
            Short.toUnsignedInt(symbol.st_shndx));
  }

  /// ` 9: 63 1a fc ff 00 00 00 00 *(u32 *)(r10 - 0x4) = r1`
  private static final Pattern LISTED =
      Pattern.compile("^\\s*[0-9a-f]+:\\t((?:[0-9a-f]{2} ?){8,16})\\t");

  @ParameterizedTest
  @MethodSource("samples")
  void codeIsWhatObjdumpLists(Path file, @TempDir Path dir) throws IOException {
    String listing =
        Clang.run(List.of("llvm-objdump-19", "-d", file.toString()), dir.resolve("listing"));
    StringBuilder listed = new StringBuilder();
    for (String line : listing.lines().toList()) {
      Matcher matcher = LISTED.matcher(line);
      if (matcher.find()) {
        listed.append(matcher.group(1).replace(" ", ""));
      }
    }
    StringBuilder ours = new StringBuilder();
    for (ElfSection section : ElfReader.read("x.o", Files.readAllBytes(file)).sections()) {
      if (section.code()) {
        ours.append(HexFormat.of().formatHex(section.bytes().bytes()));
      }
    }
    assertThat(listed.toString()).isNotEmpty().isEqualTo(ours.toString());
  }

  /// A file that breaks one rule, the offset named, and words of the rule.
  record Broken(String claim, Consumer<ByteBuffer> damage, long offset, String rule) {
    @Override
    public String toString() {
      return claim;
    }
  }

  static Stream<Broken> brokenHeaders() {
    return Stream.of(
        new Broken("no magic", b -> b.put(0, (byte) 0), 0, "no ELF file"),
        new Broken("32 bits", b -> b.put(4, (byte) 1), 4, "ELFCLASS64"),
        new Broken("big-endian", b -> b.put(5, (byte) 2), 5, "a big-endian object"),
        new Broken("byte order 0", b -> b.put(5, (byte) 0), 5, "ELFDATA2LSB"),
        new Broken("executable", b -> b.putShort(16, (short) 2), 16, "ET_REL"),
        new Broken("x86", b -> b.putShort(18, (short) 62), 18, "e_machine"),
        new Broken("no sections", b -> b.putLong(40, 0), 40, "no section table"),
        new Broken("entries of 40 bytes", b -> b.putShort(58, (short) 40), 58, "e_shentsize"),
        new Broken("names nowhere", b -> b.putShort(62, (short) 999), 62, "e_shstrndx"),
        new Broken("table outside", b -> b.putLong(40, 1L << 40), -2, "the section table"),
        new Broken("table at the end of the world", b -> b.putLong(40, -64), 40, "section table"));
  }

  @ParameterizedTest
  @MethodSource("brokenHeaders")
  void brokenHeaderIsNamedByOffsetAndRule(Broken broken) throws IOException {
    byte[] bytes = steer();
    broken.damage().accept(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN));
    assertThatThrownBy(() -> BpfObjectReader.read("steer.o", bytes))
        .isInstanceOfSatisfying(
            ElfFormatException.class,
            e -> {
              assertThat(e.getMessage())
                  .startsWith("steer.o: offset 0x")
                  .contains(broken.rule())
                  .doesNotContain("\n");
              if (broken.offset() >= 0 && !broken.claim().contains("world")) {
                assertThat(e.offset()).isEqualTo(broken.offset());
              }
            });
  }

  @Test
  void emptyFileIsRefused() {
    assertThatThrownBy(() -> BpfObjectReader.read("x.o", new byte[0]))
        .isInstanceOf(ElfFormatException.class)
        .hasMessage("x.o: offset 0x0: the file is empty");
  }

  @Test
  void fileIsRefusedWhereverItEnds() throws IOException {
    byte[] bytes = steer();
    List<Integer> accepted = new ArrayList<>();
    for (int length = 0; length < bytes.length; length += 7) {
      byte[] cut = Arrays.copyOf(bytes, length);
      try {
        BpfObjectReader.read("cut.o", cut);
        accepted.add(length);
      } catch (ElfFormatException e) {
        assertThat(e.getMessage()).startsWith("cut.o: offset ");
      }
    }
    assertThat(accepted).isEmpty();
  }

  @Test
  void machineOfNoneIsReadAsBpf() throws IOException {
    byte[] bytes = steer();
    bytes[18] = 0;
    bytes[19] = 0;
    assertThat(BpfObjectReader.read("x.o", bytes).programs()).hasSize(1);
  }

  @Test
  void bigEndianTwinOfAnObjectIsRefusedInOneLine() {
    byte[] bytes = Clang.c("bpfeb", "SEC(\"sk_lookup\") int a(void *c) { return 1; }");
    assertThatThrownBy(() -> BpfObjectReader.read("twin.o", bytes))
        .hasMessage(
            "twin.o: offset 0x5: a big-endian object; only little-endian ones are read (clang"
                + " -target bpfel)");
  }

  @Test
  void sectionsThatShareBytesAreRefused() throws IOException {
    byte[] bytes = steer();
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    ElfFile elf = ElfReader.read("x.o", bytes);
    ElfSection code = SampleObjects.section(elf, "sk_lookup");
    ElfSection license = SampleObjects.section(elf, "license");
    int header = (int) buffer.getLong(40) + 64 * license.index();
    buffer.putLong(header + 24, code.bytes().start() + 8);
    assertThatThrownBy(() -> BpfObjectReader.read("x.o", bytes))
        .isInstanceOf(ElfFormatException.class)
        .hasMessageContaining("overlaps");
  }

  @Test
  void instructionThatCannotBeDecodedIsNamedByItsOffset() throws IOException {
    byte[] bytes = steer();
    int code = SampleObjects.section(ElfReader.read("x.o", bytes), "sk_lookup").bytes().start();
    bytes[code + 16] = (byte) 0xff;
    assertThatThrownBy(() -> BpfObjectReader.read("x.o", bytes))
        .isInstanceOfSatisfying(
            ElfFormatException.class, e -> assertThat(e.offset()).isEqualTo(code + 16))
        .hasMessageContaining("section 'sk_lookup': function 'steer': insn 2: opcode 0xff");
  }

  @Test
  void relocationInTheMiddleOfAnInstructionIsRefused() throws IOException {
    byte[] bytes = steer();
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int entries =
        SampleObjects.section(ElfReader.read("x.o", bytes), ".relsk_lookup").bytes().start();
    buffer.putLong(entries, buffer.getLong(entries) + 8);
    assertThatThrownBy(() -> BpfObjectReader.read("x.o", bytes))
        .isInstanceOfSatisfying(
            ElfFormatException.class, e -> assertThat(e.offset()).isEqualTo(entries))
        .hasMessageContaining("where no instruction starts");
  }

  @Test
  void missingFileKeepsItsName() {
    assertThatThrownBy(() -> BpfObjectReader.read(Path.of("no-such.o")))
        .hasCauseInstanceOf(java.nio.file.NoSuchFileException.class)
        .hasMessageContaining("no-such.o");
  }
}
