package io.bpf4j.netns;

import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.error.Errno;
import io.bpf4j.lookup.LookupResult;
import io.bpf4j.lookup.LookupTrace;
import io.bpf4j.lookup.SkLookupTestRun;
import io.bpf4j.lookup.SocketLookup;
import io.bpf4j.lookup.WorldCpu;
import io.bpf4j.net.Family;
import io.bpf4j.net.IpAddr;
import io.bpf4j.net.Prefix;
import io.bpf4j.net.Protocol;
import io.bpf4j.net.Tuple;
import io.bpf4j.sklookup.Link;
import io.bpf4j.sklookup.LinkTable;
import io.bpf4j.sock.Sock;
import io.bpf4j.sock.SockSpace;
import io.bpf4j.sock.UdpSock;
import io.bpf4j.sock.UnixSock;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A network namespace: interfaces, sockets, and the sk_lookup programs attached to it. Made by
/// [World#createNetns]. All methods may be called from any thread, also while lookups run.
public final class Netns {
  /// Inodes of namespaces start here (PROC_DYNAMIC_FIRST).
  private static final long FIRST_INODE = 0xf000_0000L;

  private final World world;
  private final String name;
  private final long inode;
  private final Devices devices;
  private final SockSpace space;
  private final LinkTable links;
  private final SocketLookup lookups;

  Netns(World world, String name, int number) {
    this.world = world;
    this.name = name;
    this.inode = FIRST_INODE + number;
    this.devices = new Devices(name);
    this.space = new SockSpace(world.slots(), devices);
    this.links = new LinkTable(name, inode);
    this.lookups = new SocketLookup(space, links, world.slots());
  }

  public String name() {
    return name;
  }

  /// A number that is this namespace's alone in its world.
  public long inode() {
    return inode;
  }

  /// Adds an interface. `lo` with index 1 is there from the start.
  ///
  /// @throws io.bpf4j.error.ErrnoException EEXIST when name or index are taken
  public Device addDevice(String device, int ifindex) {
    return devices.add(device, ifindex);
  }

  public List<Device> devices() {
    return devices.all();
  }

  /// Gives an interface addresses: one (`ip addr add`), or a range (`ip route add local`). The
  /// loopback addresses are `lo`'s from the start.
  public void addLocal(Device device, Prefix addresses) {
    devices.addLocal(device, addresses);
  }

  /// The interface that owns an address: what [Tuple#iif] is for packets from the host itself. Null
  /// for an address that is not the host's.
  public @Nullable Device owner(IpAddr address) {
    return devices.owner(address);
  }

  /// Opens a socket of root's.
  public Sock open(Protocol protocol, Family family) {
    return open(protocol, family, 0);
  }

  /// Opens a socket.
  ///
  /// @param uid its owner: only sockets of one owner share a port by SO_REUSEPORT
  public Sock open(Protocol protocol, Family family, int uid) {
    return space.open(protocol, family, uid);
  }

  /// Opens an AF_UNIX socket of root's: no packet finds it, but maps take it.
  public UnixSock openUnix(UnixSock.Kind kind) {
    return space.openUnix(kind, 0);
  }

  /// The open sockets, in the order they were opened.
  public List<Sock> sockets() {
    return space.sockets();
  }

  /// Attaches a program behind all others.
  ///
  /// @throws io.bpf4j.error.ErrnoException EINVAL for a program that is no sk_lookup program or
  ///   when the namespace was closed, E2BIG for link 65
  public Link attach(RunnableProgram program) {
    return world.register(links.attach(program, world::nextLink));
  }

  /// The links in the order they run.
  public List<Link> links() {
    return links.runArray().links();
  }

  /// The programs in the order they run, one a link (BPF_PROG_QUERY).
  public List<RunnableProgram> query() {
    return links().stream().map(Link::program).toList();
  }

  /// The same into a buffer with room for so many (`prog_cnt`): it gets what fits, with ENOSPC when
  /// that is not all. Without room they are only counted, which is no error.
  public Query query(int room) {
    List<RunnableProgram> all = query();
    boolean fits = room == 0 || room >= all.size();
    return new Query(
        all.subList(0, Math.min(room, all.size())), all.size(), fits ? null : Errno.ENOSPC);
  }

