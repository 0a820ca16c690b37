package io.bpf4j.isa;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The right-hand side is what Linux 6.18 wrote into its verifier log for these bytes, where it
/// knows the instruction.
class DisassemblerTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          07 00 0000 fbffffff | r0 += -5
          04 02 0000 00000080 | w2 += -2147483648
          0f 20 0000 00000000 | r0 += r2
          c4 00 0000 03000000 | w0 s>>= 3
          37 00 0100 03000000 | r0 s/= 3
          9c 20 0100 00000000 | w0 s%= w2
          b4 00 0000 ffffffff | w0 = -1
          bf 20 0800 00000000 | r0 = (s8)r2
          bc 20 1000 00000000 | w0 = (s16)w2
          84 00 0000 00000000 | w0 = -w0
          d4 00 0000 10000000 | r0 = le16 r0
          dc 00 0000 40000000 | r0 = be64 r0
          d7 00 0000 20000000 | r0 = bswap32 r0
          72 0a ffff ff000000 | *(u8 *)(r10 -1) = 255
          7b 2a f8ff 00000000 | *(u64 *)(r10 -8) = r2
          91 a0 f8ff 00000000 | r0 = *(s8 *)(r10 -8)
          61 01 0000 00000000 | r1 = *(u32 *)(r0 +0)
          db 2a f8ff 00000000 | lock *(u64 *)(r10 -8) += r2
          c3 2a f8ff 01000000 | r2 = atomic_fetch_add((u32 *)(r10 -8), r2)
          db 2a f8ff e1000000 | r2 = atomic64_xchg((u64 *)(r10 -8), r2)
          c3 2a f8ff f1000000 | r0 = atomic_cmpxchg((u32 *)(r10 -8), r0, r2)
          db 2a f8ff 10010000 | store_release((u64 *)(r10 -8), r2)
          d3 a0 f8ff 00010000 | r0 = load_acquire((u8 *)(r10 -8))
          15 02 0100 ffffffff | if r2 == 0xffffffff goto pc+1
          66 02 feff 05000000 | if w2 s> 0x5 goto pc-2
          1e 22 0000 00000000 | if w2 == w2 goto pc+0
          05 00 0300 00000000 | goto pc+3
          06 00 0000 64000000 | gotol pc+100
          e5 00 0000 00000000 | may_goto pc+0
          85 00 0000 07000000 | call helper#7
          85 10 0000 02000000 | call pc+2
          85 20 0000 09000000 | call kfunc#9 module 0
          8d 02 0000 00000000 | callx r2
          95 00 0000 00000000 | exit
          18 00 0000 0500000000000000 01000000 | r0 = 0x100000005 ll
          18 51 0000 0300000000000000 00000000 | r1 = map[idx:3]
          18 61 0000 0300000000000000 10000000 | r1 = map[idx:3][0]+16
          18 41 0000 0500000000000000 00000000 | r1 = subprog[+5]
          30 00 0000 04000000 | r0 = *(u8 *)skb[4]
          48 20 0000 fcffffff | r0 = *(u16 *)skb[r2 + -4]
          bf 20 0100 00000100 | r0 = addr_space_cast(r2, 1, 0)
          """)
  void spellsAsTheKernel(String hex, String text) {
    byte[] code = java.util.HexFormat.of().parseHex(hex.replace(" ", ""));
    assertThat(Disassembler.text(InsnDecoder.decode(code), 0)).isEqualTo(text);
  }

  @Test
  void namesHelpersWhenTold() {
    Insn call = new Insn.CallHelper(1);
    assertThat(Disassembler.text(call, id -> id == 1 ? "bpf_map_lookup_elem" : null))
        .isEqualTo("call bpf_map_lookup_elem#1");
    assertThat(Disassembler.text(call, _ -> null)).isEqualTo("call helper#1");
  }
}
