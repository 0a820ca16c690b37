package io.bpf4j.linux;

import io.bpf4j.linux.Struct.Shape;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.ValueLayout;

/// The attributes of bpf(2)'s commands (`union bpf_attr`) and what it tells of objects, as
/// uapi/linux/bpf.h of Linux 6.18 lays them out. Older kernels take them too as long as the members
/// they do not know are zero (`bpf_check_uarg_tail_zero`).
final class BpfAttr {
  static final Shape MAP_CREATE =
      Shape.of(
          u32("map_type"),
          u32("key_size"),
          u32("value_size"),
          u32("max_entries"),
          u32("map_flags"),
          u32("inner_map_fd"),
          u32("numa_node"),
          text("map_name", 16),
          u32("map_ifindex"),
          u32("btf_fd"),
          u32("btf_key_type_id"),
          u32("btf_value_type_id"),
          u32("btf_vmlinux_value_type_id"),
          u64("map_extra"));

  /// MAP_LOOKUP_ELEM, UPDATE, DELETE, GET_NEXT_KEY (`value` is the next key), LOOKUP_AND_DELETE,
  /// and MAP_FREEZE, which reads the first member only.
  static final Shape ELEM =
      Shape.of(u32("map_fd"), hole(4), address("key"), address("value"), u64("flags"));

  static final Shape MAP_FREEZE = Shape.of(u32("map_fd"));

  static final Shape PROG_LOAD =
      Shape.of(
          u32("prog_type"),
          u32("insn_cnt"),
          address("insns"),
          address("license"),
          u32("log_level"),
          u32("log_size"),
          address("log_buf"),
          u32("kern_version"),
          u32("prog_flags"),
          text("prog_name", 16),
          u32("prog_ifindex"),
          u32("expected_attach_type"),
          u32("prog_btf_fd"),
          u32("func_info_rec_size"),
          address("func_info"),
          u32("func_info_cnt"),
          u32("line_info_rec_size"),
          address("line_info"),
          u32("line_info_cnt"),
          u32("attach_btf_id"),
          u32("attach_prog_fd"),
          u32("core_relo_cnt"),
          address("fd_array"),
          address("core_relos"),
          u32("core_relo_rec_size"),
          u32("log_true_size"));

  static final Shape TEST_RUN =
      Shape.of(
          u32("prog_fd"),
          u32("retval"),
          u32("data_size_in"),
          u32("data_size_out"),
          address("data_in"),
          address("data_out"),
          u32("repeat"),
          u32("duration"),
          u32("ctx_size_in"),
          u32("ctx_size_out"),
          address("ctx_in"),
          address("ctx_out"),
          u32("flags"),
          u32("cpu"),
          u32("batch_size"),
          hole(4));

  static final Shape BTF_LOAD =
      Shape.of(
          address("btf"),
          address("btf_log_buf"),
          u32("btf_size"),
          u32("btf_log_size"),
          u32("btf_log_level"),
          hole(4));

  static final Shape LINK_CREATE =
      Shape.of(u32("prog_fd"), u32("target_fd"), u32("attach_type"), u32("flags"));

  static final Shape LINK_UPDATE =
      Shape.of(u32("link_fd"), u32("new_prog_fd"), u32("flags"), u32("old_prog_fd"));

  static final Shape LINK_DETACH = Shape.of(u32("link_fd"));

  static final Shape PROG_QUERY =
      Shape.of(
          u32("target_fd"),
          u32("attach_type"),
          u32("query_flags"),
          u32("attach_flags"),
          address("prog_ids"),
          u32("prog_cnt"),
          hole(4));

  static final Shape OBJ_GET_INFO = Shape.of(u32("bpf_fd"), u32("info_len"), address("info"));

  /// `struct bpf_prog_info`, as far as we read it.
  static final Shape PROG_INFO =
      Shape.of(
          u32("type"),
          u32("id"),
          text("tag", 8),
          u32("jited_prog_len"),
          u32("xlated_prog_len"),
          address("jited_prog_insns"),
          address("xlated_prog_insns"),
          u64("load_time"),
          u32("created_by_uid"),
          u32("nr_map_ids"),
          address("map_ids"),
          text("name", 16));

  /// `struct bpf_map_info`, as far as we read it.
  static final Shape MAP_INFO =
      Shape.of(
          u32("type"),
          u32("id"),
          u32("key_size"),
          u32("value_size"),
          u32("max_entries"),
          u32("map_flags"),
          text("name", 16));

  /// `struct bpf_link_info` with the union's `netns` arm.
  static final Shape LINK_INFO =
      Shape.of(
          u32("type"), u32("id"), u32("prog_id"), hole(4), u32("netns_ino"), u32("attach_type"));

  private BpfAttr() {}

  static boolean isAddress(MemoryLayout layout) {
    return layout instanceof AddressLayout;
  }

  private static MemoryLayout u32(String name) {
    return ValueLayout.JAVA_INT.withName(name);
  }

  private static MemoryLayout u64(String name) {
    return ValueLayout.JAVA_LONG.withName(name);
  }

  private static MemoryLayout address(String name) {
    return ValueLayout.ADDRESS.withName(name);
  }

  private static MemoryLayout text(String name, int bytes) {
    return MemoryLayout.sequenceLayout(bytes, ValueLayout.JAVA_BYTE).withName(name);
  }

  private static MemoryLayout hole(int bytes) {
    return MemoryLayout.paddingLayout(bytes);
  }
}
