/// Replay: what a capture means to the socket lookup, and how it is counted.
///
/// A network namespace declares its interfaces and the addresses that are its own. A trace names
/// the namespace and, if the capture does not tell, the interface its packets arrived at. Every
/// packet with ports then is one of these:
///
/// | packet | what happens | counted as |
/// |---|---|---|
/// | to a multicast or broadcast address | the kernel delivers it by another path, without the hook | `notLocal` |
/// | to an address that is not local, or captured as sent by the host or as another host's | no lookup; see below for the host's own | `notLocal` |
/// | UDP to a local address | a lookup | its result |
/// | TCP to a local address, of a known connection | found in the connection table: no program runs | `established` |
/// | TCP to a local address, of no known connection | a lookup | its result |
///
/// **Connections.** A TCP connection is known from the packet that opens it until it ends.
///
/// - A SYN that finds a listening socket, by a program or by the regular lookup, opens it. So does
///   a segment whose flags the trace does not tell. A repeated SYN finds the half-open connection.
/// - A SYN that the host itself sends to somewhere else opens one too: the answers belong to a
///   socket of its own, and find that.
/// - Other segments without a connection are looked up, as the kernel does, and open nothing; with
///   `assumeEstablished` one that finds a listening socket is taken for a connection that was open
///   before the trace began. A RST never opens one.
/// - A RST in either direction ends it; the RST itself still belongs to it.
/// - A FIN in both directions ends it, too: captures hold both directions, and what the host sends
///   updates its connections though it is not looked up. The kernel keeps such a connection in
///   LAST_ACK or TIME_WAIT, so its last segments still find it, but a new SYN is looked up
///   (net/ipv4/tcp_ipv4.c tcp_v4_rcv, case TCP_TW_SYN). Here it stays until it is idle.
/// - A connection without packets for `connectionIdle`, by the clock of the capture, is forgotten.
/// - Beyond `maxConnections` the one idle longest is evicted, and that is counted.
///
/// For which segments programs run, and for which not, was observed on Linux 6.18 segment by
/// segment with an attached program that counts, but for the end of LAST_ACK: there the kernel
/// forgets a connection with the last ACK, and a stray segment after it is looked up.
///
/// With `everyPacketFirst` there are no connections: each packet to a local address is looked up.
/// UDP has no connections here; a connected UDP socket is found by the lookup itself.
///
/// **Local traffic.** A packet from a local to a local address is both sent and received: it first
/// updates the sender's connection, then it is looked up.
///
/// **Threads.** Packets are dealt out by a hash of their flow that is the same in both directions.
/// Each thread has its own CPU of the simulated host and its own connections, so the order inside a
/// flow holds, and programs whose lookups do not influence later ones give the same totals with any
/// number of threads. `maxConnections` is divided among them.
@NullMarked
package io.bpf4j.sim.replay;

import org.jspecify.annotations.NullMarked;
