package io.bpf4j.worlds;

import io.bpf4j.linux.SockName;
import io.bpf4j.net.Family;
import io.bpf4j.net.Protocol;
import io.bpf4j.sock.SockOption;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// One step of a script. Its text is one line: the form that [StepReader] reads.
///
/// Sockets and links have names of the script's. A script has a map of each type that holds
/// sockets, with [#MAP_SIZE] places, and [#SLOTS] programs that behave as they are told: those from
/// [#FIRST_PICKER] on are for reuseport groups.
public sealed interface Step {
  /// Places in each map; keys are 0 to one less.
  int MAP_SIZE = 8;

  /// Programs, numbered from 0.
  int SLOTS = 12;

  /// The first program that picks members of reuseport groups.
  int FIRST_PICKER = 8;

  /// Opens a socket.
  ///
  /// @param elsewhere in a second namespace
  /// @param uid the user it belongs to
  record Open(String sock, Protocol protocol, Family family, boolean elsewhere, int uid)
      implements Step {
    @Override
    public String toString() {
      return "open "
          + sock
          + " "
          + protocol
          + (family == Family.INET ? "4" : "6")
          + (elsewhere ? " elsewhere" : "")
          + (uid == 0 ? "" : " uid=" + uid);
    }
  }

  /// Sets an option; of interfaces only [Device] does.
  record Set(String sock, SockOption option, int value) implements Step {
    @Override
    public String toString() {
      return "set " + sock + " " + option.name().toLowerCase(Locale.ROOT) + " " + value;
    }
  }

  /// Reads an option.
  record Get(String sock, SockOption option) implements Step {
    @Override
    public String toString() {
      return "get " + sock + " " + option.name().toLowerCase(Locale.ROOT);
    }
  }

  /// Binds a socket to an interface; `-` ends that.
  record Device(String sock, String device) implements Step {
    @Override
    public String toString() {
      return "device " + sock + " " + device;
    }
  }

  record Bind(String sock, SockName name) implements Step {
    @Override
    public String toString() {
      return "bind " + sock + " " + name;
    }
  }

  record Listen(String sock) implements Step {
    @Override
    public String toString() {
      return "listen " + sock;
    }
  }

  /// Connects a socket; TCP sockets without asking the other end.
  record Connect(String sock, SockName peer) implements Step {
    @Override
    public String toString() {
      return "connect " + sock + " " + peer;
    }
  }

  /// Ends a connection or the listening by connect() with AF_UNSPEC.
  record Disconnect(String sock) implements Step {
    @Override
    public String toString() {
      return "disconnect " + sock;
    }
  }

  record Shutdown(String sock) implements Step {
    @Override
    public String toString() {
      return "shutdown " + sock;
    }
  }

  record Close(String sock) implements Step {
    @Override
    public String toString() {
      return "close " + sock;
    }
  }

  /// The address and port that getsockname() gives.
  record Local(String sock) implements Step {
    @Override
    public String toString() {
      return "local " + sock;
    }
  }

  /// Puts a socket into a map.
  record Put(Place place, String sock, int flags) implements Step {
    @Override
    public String toString() {
      return "put " + place + " " + sock + (flags == 0 ? "" : " flags=" + flags);
    }
  }

  /// Takes a key out of a map.
  record Delete(Place place) implements Step {
    @Override
    public String toString() {
      return "delete " + place;
    }
  }

  /// Which socket stands at a key of a map.
  record At(Place place) implements Step {
    @Override
    public String toString() {
      return "at " + place;
    }
  }

  /// Tells a program what to do from now on.
  record Behave(int slot, Behaviour behaviour) implements Step {
    @Override
    public String toString() {
      return "prog " + slot + " " + behaviour;
    }
  }

  /// Tells a program of groups what to do from now on: select the socket at a place, or none, and
  /// return a number.
  record Choose(int slot, @Nullable Place place, int verdict) implements Step {
    @Override
    public String toString() {
      return "choose " + slot + (place == null ? "" : " " + place) + " return=" + verdict;
    }
  }

  /// Gives the group of a socket a program.
  ///
  /// @param filter as a socket filter, whose result is the index of a member, instead of as a
  ///   sk_reuseport program
  record Picker(String sock, int slot, boolean filter) implements Step {
    @Override
    public String toString() {
      return "picker " + sock + " " + slot + (filter ? " filter" : "");
    }
  }

  /// Takes the program of a socket's group away.
  record Unpick(String sock) implements Step {
    @Override
    public String toString() {
      return "unpick " + sock;
    }
  }

  /// Attaches a program behind the others.
  record Attach(String link, int slot) implements Step {
    @Override
    public String toString() {
      return "attach " + link + " " + slot;
    }
  }

  /// Puts another program in a link's place.
  ///
  /// @param expected the program that must be there now; -1: any
  record Update(String link, int slot, int expected) implements Step {
    @Override
    public String toString() {
      return "update " + link + " " + slot + (expected < 0 ? "" : " expect=" + expected);
    }
  }

  record Detach(String link) implements Step {
    @Override
    public String toString() {
      return "detach " + link;
    }
  }

  /// The attached programs in their order.
  record Query() implements Step {
    @Override
    public String toString() {
      return "query";
    }
  }

  /// How often a program ran since it was last told what to do.
  record Runs(int slot) implements Step {
    @Override
    public String toString() {
      return "runs " + slot;
    }
  }

  /// What the last run of a program got from an assignment, from 0.
  record Result(int slot, int assign) implements Step {
    @Override
    public String toString() {
      return "result " + slot + " " + assign;
    }
  }

  /// Asks for the socket of a packet, without a packet.
  record Look(Packet packet) implements Step {
    @Override
    public String toString() {
      return "lookup " + packet;
    }
  }

  /// Sends a datagram; who receives it.
  ///
  /// @param unconnected by a socket that does not connect for it; it may broadcast
  record Send(SockName src, SockName dst, boolean unconnected) implements Step {
    @Override
    public String toString() {
      return "send " + src + " " + dst + (unconnected ? " unconnected" : "");
    }
  }

  /// Opens a TCP connection; whose listener accepts it. Both ends are closed again without a trace.
  ///
  /// @param tell to say also what the accepted socket's getsockname() gives
  record Shake(SockName src, SockName dst, boolean tell) implements Step {
    @Override
    public String toString() {
      return "shake " + src + " " + dst + (tell ? " tell" : "");
    }
  }
}
