package io.bpf4j.btf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bpf4j.error.ElfFormatException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BtfTest {
  private BtfBuilder builder = new BtfBuilder();

  @BeforeEach
  void startAfresh() {
    builder = new BtfBuilder();
  }

  private void refused(String rule) {
    assertThatThrownBy(() -> builder.read())
        .isInstanceOf(ElfFormatException.class)
        .hasMessageStartingWith("x.o: offset 0x")
        .hasMessageContaining(rule);
  }

  @Test
  void typesAreSpeltAsInC() {
    int number = builder.integer("int", 4);
    int constant = builder.type("", 10, 0, number);
    int pointer = builder.pointer(constant);
    int constantPointer = builder.type("", 10, 0, pointer);
    int array = builder.array(builder.array(pointer, 4), 3);
    int proto = builder.type("", 13, 2, number, 0, number, 0, 0);
    int function = builder.pointer(proto);
    int name = builder.typedef("number_t", number);
    Btf btf = builder.read();
    assertThat(btf.spelling(0)).isEqualTo("void");
    assertThat(btf.spelling(pointer)).isEqualTo("const int *");
    assertThat(btf.spelling(constantPointer)).isEqualTo("const int * const");
    assertThat(btf.spelling(array)).isEqualTo("const int *[3][4]");
    assertThat(btf.spelling(function)).isEqualTo("int (*)(int, ...)");
    assertThat(btf.spelling(name)).isEqualTo("number_t");
  }

  @Test
  void sizesFollowTypedefsAndArrays() {
    int number = builder.integer("int", 4);
    int name = builder.typedef("number_t", number);
    int array = builder.array(builder.array(name, 4), 3);
    int pointer = builder.pointer(array);
    Btf btf = builder.read();
    assertThat(btf.sizeOf(array)).isEqualTo(48);
    assertThat(btf.sizeOf(pointer)).isEqualTo(8);
    assertThat(btf.sizeOf(0)).isZero();
    assertThat(btf.resolved(name)).isEqualTo(btf.type(number));
  }

  @Test
  void membersOfAnonymousStructsCountAsTheOuterOnes() {
    int number = builder.integer("int", 4);
    int inner = builder.struct("", 8, "b", number, 0, "c", number, 32);
    int outer = builder.struct("outer", 16, "a", number, 0, "", inner, 32, "d", number, 96);
    Btf btf = builder.read();
    assertThat(btf.fields(outer))
        .extracting(m -> m.name() + "@" + m.bitOffset())
        .containsExactly("a@0", "b@32", "c@64", "d@96");
  }

  @Test
  void bitFieldsHaveBothForms() {
    int number = builder.integer("int", 4);
    int three = builder.type("int", 1, 0, 4, 1 << 24 | 2 << 16 | 3);
    int old = builder.struct("old", 4, "x", three, 8);
    int recent = builder.type("new", 4 | 0x80, 1, 4, builder.string("y"), number, 5 << 24 | 11);
    Btf btf = builder.read();
    assertThat(btf.fields(old))
        .extracting(BtfType.Member::bitOffset, BtfType.Member::bitSize)
        .containsExactly(org.assertj.core.groups.Tuple.tuple(10L, 3));
    assertThat(btf.fields(recent))
        .extracting(BtfType.Member::bitOffset, BtfType.Member::bitSize)
        .containsExactly(org.assertj.core.groups.Tuple.tuple(11L, 5));
  }

  @Test
  void enumsKeepTheirSignsAndWidths() {
    int signed = builder.type("s", 6 | 0x80, 1, 4, builder.string("MINUS"), -5);
    int unsigned = builder.type("u", 6, 1, 4, builder.string("BIG"), -1);
    int wide = builder.type("w", 19, 1, 8, builder.string("WIDE"), 1, 2);
    int declared = builder.type("d", 6, 0, 0);
    Btf btf = builder.read();
    assertThat(constant(btf, signed)).isEqualTo(-5);
    assertThat(constant(btf, unsigned)).isEqualTo(0xffff_ffffL);
    assertThat(constant(btf, wide)).isEqualTo(0x2_0000_0001L);
    assertThat(btf.spelling(declared)).isEqualTo("enum d");
  }

  private static long constant(Btf btf, int id) {
    return ((BtfType.Enumeration) btf.type(id)).constants().getFirst().value();
  }

  @Test
  void pointersMayGoRoundInCircles() {
    int node = builder.struct("node", 8, "next", 2, 0);
    builder.pointer(node);
    int loop = builder.pointer(3);
    Btf btf = builder.read();
    assertThat(btf.fields(node)).hasSize(1);
    assertThat(btf.spelling(loop)).contains("...");
  }

  @Test
  void typedefOfItselfIsRefused() {
    builder.typedef("a", 1);
    refused("BTF type 1: nests more than 64 deep, or contains itself");
  }

  @Test
  void structInsideItselfIsRefused() {
    builder.struct("a", 8, "b", 2, 0);
    builder.array(1, 1);
    refused("or contains itself");
  }

  @Test
  void endlessChainsAreRefusedWithoutRecursion() {
    int type = builder.integer("int", 4);
    for (int i = 0; i < 100_000; i++) {
      type = builder.typedef("", type);
    }
    refused("nests more than 64 deep");
  }

  @Test
  void arraysBeyondFourGigabytesAreRefused() {
    int type = builder.integer("int", 4);
    for (int i = 0; i < 5; i++) {
      type = builder.array(type, 1 << 16);
    }
    refused("is larger than 4 GiB");
  }

  /// Each level doubles the members: 2^30 when they are counted as the outermost's own.
  @Test
  void anonymousStructsThatMultiplyAreRefused() {
    int type = builder.struct("", 0);
    type = builder.struct("", 0, "x", type, 0);
    for (int i = 0; i < 30; i++) {
      type = builder.struct("", 0, "", type, 0, "", type, 0);
    }
    refused("has more than 65535 members");
  }

  @Test
  void memberBeyondItsStructIsRefused() {
    int number = builder.integer("int", 4);
    builder.struct("s", 4, "x", number, 8);
    refused("BTF type 2: member 'x' ends at bit 40 of 32");
  }

  @Test
  void referenceToNoTypeIsRefused() {
    builder.pointer(7);
    refused("BTF type 1: refers to type 7 of 2");
    builder = new BtfBuilder();
    builder.pointer(-1);
    refused("refers to type 4294967295 of 2");
  }

  @Test
  void unknownKindIsRefused() {
    builder.type("x", 20, 0, 0);
    refused("BTF kind 20 is unknown");
  }

  @Test
  void membersThatAreNotThereAreRefused() {
    builder.type("s", 4, 0xffff, 8);
    refused("the types of BTF ends at");
  }

  @Test
  void nameOutsideTheStringsIsRefused() {
    builder.integer("int", 4);
    byte[] bytes = builder.bytes();
    bytes[24] = 99;
    assertThatThrownBy(() -> Btf.read(ByteSpan.of("x.o", bytes), null, Placement.NONE))
        .hasMessageContaining("string offset 0x63 is outside the 0x5 bytes");
  }

  @Test
  void bigEndianIsToldApartFromDamage() {
    byte[] bytes = builder.bytes();
    bytes[0] = (byte) 0xeb;
    bytes[1] = (byte) 0x9f;
    assertThatThrownBy(() -> Btf.read(ByteSpan.of("x.o", bytes), null, Placement.NONE))
        .hasMessageContaining("big-endian BTF");
  }

  /// A million offsets into one long string would be a terabyte.
  @Test
  void stringsThatOverlapWithoutMeasureAreRefused() {
    int start = builder.string("x".repeat(100_000));
    StringTable table =
        new StringTable(ByteSpan.of("x.o", builder.bytes()).slice(24, 100_002, "strings"));
    assertThatThrownBy(
            () -> {
              for (int i = 0; i < 100_000; i++) {
                table.at(start + i);
              }
            })
        .isInstanceOf(ElfFormatException.class)
        .hasMessageContaining("strings overlap more than a compiler makes them");
  }

  @Test
  void namesOfSeveralLinesBecomeOne() {
    int type = builder.typedef("a\nb\u2028c", builder.integer("int", 4));
    assertThat(builder.read().type(type).name()).isEqualTo("a\ufffdb\ufffdc");
  }
}
