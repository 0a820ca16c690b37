package io.bpf4j.sim.scenario;

import io.bpf4j.net.Protocol;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A packet as people write it: `tcp 192.0.2.1:40000 -> 198.51.100.7:443 ifindex 2`.
///
/// @param protocol TCP or UDP
/// @param src where it comes from
/// @param dst where it goes to
/// @param ifindex the receiving interface's number, or 0 when it is not given
/// @param iface the receiving interface's name, or null when it is not given
public record PacketText(
    Protocol protocol, Endpoint src, Endpoint dst, int ifindex, @Nullable String iface) {
  private static final Pattern FORM =
      Pattern.compile(
          "\\s*(?<proto>\\S+)\\s+(?<src>\\S+)\\s*->\\s*(?<dst>[^\\s\\[]\\S*|\\[\\S+)(?<rest>.*)");

  private static final Pattern ARRIVAL =
      Pattern.compile("\\[?\\s*(?:ifindex\\s+(?<index>[0-9]{1,9})|dev\\s+(?<name>\\S+?))\\s*\\]?");

  private static final String USAGE = "PROTO SRC:SPORT -> DST:DPORT [ifindex N | dev NAME]";

  /// Reads the form above. Instead of `ifindex 2` it may say `dev eth0`; both may be left out.
  ///
  /// @throws IllegalArgumentException when it is none; the message is one line that tells the part
  ///   and the form
  public static PacketText parse(String text) {
    Matcher form = FORM.matcher(text);
    if (!form.matches()) {
      throw new IllegalArgumentException(
          "a packet is written " + USAGE + ", like tcp 192.0.2.1:40000 -> 198.51.100.7:443");
    }
    Protocol protocol = protocol(form.group("proto"));
    Endpoint src = endpoint("source", form.group("src"));
    Endpoint dst = endpoint("destination", form.group("dst"));
    if (src.address().family() != dst.address().family()) {
      throw new IllegalArgumentException(
          "source %s and destination %s are of two address families"
              .formatted(src.address(), dst.address()));
    }
    String rest = form.group("rest").strip();
    if (rest.isEmpty()) {
      return new PacketText(protocol, src, dst, 0, null);
    }
    Matcher arrival = ARRIVAL.matcher(rest);
    if (!arrival.matches()) {
      throw new IllegalArgumentException(
          "'%s' after the destination: only ifindex N or dev NAME may stand there".formatted(rest));
    }
    String index = arrival.group("index");
    return new PacketText(
        protocol, src, dst, index == null ? 0 : positive(index), arrival.group("name"));
  }

  private static Protocol protocol(String word) {
    return switch (word) {
      case "tcp" -> Protocol.TCP;
      case "udp" -> Protocol.UDP;
      default -> throw new IllegalArgumentException("'" + word + "' is neither tcp nor udp");
    };
  }

  private static Endpoint endpoint(String which, String text) {
    try {
      return Endpoint.parse(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(which + ": " + e.getMessage(), e);
    }
  }

  private static int positive(String digits) {
    int number = Integer.parseInt(digits);
    if (number == 0) {
      throw new IllegalArgumentException("ifindex 0 is no interface");
    }
    return number;
  }

  /// The form it is read from.
  @Override
  public String toString() {
    String arrival = iface != null ? " dev " + iface : ifindex != 0 ? " ifindex " + ifindex : "";
    return protocol + " " + src + " -> " + dst + arrival;
  }
}
