package io.bpf4j.netns;

import io.bpf4j.helper.Helpers;
import io.bpf4j.map.MapTypes;
import io.bpf4j.packet.PacketTypes;
import io.bpf4j.platform.Platform;
import io.bpf4j.platform.ProgTypeInfo;
import io.bpf4j.reuseport.SkReuseport;
import io.bpf4j.sklookup.BpfSockLayout;
import io.bpf4j.sklookup.SkLookup;
import java.util.List;
import java.util.stream.Stream;

/// What the simulated Linux offers to programs: all rows together.
public final class LinuxPlatform {
  public static final Platform PLATFORM =
      new Platform(progTypes(), Helpers.ROWS, MapTypes.ROWS, BpfSockLayout.LAYOUT);

  private LinuxPlatform() {}

  private static List<ProgTypeInfo> progTypes() {
    return Stream.concat(Stream.of(SkLookup.ROW, SkReuseport.ROW), PacketTypes.ROWS.stream())
        .toList();
  }
}
