package io.bpf4j.linux;

import io.bpf4j.error.BindException;
import io.bpf4j.error.ErrnoException;
import io.bpf4j.prog.BpfObject;
import io.bpf4j.prog.MapSpec;
import io.bpf4j.prog.ProgSpec;
import java.util.LinkedHashMap;
import java.util.Map;

/// An object file in this machine's kernel: all its maps, with their contents and initial entries,
/// and all its programs.
public final class KernelObject implements AutoCloseable {
  private final String name;
  private final Map<String, KernelMap> maps = new LinkedHashMap<>();
  private final Map<String, KernelProg> progs = new LinkedHashMap<>();

  private KernelObject(String name) {
    this.name = name;
  }

  /// Loads everything, or nothing.
  ///
  /// @throws ErrnoException when the kernel refuses a map or a program
  /// @throws BindException when the object does not fit together
  public static KernelObject load(BpfObject object) {
    KernelObject live = new KernelObject(object.name());
    try {
      for (MapSpec spec : object.maps()) {
        live.maps.put(spec.name(), KernelMap.create(spec));
      }
      for (ProgSpec spec : object.programs()) {
        live.progs.put(spec.name(), KernelProg.load(spec, live.maps));
      }
      object.maps().forEach(live::fill);
      return live;
    } catch (RuntimeException e) {
      live.close();
      throw e;
    }
  }

  /// Puts the maps or programs that the object names into a table of them.
  private void fill(MapSpec spec) {
    spec.initial()
        .forEach((index, entry) -> {
          KernelMap inner = maps.get(entry);
          int fd = inner == null ? prog(entry).fd() : inner.fd();
          map(spec.name()).updateFd(index, fd);
        });
  }

  /// The map with this name.
  ///
  /// @throws BindException when there is none
  public KernelMap map(String mapName) {
    return find(maps, "map", mapName);
  }

  /// The program with this name.
  ///
  /// @throws BindException when there is none
  public KernelProg prog(String progName) {
    return find(progs, "prog", progName);
  }

  private <T> T find(Map<String, T> all, String kind, String wanted) {
    T found = all.get(wanted);
    if (found == null) {
      throw new BindException(
          name, "no " + kind + " '" + wanted + "'; it has " + String.join(", ", all.keySet()));
    }
    return found;
  }

  public Map<String, KernelMap> maps() {
    return Map.copyOf(maps);
  }

  public Map<String, KernelProg> progs() {
    return Map.copyOf(progs);
  }

  /// Closes programs and maps. What is attached keeps running until its link is closed.
  @Override
  public void close() {
    progs.values().forEach(KernelProg::close);
    maps.values().forEach(KernelMap::close);
  }
}
