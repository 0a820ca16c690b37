package io.bpf4j.sim.replay;

/// What a packet is before any lookup.
public sealed interface Disposition {
  /// It is not looked up.
  record NotLocal(Reason reason) implements Disposition {}

  /// It belongs to a TCP connection: no program runs.
  ///
  /// @param socket the number of its socket in the world, or -1 for a connection that the host
  ///   opened
  record OfConnection(int socket) implements Disposition {}

  /// It is looked up.
  record LookUp() implements Disposition {}

  /// Why a packet is not looked up.
  enum Reason {
    MULTICAST(
        "goes to a multicast or broadcast address, which the kernel delivers without the hook"),
    SENT_BY_HOST("was sent by the host itself to another one"),
    OTHER_HOST("was captured on its way to another host"),
    OTHER_ADDRESS("goes to an address that is not the host's");

    private final String meaning;

    Reason(String meaning) {
      this.meaning = meaning;
    }

    /// Completes a sentence that starts with the packet.
    public String meaning() {
      return meaning;
    }
  }
}
