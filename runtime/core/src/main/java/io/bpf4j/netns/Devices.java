package io.bpf4j.netns;

import io.bpf4j.error.Errno;
import io.bpf4j.error.ErrnoException;
import io.bpf4j.net.Family;
import io.bpf4j.net.IpAddr;
import io.bpf4j.net.Prefix;
import io.bpf4j.sock.Routes;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/// The interfaces of a namespace and the addresses that are its own.
final class Devices implements Routes {
  private static final Prefix LOOPBACK4 = Prefix.parse("127.0.0.0/8");
  private static final int LOCALHOST = 0x7f000001;
  private static final Prefix LOOPBACK6 = Prefix.parse("::1");

  private final String netns;
  private final List<Device> devices = new CopyOnWriteArrayList<>();
  private final List<Local> locals = new CopyOnWriteArrayList<>();

  /// Addresses of an interface.
  private record Local(Prefix prefix, Device device) {}

  /// With `lo`, which owns the loopback addresses.
  Devices(String netns) {
    this.netns = netns;
    Device lo = new Device("lo", 1);
    devices.add(lo);
    locals.add(new Local(LOOPBACK4, lo));
    locals.add(new Local(LOOPBACK6, lo));
  }

  List<Device> all() {
    return List.copyOf(devices);
  }

  /// Adds an interface; one that is there already with the same index is just given back.
  Device add(String name, int ifindex) {
    Device added = new Device(name, ifindex);
    for (Device device : devices) {
      if (device.equals(added)) {
        return device;
      }
      if (device.name().equals(name) || device.ifindex() == ifindex) {
        throw new ErrnoException(
            Errno.EEXIST,
            "netns '" + netns + "' device '" + name + "'",
            "'%s' has index %d".formatted(device.name(), device.ifindex()));
      }
    }
    devices.add(added);
    return added;
  }

  void addLocal(Device device, Prefix prefix) {
    locals.add(new Local(prefix, device));
  }

  /// The interface that owns an address: the longest prefix decides; null for a foreign address.
  @Nullable Device owner(IpAddr address) {
    Local local = local(address);
    return local == null ? null : local.device;
  }

  private @Nullable Local local(IpAddr address) {
    Local best = null;
    for (Local local : locals) {
      if (local.prefix.contains(address)
          && (best == null || local.prefix.bits() > best.prefix.bits())) {
        best = local;
      }
    }
    return best;
  }

  /// To an own address the address itself, within 127.0.0.0/8 127.0.0.1 (the `src` of its route);
  /// to others the first single address of the interface the packet must leave by, or of the first
  /// interface but `lo` that has one.
  @Override
  public @Nullable IpAddr source(IpAddr destination, int device) {
    Local own = local(destination);
    if (own != null) {
      return own.prefix.equals(LOOPBACK4) ? IpAddr.v4(LOCALHOST) : destination;
    }
    Family family = destination.family();
    for (Local local : locals) {
      boolean fits =
          local.prefix.address().family() == family
              && local.prefix.bits() == Prefix.width(family)
              && (device == 0
                  ? !local.device.name().equals("lo")
                  : local.device.ifindex() == device);
      if (fits) {
        return local.prefix.address();
      }
    }
    return null;
  }

  @Override
  public boolean hasDevice(int ifindex) {
    return devices.stream().anyMatch(d -> d.ifindex() == ifindex);
  }
}
