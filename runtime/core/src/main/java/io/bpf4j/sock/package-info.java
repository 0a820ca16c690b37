/// Sockets, reuseport groups, and the tables in which packets find them.
///
/// The model is Linux 6.18's, bind conflicts, bucket order and re-hashing included; random sockets
/// are held against the live kernel. What it leaves out, on purpose:
///
/// - Packets are looked up, not delivered: a UDP socket with a peer takes the receiving CPU as its
///   SO_INCOMING_CPU only when it is told that it received one. There are no half-open connections
///   and no TIME_WAIT; connect() of a TCP socket succeeds at once.
/// - Every address can be bound, as with net.ipv4.ip_nonlocal_bind=1; connect() of a socket bound
///   to an interface finds its source among that interface's addresses, without routing tables.
/// - With more than ten UDP sockets at a port the kernel looks for bind conflicts in two buckets
///   instead of all; here it is always all.
/// - No VRF, and no migration of connections between listeners: a sk_reuseport program attached as
///   BPF_SK_REUSEPORT_SELECT_OR_MIGRATE picks members alone.
/// - Programs of reuseport groups see of a packet what its tuple tells: headers without options,
///   and a payload only where the caller gives one.
@NullMarked
package io.bpf4j.sock;

import org.jspecify.annotations.NullMarked;