  /// What BPF_PROG_QUERY fills in.
  ///
  /// @param programs as many as fit, in the order they run
  /// @param count how many there are in all
  /// @param errno ENOSPC when not all fit, else null
  public record Query(List<RunnableProgram> programs, int count, @Nullable Errno errno) {
    public Query {
      programs = List.copyOf(programs);
    }
  }

  /// Runs several programs, attached or not, in their order on a context, combines their verdicts,
  /// and lets the group of the selected socket pick. The kernel's test run is that of one program:
  /// [World#testRun].
  ///
  /// @param ctx a `struct bpf_sk_lookup` as for BPF_PROG_TEST_RUN
  /// @throws io.bpf4j.error.ErrnoException EINVAL, E2BIG, ERANGE, EAFNOSUPPORT for the context
  /// @throws io.bpf4j.error.ProgramFault when a program was stopped
  public SkLookupTestRun.Choice testRun(List<RunnableProgram> programs, byte[] ctx) {
    return world.onOwnCpu(cpu -> lookups.testRun(cpu, programs, ctx));
  }

  /// The lookup in its form without objects.
  public SocketLookup lookups() {
    return lookups;
  }

  /// Looks up a packet on a CPU slot that the world keeps for this method and [#explain]; to
  /// programs it is CPU 0. One call runs at a time.
  ///
  /// @throws io.bpf4j.error.ProgramFault when a program was stopped
  public LookupResult lookup(Tuple tuple) {
    return world.onOwnCpu(cpu -> lookups.lookup(cpu, tuple));
  }

  /// Looks up a packet that carries these bytes behind its transport header: only programs of
  /// reuseport groups see them.
  ///
  /// @throws io.bpf4j.error.ProgramFault when a program was stopped
  public LookupResult lookup(Tuple tuple, byte[] payload) {
    return carrying(payload, cpu -> lookups.lookup(cpu, tuple));
  }

  /// Looks up a packet and delivers it, as far as that changes later lookups: a UDP socket with a
  /// peer from then on prefers the CPU that received it ([UdpSock#received]), here CPU 0.
  ///
  /// @throws io.bpf4j.error.ProgramFault when a program was stopped
  public LookupResult deliver(Tuple tuple) {
    LookupResult result = lookup(tuple);
    Sock sock =
        switch (result) {
          case LookupResult.Established(Sock found) -> found;
          case LookupResult.Steered(Sock found, var _) -> found;
          case LookupResult.Listener(Sock found) -> found;
          default -> null;
        };
    if (sock instanceof UdpSock udp) {
      udp.received(tuple.family(), 0);
    }
    return result;
  }

  private <T> T carrying(byte[] payload, Function<WorldCpu, T> task) {
    return world.onOwnCpu(cpu -> {
      cpu.payload(payload);
      try {
        return task.apply(cpu);
      } finally {
        cpu.payload(new byte[0]);
      }
    });
  }

  /// Looks up what no packet is there for, as `bpf_sk_lookup_tcp` does and its like: programs of
  /// reuseport groups are not run.
  ///
  /// @throws io.bpf4j.error.ProgramFault when a program was stopped
  public LookupResult lookupWithoutPacket(Tuple tuple) {
    return world.onOwnCpu(cpu -> lookups.lookupWithoutPacket(cpu, tuple));
  }

  /// Looks up a packet and tells every step. It is a real lookup: what programs write to maps stays
  /// written. Helper calls are told by the world's explaining engine.
  ///
  /// @throws io.bpf4j.error.ProgramFault when a program was stopped
  public LookupTrace explain(Tuple tuple) {
    return world.onOwnCpu(cpu -> lookups.explain(cpu, tuple, world::reporting));
  }

  /// The same of a packet that carries these bytes behind its transport header.
  ///
  /// @throws io.bpf4j.error.ProgramFault when a program was stopped
  public LookupTrace explain(Tuple tuple, byte[] payload) {
    return carrying(payload, cpu -> lookups.explain(cpu, tuple, world::reporting));
  }

  /// Ends the namespace: its sockets are closed and its links detached. Closing again does nothing.
  public void close() {
    links.die();
    space.sockets().forEach(Sock::close);
  }

  @Override
  public String toString() {
    return "netns '" + name + "'";
  }
}
