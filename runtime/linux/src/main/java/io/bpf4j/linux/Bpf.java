package io.bpf4j.linux;

import io.bpf4j.error.ErrnoException;

/// The commands of bpf(2), by their uapi numbers.
enum Bpf {
  MAP_CREATE(0),
  MAP_LOOKUP_ELEM(1),
  MAP_UPDATE_ELEM(2),
  MAP_DELETE_ELEM(3),
  MAP_GET_NEXT_KEY(4),
  PROG_LOAD(5),
  PROG_TEST_RUN(10),
  OBJ_GET_INFO_BY_FD(15),
  PROG_QUERY(16),
  BTF_LOAD(18),
  MAP_LOOKUP_AND_DELETE_ELEM(21),
  MAP_FREEZE(22),
  LINK_CREATE(28),
  LINK_UPDATE(29),
  LINK_DETACH(34);

  private final int number;

  Bpf(int number) {
    this.number = number;
  }

  int number() {
    return number;
  }

  /// The command's result, or −errno.
  long call(Struct attr) {
    return Syscall.BPF.call(number, attr.address(), attr.size());
  }

  /// The command's result; `thing` names what it is done to.
  ///
  /// @throws ErrnoException naming command, thing and attributes
  long checked(Struct attr, String thing) {
    long result = call(attr);
    if (result < 0) {
      throw failure(result, attr, thing);
    }
    return result;
  }

  /// `bpf(BPF_MAP_CREATE) map 'ports': EINVAL: map_type=2 key_size=3`.
  ErrnoException failure(long negated, Struct attr, String thing) {
    return failure(negated, thing, attr.toString());
  }

  ErrnoException failure(long negated, String thing, String what) {
    return Syscall.failure(negated, "bpf(BPF_" + name() + ") " + thing, what);
  }
}
