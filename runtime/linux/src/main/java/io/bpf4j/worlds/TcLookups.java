package io.bpf4j.worlds;

import io.bpf4j.isa.Assembler;
import io.bpf4j.isa.InsnEncoder;
import io.bpf4j.linux.KernelProg;
import io.bpf4j.linux.LoadRequest;
import io.bpf4j.linux.MappedArray;
import io.bpf4j.linux.TestRun;
import io.bpf4j.map.MapFlags;
import io.bpf4j.map.MapTypes;
import io.bpf4j.net.Family;
import io.bpf4j.net.IpAddr;
import io.bpf4j.net.Protocol;
import io.bpf4j.prog.MapSpec;
import io.bpf4j.prog.ProgType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/// The kernel's socket lookup for packets that there are only in the form of their tuples: a
/// program of type SCHED_CLS, run by BPF_PROG_TEST_RUN, that calls bpf_sk_lookup_tcp and
/// bpf_sk_lookup_udp for up to 64 of them. Such lookups run the namespace's sk_lookup programs, but
/// not those of reuseport groups (net/core/filter.c __bpf_skc_lookup, which has no packet to show).
///
/// The namespace is that of the calling thread. What is found is told by its SO_MARK.
///
/// ```
/// record:  protocol:4 tuple_bytes:4 mark:4 unused:4 tuple:36 unused:12
/// tuple of IPv4:  saddr:4 daddr:4 sport:2 dport:2;  of IPv6: saddr:16 daddr:16 sport:2 dport:2
/// ```
final class TcLookups implements AutoCloseable {
  /// The most packets of one run.
  private static final int BATCH = 64;

  private static final int RECORD_BYTES = 64;
  private static final int TUPLE_BYTES = 4;
  private static final int MARK = 8;
  private static final int TUPLE = 16;
  private static final int TUPLE4 = 12;
  private static final int TUPLE6 = 36;

  /// `struct __sk_buff` and its member ifindex.
  private static final int SKB_BYTES = 192;

  private static final int SKB_IFINDEX = 40;
  private static final byte[] FRAME = new byte[64];

  /// A record whose first number is 0 ends the run. Its address is computed in each round, so that
  /// the verifier sees the rounds as alike as it can.
  private static final String PROGRAM =
      """
      r6 = r1
      r8 = 0
      *(u32 *)(r10 -4) = 0
      r2 = r10
      r2 += -4
      r1 = map[idx:0]
      call bpf_map_lookup_elem#1
      if r0 == 0 goto end
      r7 = r0
      next:
      r1 = *(u32 *)(r7 +0)
      if r1 == 0 goto end
      r3 = *(u32 *)(r7 +4)
      if r3 > 36 goto end
      if r3 == 0 goto end
      r2 = r7
      r2 += 16
      r4 = -1
      r5 = 0
      if r1 == 6 goto tcp
      r1 = r6
      call bpf_sk_lookup_udp#85
      goto found
      tcp:
      r1 = r6
      call bpf_sk_lookup_tcp#84
      found:
      r1 = 0
      if r0 == 0 goto none
      r9 = *(u32 *)(r0 +16)
      r1 = r0
      call bpf_sk_release#86
      r1 = r9
      none:
      *(u32 *)(r7 +8) = r1
      r7 += 64
      r8 += 1
      if r8 < 64 goto next
      end:
      r0 = 0
      exit
      """;

  private final MappedArray records;
  private final KernelProg prog;
  private final MemorySegment memory;

  TcLookups() {
    this.records =
        MappedArray.create(
            MapSpec.of(
                "records", MapTypes.ARRAY, 4, BATCH * RECORD_BYTES, 1, MapFlags.BPF_F_MMAPABLE));
    try {
      this.prog =
          KernelProg.load(
              LoadRequest.of(
                  "lookups",
                  ProgType.SCHED_CLS,
                  InsnEncoder.encode(Assembler.assemble(PROGRAM)),
                  List.of(records.map())));
    } catch (RuntimeException e) {
      records.close();
      throw e;
    }
    this.memory = records.bytes();
  }

  /// The marks of the sockets found for packets that one interface received, 0 for none.
  List<Integer> marks(int ifindex, List<Packet> packets) {
    byte[] ctx = new byte[SKB_BYTES];
    ByteBuffer.wrap(ctx).order(ByteOrder.nativeOrder()).putInt(SKB_IFINDEX, ifindex);
    TestRun.Input input = TestRun.Input.data(FRAME).withCtx(ctx);
    List<Integer> marks = new ArrayList<>(packets.size());
    for (int from = 0; from < packets.size(); from += BATCH) {
      int count = Math.min(BATCH, packets.size() - from);
      for (int i = 0; i < count; i++) {
        write(i * RECORD_BYTES, packets.get(from + i));
      }
      if (count < BATCH) {
        memory.set(ValueLayout.JAVA_INT, (long) count * RECORD_BYTES, 0);
      }
      prog.testRun(input);
      for (int i = 0; i < count; i++) {
        marks.add(memory.get(ValueLayout.JAVA_INT, (long) i * RECORD_BYTES + MARK));
      }
    }
    return marks;
  }

  private void write(int at, Packet packet) {
    boolean v4 = packet.dst().address().family() == Family.INET;
    memory.set(
        ValueLayout.JAVA_INT,
        at,
        packet.protocol() == Protocol.TCP ? Protocol.TCP.number() : Protocol.UDP.number());
    memory.set(ValueLayout.JAVA_INT, at + TUPLE_BYTES, v4 ? TUPLE4 : TUPLE6);
    memory.set(ValueLayout.JAVA_INT, at + MARK, 0);
    ByteBuffer out = memory.asSlice(at + TUPLE, TUPLE6).asByteBuffer().order(ByteOrder.BIG_ENDIAN);
    put(out, packet.src().address(), v4);
    put(out, packet.dst().address(), v4);
    out.putShort((short) packet.src().port().number());
    out.putShort((short) packet.dst().port().number());
  }

  private static void put(ByteBuffer out, IpAddr address, boolean v4) {
    if (v4) {
      out.putInt((int) address.lo());
    } else {
      out.putLong(address.hi()).putLong(address.lo());
    }
  }

  @Override
  public void close() {
    prog.close();
    records.close();
  }
}
