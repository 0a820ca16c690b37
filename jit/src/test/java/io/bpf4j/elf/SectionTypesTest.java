package io.bpf4j.elf;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.prog.ProgType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SectionTypesTest {
  @ParameterizedTest
  @CsvSource({
    "sk_lookup, SK_LOOKUP",
    "sk_lookup/dispatcher, SK_LOOKUP",
    "sk_lookup.v4, SK_LOOKUP",
    "?sk_lookup/off, SK_LOOKUP",
    "sk_reuseport/migrate, SK_REUSEPORT",
    "socket, SOCKET_FILTER",
    "socket1, SOCKET_FILTER",
    "socket_filter, SOCKET_FILTER",
    "filter, SOCKET_FILTER",
    "xdp, XDP",
    "xdp_prog0, XDP",
    "xdp.frags/devmap, XDP",
    "tc, SCHED_CLS",
    "tc/tail, SCHED_CLS",
    "tcx/ingress, SCHED_CLS",
    "classifier, SCHED_CLS",
    "from-netdev, SCHED_CLS",
    "to-container, SCHED_CLS",
    "2/10, SCHED_CLS",
    "action, SCHED_ACT",
    "kprobe/tcp_connect, KPROBE",
    "kretprobe.multi/x, KPROBE",
    "tracepoint/syscalls/sys_enter_open, TRACEPOINT",
    "tp/sched/sched_switch, TRACEPOINT",
    "tp_btf/sched_switch, TRACING",
    "raw_tp/x, RAW_TRACEPOINT",
    "raw_tp.w/x, RAW_TRACEPOINT_WRITABLE",
    "lsm_cgroup/socket_bind, LSM",
    "cgroup/skb, CGROUP_SKB",
    "cgroup_skb/ingress, CGROUP_SKB",
    "cgroup/sock_create, CGROUP_SOCK",
    "cgroup/post_bind4, CGROUP_SOCK",
    "cgroup/bind6, CGROUP_SOCK_ADDR",
    "cgroup/connect4, CGROUP_SOCK_ADDR",
    "cgroup/getsockopt, CGROUP_SOCKOPT",
    "sockops, SOCK_OPS",
    "sk_skb/stream_verdict, SK_SKB",
    "struct_ops/init, STRUCT_OPS",
    ".text, UNSPEC",
    "tcp_thing, UNSPEC",
    "xdproot, UNSPEC",
    "nothing, UNSPEC",
    "'', UNSPEC"
  })
  void nameSaysTheType(String section, ProgType type) {
    assertThat(SectionTypes.of(section)).isEqualTo(type);
  }
}
