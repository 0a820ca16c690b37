package io.bpf4j.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.bpf4j.error.ErrnoException;
import io.bpf4j.net.Family;
import io.bpf4j.net.IpAddr;
import io.bpf4j.net.Prefix;
import io.bpf4j.net.Protocol;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// A network namespace of its own, alone with its `lo`, which is up. It is held by a platform
/// thread that entered it (`unshare(CLONE_NEWNET)`); a socket belongs to the namespace of the
/// thread that opens it, so whatever opens sockets runs on that thread, by [#call]. Sockets of
/// `java.net` opened there belong to it too.
///
/// It ends when it is closed and its sockets are: then the kernel takes down what was in it.
public final class KernelNetns implements AutoCloseable {
  private static final long CLONE_NEWNET = 0x4000_0000;
  private static final int AT_FDCWD = -100;
  private static final int O_CLOEXEC = 0x80000;
  private static final String LOOPBACK = "lo";
  private static final int MAX_PROGS = 64;

  private final ExecutorService executor;
  private final Thread thread;
  private final Fd fd;

  private KernelNetns(ExecutorService executor, Thread thread, Fd fd) {
    this.executor = executor;
    this.thread = thread;
    this.fd = fd;
  }

  /// What runs inside.
  @FunctionalInterface
  public interface Task<T extends @Nullable Object, E extends Exception> {
    T run() throws E;
  }

  /// Makes a namespace.
  ///
  /// @throws ErrnoException EPERM without CAP_SYS_ADMIN
  public static KernelNetns open() {
    ExecutorService executor =
        Executors.newSingleThreadExecutor(
            Thread.ofPlatform().name("bpf4j-netns-", 0).daemon().factory());
    try {
      return await(
          executor.submit(() -> new KernelNetns(executor, Thread.currentThread(), enter())));
    } catch (RuntimeException e) {
      executor.shutdown();
      throw e;
    }
  }

  /// Moves this thread into a new namespace, for ever.
  private static Fd enter() {
    Syscall.UNSHARE.check(Syscall.UNSHARE.call(CLONE_NEWNET), "CLONE_NEWNET");
    // /proc/self would name the namespace of the main thread.
    String path = "/proc/thread-self/ns/net";
    Fd fd;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment name = arena.allocateFrom(path);
      fd =
          new Fd(
              Syscall.OPENAT.check(Syscall.OPENAT.call(AT_FDCWD, name.address(), O_CLOEXEC), path),
              "network namespace");
    }
    try (Rtnetlink netlink = Rtnetlink.open()) {
      netlink.up(LOOPBACK);
    } catch (RuntimeException e) {
      fd.close();
      throw e;
    }
    return fd;
  }

  /// Runs a task on the thread of the namespace and gives its result, or throws what it threw.
  public <T extends @Nullable Object, E extends Exception> T call(Task<T, E> task) throws E {
    if (Thread.currentThread() == thread) {
      return task.run();
    }
    return await(executor.submit(() -> task.run()));
  }

  private static <T extends @Nullable Object> T await(Future<T> future) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return future.get();
        } catch (InterruptedException e) {
          // The task holds kernel objects that its caller must learn of.
          interrupted = true;
        } catch (ExecutionException e) {
          throw KernelNetns.<RuntimeException>unchanged(e.getCause());
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /// The tasks' own exceptions pass, which the compiler has checked where they are declared.
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <E extends Throwable> E unchanged(@Nullable Throwable thrown) throws E {
    throw (E) (thrown == null ? new IllegalStateException() : thrown);
  }

  /// The descriptor of the namespace, which stays its to close.
  public int fd() {
    return fd.number();
  }

  /// Opens a socket in it.
  public KernelSocket socket(Family family, Protocol protocol) {
    return this.<KernelSocket, RuntimeException>call(() -> KernelSocket.open(family, protocol));
  }

  /// Gives an interface an address, as `ip address add`.
  ///
  /// @throws ErrnoException EEXIST when it has it, ENODEV when there is no such interface
  public void addAddress(String interfaceName, IpAddr address, int prefixBits) {
    netlink(netlink -> netlink.addAddress(interfaceName, address, prefixBits));
  }

  /// Makes all addresses of a range local, as `ip route add local PREFIX dev lo`.
  public void addLocalRoute(Prefix prefix) {
    netlink(netlink -> netlink.addLocalRoute(LOOPBACK, prefix));
  }

  /// Makes a pair of interfaces, both up: what is sent on one is received on the other.
  public void addVethPair(String name, String peer) {
    netlink(netlink -> {
      netlink.addVethPair(name, peer);
      netlink.up(name);
      netlink.up(peer);
    });
  }

  /// The index of an interface.
  public int interfaceIndex(String name) {
    return this.<Integer, RuntimeException>call(() -> {
      try (Rtnetlink netlink = Rtnetlink.open()) {
        return netlink.index(name);
      }
    });
  }

  private void netlink(java.util.function.Consumer<Rtnetlink> use) {
    this.<@Nullable Void, RuntimeException>call(() -> {
      try (Rtnetlink netlink = Rtnetlink.open()) {
        use.accept(netlink);
        return null;
      }
    });
  }

  /// Attaches a SK_LOOKUP program behind those already attached.
  ///
  /// @throws ErrnoException E2BIG for the 65th
  public KernelLink attach(KernelProg prog) {
    return KernelLink.create(prog, fd(), LoadRequest.SK_LOOKUP);
  }

  /// The ids of the attached SK_LOOKUP programs, in the order they run in.
  public List<Integer> attachedIds() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment ids = arena.allocate(JAVA_INT, MAX_PROGS);
      Struct attr =
          new Struct(BpfAttr.PROG_QUERY, arena)
              .put("target_fd", fd())
              .put("attach_type", LoadRequest.SK_LOOKUP)
              .put("prog_ids", ids)
              .put("prog_cnt", MAX_PROGS);
      Bpf.PROG_QUERY.checked(attr, fd.thing());
      List<Integer> found = new ArrayList<>();
      for (int i = 0; i < attr.getInt("prog_cnt"); i++) {
        found.add(ids.getAtIndex(JAVA_INT, i));
      }
      return found;
    }
  }

  /// Lets the thread end, after the tasks it was given.
  @Override
  public void close() {
    fd.close();
    executor.shutdown();
    try {
      executor.awaitTermination(KernelSocket.PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
