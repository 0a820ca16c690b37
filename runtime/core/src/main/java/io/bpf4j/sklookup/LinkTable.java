package io.bpf4j.sklookup;

import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.error.Errno;
import io.bpf4j.error.ErrnoException;
import io.bpf4j.prog.ProgType;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/// The links of one network namespace in the order they run. Changes make a new [RunArray] and swap
/// it in with one volatile store; lookups read it without a lock.
public final class LinkTable {
  /// The most links a namespace can have (kernel/bpf/net_namespace.c netns_bpf_max_progs).
  public static final int MAX_LINKS = 64;

  private final String netns;
  private final long inode;
  private final List<Link> links = new ArrayList<>();
  private volatile RunArray runArray = RunArray.EMPTY;
  private boolean dead;

  /// @param netns the namespace's name, for messages
  /// @param inode its inode
  public LinkTable(String netns, long inode) {
    this.netns = netns;
    this.inode = inode;
  }

  /// The links as of now.
  public RunArray runArray() {
    return runArray;
  }

  long inode() {
    return inode;
  }

  /// Attaches a program behind all others (BPF_LINK_CREATE).
  ///
  /// @param numbers gives the link its number
  /// @throws ErrnoException EINVAL for a program that is no sk_lookup program, or a namespace that
  ///   is gone; E2BIG for link 65
  public synchronized Link attach(RunnableProgram program, IntSupplier numbers) {
    checkType("attach", program);
    if (dead) {
      throw refuse(Errno.EINVAL, "attach", "the namespace is gone");
    }
    if (links.size() >= MAX_LINKS) {
      throw refuse(Errno.E2BIG, "attach", "it has " + MAX_LINKS + " links already");
    }
    Link link = new Link(numbers.getAsInt(), this, program);
    links.add(link);
    publish();
    return link;
  }

  /// The checks stand in the kernel's order (kernel/bpf/net_namespace.c
  /// bpf_netns_link_update_prog).
  synchronized void update(Link link, RunnableProgram next, @Nullable RunnableProgram expected) {
    if (expected != null && !link.program().equals(expected)) {
      throw refuse(Errno.EPERM, "update", link + " has another program");
    }
    checkType("update", next);
    if (!link.attached()) {
      throw refuse(Errno.ENOLINK, "update", link + " is detached");
    }
    link.program(next);
    publish();
  }

  synchronized void detach(Link link) {
    if (link.attached()) {
      links.remove(link);
      link.detached();
      publish();
    }
  }

  /// The namespace goes away: all links are detached.
  public synchronized void die() {
    dead = true;
    links.forEach(Link::detached);
    links.clear();
    publish();
  }

  private void publish() {
    runArray = new RunArray(links);
  }

  private void checkType(String call, RunnableProgram program) {
    ProgType type = program.program().type();
    if (type != ProgType.SK_LOOKUP) {
      throw refuse(
          Errno.EINVAL,
          call,
          "prog '%s' is a %s program, not sk_lookup"
              .formatted(program.program().name(), type.uapiName()));
    }
  }

  private ErrnoException refuse(Errno errno, String call, String why) {
    return new ErrnoException(errno, "netns '" + netns + "' " + call, why);
  }
}
