package io.bpf4j.sim.scenario;

import io.bpf4j.net.Family;
import io.bpf4j.net.Protocol;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// A socket, or a group of like sockets that share a port (SO_REUSEPORT).
///
/// @param place where it is defined
/// @param name its name in maps, expectations and reports
/// @param protocol TCP or UDP
/// @param family AF_INET or AF_INET6
/// @param bind what it is bound to, or null for a socket that is not bound
/// @param v6only IPV6_V6ONLY
/// @param reuseAddr SO_REUSEADDR
/// @param reusePort SO_REUSEPORT
/// @param count how many sockets: above 1 only with SO_REUSEPORT
/// @param device the interface it is bound to (SO_BINDTODEVICE), or null
/// @param mark SO_MARK
/// @param listen whether a TCP socket listens
/// @param connect its peer, or null
public record SocketSpec(
    Place place,
    String name,
    Protocol protocol,
    Family family,
    @Nullable Endpoint bind,
    boolean v6only,
    boolean reuseAddr,
    boolean reusePort,
    int count,
    @Nullable String device,
    int mark,
    boolean listen,
    @Nullable Endpoint connect) {

  /// The names of the single sockets: the name itself, or `web/0`, `web/1` … of a group.
  public List<String> members() {
    return count == 1
        ? List.of(name)
        : IntStream.range(0, count).mapToObj(i -> name + "/" + i).toList();
  }
}
