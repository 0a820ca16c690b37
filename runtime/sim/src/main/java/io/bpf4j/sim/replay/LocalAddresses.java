package io.bpf4j.sim.replay;

import io.bpf4j.net.Family;
import io.bpf4j.net.IpAddr;
import io.bpf4j.net.Prefix;
import io.bpf4j.sim.scenario.InterfaceAddress;
import io.bpf4j.sim.scenario.InterfaceSpec;
import io.bpf4j.sim.scenario.NetnsSpec;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// The addresses that are a namespace's own, and its broadcast addresses, as sorted ranges that do
/// not overlap; asking allocates nothing.
final class LocalAddresses {
  private static final int INET = Family.INET.number();

  private final Ranges local4;
  private final Ranges local6;
  private final Ranges broadcast;

  LocalAddresses(NetnsSpec netns) {
    List<Prefix> own = new ArrayList<>();
    List<Prefix> all = new ArrayList<>();
    all.add(Prefix.parse("255.255.255.255"));
    for (InterfaceSpec iface : netns.interfaces()) {
      own.addAll(iface.local());
      for (InterfaceAddress address : iface.addresses()) {
        own.add(Prefix.of(address.address()));
        IpAddr last = address.broadcast();
        if (last != null) {
          all.add(Prefix.of(last));
        }
      }
    }
    local4 = new Ranges(own, Family.INET);
    local6 = new Ranges(own, Family.INET6);
    broadcast = new Ranges(all, Family.INET);
  }

  boolean isLocal(int family, long hi, long lo) {
    return (family == INET ? local4 : local6).contains(hi, lo);
  }

  /// Whether packets to the address go to everybody: 224.0.0.0/4, ff00::/8, a broadcast address
  /// that is not also declared local.
  boolean isForAll(int family, long hi, long lo) {
    return family == INET
        ? lo >>> 28 == 0xe || (broadcast.contains(hi, lo) && !local4.contains(hi, lo))
        : hi >>> 56 == 0xff;
  }

  /// Sorted disjoint ranges of 128-bit numbers.
  private static final class Ranges {
    private final long[] firstHi;
    private final long[] firstLo;
    private final long[] lastHi;
    private final long[] lastLo;

    /// A range from first to last.
    private record Range(long firstHi, long firstLo, long lastHi, long lastLo) {
      static Range of(Prefix prefix) {
        int free = Prefix.width(prefix.address().family()) - prefix.bits();
        long hi = prefix.address().hi();
        long lo = prefix.address().lo();
        return new Range(hi, lo, hi | low(free - 64), lo | low(free));
      }

      private static long low(int bits) {
        return bits <= 0 ? 0 : bits >= 64 ? -1 : (1L << bits) - 1;
      }
    }

    Ranges(List<Prefix> prefixes, Family family) {
      List<Range> merged = new ArrayList<>();
      prefixes.stream()
          .filter(p -> p.address().family() == family)
          .map(Range::of)
          .sorted(
              Comparator.comparing(Range::firstHi, Long::compareUnsigned)
                  .thenComparing(Range::firstLo, Long::compareUnsigned))
          .forEach(range -> merge(merged, range));
      firstHi = merged.stream().mapToLong(Range::firstHi).toArray();
      firstLo = merged.stream().mapToLong(Range::firstLo).toArray();
      lastHi = merged.stream().mapToLong(Range::lastHi).toArray();
      lastLo = merged.stream().mapToLong(Range::lastLo).toArray();
    }

    /// Prefixes are disjoint or nested: the sorted next one lies inside the last, or behind it.
    private static void merge(List<Range> merged, Range range) {
      if (!merged.isEmpty()) {
        Range last = merged.getLast();
        if (compare(range.lastHi, range.lastLo, last.lastHi, last.lastLo) <= 0) {
          return;
        }
        if (range.firstHi == last.firstHi && range.firstLo == last.firstLo) {
          merged.removeLast();
        }
      }
      merged.add(range);
    }

    boolean contains(long hi, long lo) {
      int low = 0;
      int high = firstHi.length - 1;
      while (low <= high) {
        int mid = (low + high) >>> 1;
        if (compare(hi, lo, firstHi[mid], firstLo[mid]) < 0) {
          high = mid - 1;
        } else if (compare(hi, lo, lastHi[mid], lastLo[mid]) > 0) {
          low = mid + 1;
        } else {
          return true;
        }
      }
      return false;
    }

    private static int compare(long aHi, long aLo, long bHi, long bLo) {
      return aHi == bHi ? Long.compareUnsigned(aLo, bLo) : Long.compareUnsigned(aHi, bHi);
    }
  }
}
