package io.bpf4j.sklookup;

import io.bpf4j.engine.RunnableProgram;

/// A program attached to a network namespace (kernel/bpf/net_namespace.c). It can get another
/// program in place, and be detached; it does not keep its namespace alive.
public final class Link {
  private final int index;
  private final LinkTable table;
  private volatile RunnableProgram program;
  private volatile boolean attached = true;
  private volatile String name;

  Link(int index, LinkTable table, RunnableProgram program) {
    this.index = index;
    this.table = table;
    this.program = program;
    this.name = program.program().name();
  }

  /// Its number in the world, from 0, in the order of attaching.
  public int index() {
    return index;
  }

  /// Its id, from 1.
  public int id() {
    return index + 1;
  }

  /// Its name for messages and reports: that of its first program, if it was given no other.
  public String name() {
    return name;
  }

  /// Names it.
  public Link named(String name) {
    this.name = name;
    return this;
  }

  /// Its program; of a detached link the last.
  public RunnableProgram program() {
    return program;
  }

  void program(RunnableProgram next) {
    program = next;
  }

  /// Whether its program runs.
  public boolean attached() {
    return attached;
  }

  void detached() {
    attached = false;
  }

  /// The inode of its namespace; 0 when it is detached or the namespace is gone.
  public long netnsInode() {
    return attached ? table.inode() : 0;
  }

  /// Puts another program in the place of the present one, from the next lookup on
  /// (BPF_LINK_UPDATE).
  ///
  /// @throws io.bpf4j.error.ErrnoException EINVAL for a program of another type, ENOLINK when
  ///   detached
  public void update(RunnableProgram next) {
    table.update(this, next, null);
  }

  /// The same if the present program is the one expected (BPF_F_REPLACE).
  ///
  /// @throws io.bpf4j.error.ErrnoException EPERM when it is not, and as [#update(RunnableProgram)]
  public void update(RunnableProgram next, RunnableProgram expected) {
    table.update(this, next, expected);
  }

  /// Takes the program out of the order for good (BPF_LINK_DETACH). Doing so again does nothing.
  public void detach() {
    table.detach(this);
  }

  @Override
  public String toString() {
    return "link '" + name + "'";
  }
}
