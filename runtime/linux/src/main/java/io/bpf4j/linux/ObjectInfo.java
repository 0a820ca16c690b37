package io.bpf4j.linux;

import io.bpf4j.linux.Struct.Shape;
import java.lang.foreign.Arena;

/// What the kernel tells of a map, program or link (BPF_OBJ_GET_INFO_BY_FD).
final class ObjectInfo {
  private ObjectInfo() {}

  /// Older kernels fill in less; the rest stays zero.
  static Struct of(Fd fd, Shape shape, Arena arena) {
    Struct info = new Struct(shape, arena);
    Struct attr =
        new Struct(BpfAttr.OBJ_GET_INFO, arena)
            .put("bpf_fd", fd.number())
            .put("info_len", info.size())
            .put("info", info.segment());
    Bpf.OBJ_GET_INFO_BY_FD.checked(attr, fd.thing());
    return info;
  }
}
