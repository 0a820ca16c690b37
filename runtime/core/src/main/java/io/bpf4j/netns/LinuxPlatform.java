package io.bpf4j.netns;

import io.bpf4j.helper.Helpers;
import io.bpf4j.map.MapTypes;
import io.bpf4j.platform.Platform;
import io.bpf4j.reuseport.SkReuseport;
import io.bpf4j.reuseport.SocketFilter;
import io.bpf4j.sklookup.BpfSockLayout;
import io.bpf4j.sklookup.SkLookup;
import java.util.List;

/// What the simulated Linux offers to programs: all rows together.
public final class LinuxPlatform {
  public static final Platform PLATFORM =
      new Platform(
          List.of(SkLookup.ROW, SkReuseport.ROW, SocketFilter.ROW),
          Helpers.ROWS,
          MapTypes.ROWS,
          BpfSockLayout.LAYOUT);

  private LinuxPlatform() {}
}
