package io.bpf4j.packet;

import io.bpf4j.mem.Memory;
import io.bpf4j.platform.CtxField;
import io.bpf4j.platform.CtxField.LegalLoad;
import io.bpf4j.platform.CtxField.LegalStore;
import io.bpf4j.platform.CtxLayout;
import io.bpf4j.platform.LoadRule;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/// The context of socket filters and traffic control: `struct __sk_buff` (uapi/linux/bpf.h). Behind
/// it, where programs cannot look, are the 64-bit addresses that the 4-byte fields `data`,
/// `data_end` and `data_meta` stand for.
///
/// Which accesses are legal and what they answer is as net/core/filter.c has it
/// (bpf_skb_is_valid_access, sk_filter_is_valid_access, tc_cls_act_is_valid_access,
/// bpf_convert_ctx_access, and bpf_convert_ctx_accesses of the verifier for parts of a field). Left
/// out are stores to `queue_mapping`; the socket `sk` is none, which a test run of the kernel makes
/// one for.
final class SkBuff {
  static final int LEN = 0;
  static final int PKT_TYPE = 4;
  static final int PROTOCOL = 16;
  static final int IFINDEX = 40;

  private static final int SK = 168;

  /// sizeof(struct __sk_buff).
  static final int SIZE = 192;

  private static final int DATA = 192;
  private static final int DATA_END = 200;
  private static final int END = 208;

  private static final int CB = 48;
  private static final int CB_WORDS = 5;
  private static final long SHORT = 0xffff;

  /// As socket filters see it.
  static final CtxLayout FILTER = layout(false);

  /// As traffic control sees it.
  static final CtxLayout TRAFFIC = layout(true);

  private SkBuff() {}

  /// Writes a context in which everything is 0 but what is given.
  ///
  /// @param protocol in network order
  /// @param data address of the first byte
  static void write(long ctx, int length, int type, short protocol, int ifindex, long data) {
    Memory.zero(ctx, END);
    Memory.putInt(ctx + LEN, length);
    Memory.putInt(ctx + PKT_TYPE, type);
    Memory.putInt(ctx + PROTOCOL, Short.toUnsignedInt(protocol));
    Memory.putInt(ctx + IFINDEX, ifindex);
    Memory.putLong(ctx + DATA, data);
    Memory.putLong(ctx + DATA_END, data + length);
  }

  private static CtxLayout layout(boolean traffic) {
    List<CtxField> fields = new ArrayList<>();
    fields.add(field("len", LEN, 4, 0));
    fields.add(field("pkt_type", PKT_TYPE, 1, 0));
    fields.add(field("mark", 8, 4, traffic ? -1 : 0));
    fields.add(field("queue_mapping", 12, 2, 0));
    fields.add(field("protocol", PROTOCOL, 2, 0));
    fields.add(field("vlan_present", 20, 4, 0));
    fields.add(field("vlan_tci", 24, 2, 0));
    fields.add(field("vlan_proto", 28, 2, 0));
    fields.add(field("priority", 32, 4, traffic ? -1 : 0));
    fields.add(field("ingress_ifindex", 36, 4, 0));
    fields.add(field("ifindex", IFINDEX, 4, 0));
    fields.add(field("tc_index", 44, 2, traffic ? SHORT : 0));
    for (int i = 0; i < CB_WORDS; i++) {
      fields.add(controlWord(i));
    }
    fields.add(field("hash", 68, 4, 0));
    if (traffic) {
      fields.add(field("tc_classid", 72, 2, SHORT));
      fields.add(address("data", 76, DATA));
      fields.add(address("data_end", 80, DATA_END));
    }
    fields.add(field("napi_id", 84, 4, 0));
    if (traffic) {
      fields.add(address("data_meta", 140, DATA));
      fields.add(whole("tstamp", 152, 8));
      fields.add(field("wire_len", 160, 4, 0));
    }
    fields.add(field("gso_segs", 164, 2, 0));
    fields.add(
        new CtxField("sk", SK, 8, List.of(new LegalLoad(SK, 8, new LoadRule(SK, 8, false))), true));
    fields.add(field("gso_size", 176, 2, 0));
    if (traffic) {
      fields.add(whole("tstamp_type", 180, 1));
      fields.add(whole("hwtstamp", 184, 8));
    }
    return new CtxLayout("struct __sk_buff", SIZE, fields);
  }

  /// A 4-byte field that is read in every aligned part. The kernel's variable has `bytes`; a part
  /// that is not narrower than it is the variable itself, wherever in the field it lies.
  ///
  /// @param mask of what a store of 4 bytes keeps; 0 when there is none
  private static CtxField field(String name, int offset, int bytes, long mask) {
    List<LegalLoad> loads = new ArrayList<>();
    for (int width = 1; width <= 4; width *= 2) {
      for (int at = 0; at < 4; at += width) {
        int from = width < bytes ? offset + at : offset;
        int read = width < bytes ? width : Math.min(width, bytes);
        loads.add(new LegalLoad(offset + at, width, new LoadRule(from, read, false)));
      }
    }
    List<LegalStore> stores = mask == 0 ? List.of() : List.of(new LegalStore(offset, 4, mask));
    return new CtxField(name, offset, 4, loads, stores, false);
  }

  /// A word of `cb`, which programs read and write in every aligned part; two words that are
  /// aligned to 8 bytes also at once.
  private static CtxField controlWord(int i) {
    int offset = CB + 4 * i;
    List<LegalLoad> loads = new ArrayList<>();
    List<LegalStore> stores = new ArrayList<>();
    Predicate<Integer> fits = width -> width <= 4 || (offset % 8 == 0 && i + 1 < CB_WORDS);
    for (int width = 1; width <= 8; width *= 2) {
      for (int at = 0; at < 4 && fits.test(width); at += width) {
        loads.add(new LegalLoad(offset + at, width, new LoadRule(offset + at, width, false)));
        stores.add(new LegalStore(offset + at, width, -1));
      }
    }
    return new CtxField("cb[" + i + "]", offset, 4, loads, stores, false);
  }

  /// A field that is read only as a whole.
  private static CtxField whole(String name, int offset, int size) {
    LoadRule rule = new LoadRule(offset, size, false);
    return new CtxField(name, offset, size, List.of(new LegalLoad(offset, size, rule)), false);
  }

  /// A field of 4 bytes whose load yields an address of 8.
  static CtxField address(String name, int offset, int from) {
    LoadRule rule = new LoadRule(from, Long.BYTES, false);
    return new CtxField(name, offset, 4, List.of(new LegalLoad(offset, 4, rule)), false);
  }
}
