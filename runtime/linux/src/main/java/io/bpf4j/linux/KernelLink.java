package io.bpf4j.linux;

import io.bpf4j.error.ErrnoException;
import java.lang.foreign.Arena;

/// The attachment of a program to a network namespace; it ends when it is closed. Made by
/// [KernelNetns#attach].
public final class KernelLink implements AutoCloseable {
  private static final int BPF_F_REPLACE = 1 << 2;

  private final Fd fd;

  private KernelLink(Fd fd) {
    this.fd = fd;
  }

  /// What the kernel says of a link.
  ///
  /// @param id the link's id
  /// @param progId the id of its program
  /// @param netnsInode the inode of its namespace in /proc; 0 when it is detached
  /// @param attachType `enum bpf_attach_type`
  public record LinkInfo(int id, int progId, long netnsInode, int attachType) {}

  static KernelLink create(KernelProg prog, int netnsFd, int attachType) {
    try (Arena arena = Arena.ofConfined()) {
      Struct attr =
          new Struct(BpfAttr.LINK_CREATE, arena)
              .put("prog_fd", prog.fd())
              .put("target_fd", netnsFd)
              .put("attach_type", attachType);
      String thing = "link of " + prog;
      return new KernelLink(new Fd(Bpf.LINK_CREATE.checked(attr, thing), thing));
    }
  }

  /// Puts another program in its place, at the same position.
  ///
  /// @throws ErrnoException EINVAL for one of another type, ENOLINK when it is detached
  public void update(KernelProg prog) {
    try (Arena arena = Arena.ofConfined()) {
      update(new Struct(BpfAttr.LINK_UPDATE, arena), prog);
    }
  }

  /// Puts another program in its place if `expected` is there.
  ///
  /// @throws ErrnoException EPERM when another one is
  public void update(KernelProg prog, KernelProg expected) {
    try (Arena arena = Arena.ofConfined()) {
      update(
          new Struct(BpfAttr.LINK_UPDATE, arena)
              .put("flags", BPF_F_REPLACE)
              .put("old_prog_fd", expected.fd()),
          prog);
    }
  }

  private void update(Struct attr, KernelProg prog) {
    Bpf.LINK_UPDATE.checked(
        attr.put("link_fd", fd.number()).put("new_prog_fd", prog.fd()), fd.thing());
  }

  /// Ends the attachment; the link stays, without a namespace.
  public void detach() {
    try (Arena arena = Arena.ofConfined()) {
      Bpf.LINK_DETACH.checked(
          new Struct(BpfAttr.LINK_DETACH, arena).put("link_fd", fd.number()), fd.thing());
    }
  }

  public LinkInfo info() {
    try (Arena arena = Arena.ofConfined()) {
      Struct info = ObjectInfo.of(fd, BpfAttr.LINK_INFO, arena);
      return new LinkInfo(
          info.getInt("id"),
          info.getInt("prog_id"),
          info.get("netns_ino"),
          info.getInt("attach_type"));
    }
  }

  public int fd() {
    return fd.number();
  }

  @Override
  public void close() {
    fd.close();
  }

  @Override
  public String toString() {
    return fd.thing();
  }
}
