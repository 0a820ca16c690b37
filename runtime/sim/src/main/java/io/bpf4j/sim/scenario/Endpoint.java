package io.bpf4j.sim.scenario;

import io.bpf4j.net.Family;
import io.bpf4j.net.IpAddr;
import io.bpf4j.net.Port;

/// An address with a port: `192.0.2.1:80`, `[2001:db8::1]:80`.
public record Endpoint(IpAddr address, Port port) {

  /// Reads the form above.
  ///
  /// @throws IllegalArgumentException when it is none; the message says what is wrong
  public static Endpoint parse(String text) {
    int colon = text.lastIndexOf(':');
    if (colon < 0 || text.endsWith("]")) {
      throw new IllegalArgumentException("'" + text + "' has no port");
    }
    String host = text.substring(0, colon);
    boolean bracketed = host.startsWith("[") && host.endsWith("]");
    if (!bracketed && host.indexOf(':') >= 0) {
      throw new IllegalArgumentException(
          "'" + text + "': an IPv6 address stands in brackets before its port");
    }
    IpAddr address = IpAddr.parse(bracketed ? host.substring(1, host.length() - 1) : host);
    if (bracketed && address.family() == Family.INET) {
      throw new IllegalArgumentException("'" + text + "': brackets are for IPv6 addresses");
    }
    return new Endpoint(address, port(text.substring(colon + 1)));
  }

  private static Port port(String digits) {
    if (!digits.matches("[0-9]{1,5}")) {
      throw new IllegalArgumentException("'" + digits + "' is no port");
    }
    return new Port(Integer.parseInt(digits));
  }

  @Override
  public String toString() {
    return address.family() == Family.INET ? address + ":" + port : "[" + address + "]:" + port;
  }
}
