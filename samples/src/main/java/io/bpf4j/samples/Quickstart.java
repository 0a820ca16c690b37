package io.bpf4j.samples;

import io.bpf4j.Engines;
import io.bpf4j.elf.BpfObjectReader;
import io.bpf4j.net.Family;
import io.bpf4j.net.IpAddr;
import io.bpf4j.net.Port;
import io.bpf4j.net.Protocol;
import io.bpf4j.net.Tuple;
import io.bpf4j.netns.Netns;
import io.bpf4j.netns.ObjectMaps;
import io.bpf4j.netns.World;
import io.bpf4j.prog.BpfObject;
import io.bpf4j.sock.Sock;
import java.nio.file.Path;
import java.util.Objects;

/// Steers a connection to port 80 of any address to a listener on 127.0.0.1:8080, with the program
/// of `samples/quickstart`.
public final class Quickstart {
  private Quickstart() {}

  /// @param args the folder of the samples; `samples` when it is not given
  public static void main(String[] args) {
    System.out.println(lookup(Path.of(args.length == 0 ? "samples" : args[0])));
  }

  static Object lookup(Path samples) {
    World world = World.of(Engines.named("jit"), 1, 1);
    Netns netns = world.createNetns("server");
    Sock web = netns.open(Protocol.TCP, Family.INET).named("web");
    web.bind(IpAddr.parse("127.0.0.1"), new Port(8080));
    web.listen();

    BpfObject object = BpfObjectReader.read(samples.resolve("quickstart/steer.bpf.o"));
    ObjectMaps maps = world.createMaps(object);
    netns.attach(world.load(Objects.requireNonNull(object.program("steer")), maps));
    maps.sockets("sockets").updateElem(new byte[] {0, 0, 0, 0}, web, 0);
    maps.map("services").updateElem(new byte[] {2, 6, 80, 0}, new byte[] {0, 0, 0, 0}, 0);

    return netns.lookup(
        new Tuple(
            Protocol.TCP,
            IpAddr.parse("203.0.113.9"),
            new Port(40000),
            IpAddr.parse("198.51.100.77"),
            new Port(80),
            1));
  }
}
