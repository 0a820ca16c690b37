package io.bpf4j.map;

import io.bpf4j.error.ErrnoException;
import io.bpf4j.error.UnsupportedException;
import io.bpf4j.prog.MapSpec;

/// Makes live maps.
public final class Maps {
  private Maps() {}

  /// Makes a map for a world with this many CPUs, with its initial contents, frozen if the spec
  /// says so.
  ///
  /// @throws ErrnoException as BPF_MAP_CREATE: EINVAL, E2BIG or ENOTSUPP for a shape the kernel
  ///   refuses, ENOMEM for more memory than the JVM's direct memory holds
  /// @throws UnsupportedException for a map type that cannot be created here
  public static RuntimeMap create(MapSpec spec, int cpus) {
    if (cpus < 1) {
      throw new IllegalArgumentException("cpus: " + cpus);
    }
    CreationRules.check(spec);
    RuntimeMap map =
        switch (spec.type()) {
          case MapTypes.HASH -> new BpfHashMap(spec, cpus);
          case MapTypes.ARRAY -> new ArrayMap(spec);
          case MapTypes.PERCPU_ARRAY -> new PercpuArrayMap(spec, cpus);
          case MapTypes.LPM_TRIE -> new LpmTrieMap(spec);
          case MapTypes.SOCKMAP -> new SockMap(spec);
          case MapTypes.SOCKHASH -> new SockHash(spec);
          case MapTypes.REUSEPORT_SOCKARRAY -> new SockArray(spec);
          default ->
              throw new UnsupportedException(
                  "map '" + spec.name() + "'",
                  MapTypes.nameOf(spec.type()) + " cannot be created yet");
        };
    MapRegistry.publish(map);
    if (spec.frozen()) {
      map.freeze();
    }
    return map;
  }
}
