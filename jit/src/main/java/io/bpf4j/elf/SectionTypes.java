package io.bpf4j.elf;

import io.bpf4j.prog.ProgType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;

/// What a section's name says of the type of its programs: libbpf's names, the older and looser
/// ones of iproute2, the kernel's samples and Cilium. A name stands for itself and for all names
/// that go on behind it with something other than a letter (`xdp`, `xdp/frags`, `xdp_prog0`,
/// `socket1`, `sk_lookup.v4`); the longest that fits decides.
final class SectionTypes {
  private record Row(String prefix, ProgType type) {}

  private static final List<Row> ROWS = new ArrayList<>();

  /// iproute2 names tail calls by map id and slot: `2/10`.
  private static final Pattern TAIL_CALL = Pattern.compile("(0x)?\\d+/\\d+");

  static {
    row(ProgType.SK_LOOKUP, "sk_lookup");
    row(ProgType.SK_REUSEPORT, "sk_reuseport");
    row(ProgType.SOCKET_FILTER, "socket", "socket_filter", "filter");
    row(ProgType.XDP, "xdp");
    row(ProgType.SCHED_CLS, "tc", "tcx", "netkit", "classifier", "cls", "from", "to");
    row(ProgType.SCHED_ACT, "action", "act");
    row(ProgType.KPROBE, "kprobe", "kretprobe", "uprobe", "uretprobe", "ksyscall", "kretsyscall");
    row(ProgType.KPROBE, "usdt");
    row(ProgType.TRACEPOINT, "tracepoint", "tp");
    row(ProgType.RAW_TRACEPOINT, "raw_tracepoint", "raw_tp");
    row(ProgType.RAW_TRACEPOINT_WRITABLE, "raw_tracepoint.w", "raw_tp.w");
    row(ProgType.TRACING, "tp_btf", "fentry", "fexit", "fmod_ret", "iter");
    row(ProgType.EXT, "freplace");
    row(ProgType.LSM, "lsm", "lsm_cgroup");
    row(ProgType.SYSCALL, "syscall");
    row(ProgType.STRUCT_OPS, "struct_ops");
    row(ProgType.NETFILTER, "netfilter");
    row(ProgType.PERF_EVENT, "perf_event");
    row(ProgType.LWT_IN, "lwt_in");
    row(ProgType.LWT_OUT, "lwt_out");
    row(ProgType.LWT_XMIT, "lwt_xmit");
    row(ProgType.LWT_SEG6LOCAL, "lwt_seg6local");
    row(ProgType.SOCK_OPS, "sockops");
    row(ProgType.SK_SKB, "sk_skb");
    row(ProgType.SK_MSG, "sk_msg");
    row(ProgType.LIRC_MODE2, "lirc_mode2");
    row(ProgType.FLOW_DISSECTOR, "flow_dissector");
    row(ProgType.CGROUP_SKB, "cgroup_skb", "cgroup/skb");
    row(ProgType.CGROUP_DEVICE, "cgroup/dev");
    row(ProgType.CGROUP_SYSCTL, "cgroup/sysctl");
    row(ProgType.CGROUP_SOCKOPT, "cgroup/getsockopt", "cgroup/setsockopt");
    row(ProgType.CGROUP_SOCK, "cgroup/sock", "cgroup/sock_create", "cgroup/sock_release");
    row(ProgType.CGROUP_SOCK, "cgroup/post_bind");
    for (String hook : List.of("bind", "connect", "sendmsg", "recvmsg", "getpeername")) {
      row(ProgType.CGROUP_SOCK_ADDR, "cgroup/" + hook);
    }
    row(ProgType.CGROUP_SOCK_ADDR, "cgroup/getsockname", "cgroup/connect_unix");
    row(ProgType.CGROUP_SOCK_ADDR, "cgroup/sendmsg_unix", "cgroup/recvmsg_unix");
    ROWS.sort(Comparator.comparingInt((Row row) -> row.prefix().length()).reversed());
  }

  private SectionTypes() {}

  private static void row(ProgType type, String... prefixes) {
    for (String prefix : prefixes) {
      ROWS.add(new Row(prefix, type));
    }
  }

  /// The type, or UNSPEC when the name says nothing.
  static ProgType of(String section) {
    // libbpf: a question mark in front means "do not load unless asked".
    String name = section.startsWith("?") ? section.substring(1) : section;
    for (Row row : ROWS) {
      if (fits(name, row.prefix())) {
        return row.type();
      }
    }
    return TAIL_CALL.matcher(name).matches() ? ProgType.SCHED_CLS : ProgType.UNSPEC;
  }

  private static boolean fits(String name, String prefix) {
    return name.startsWith(prefix)
        && (name.length() == prefix.length() || !Character.isLetter(name.charAt(prefix.length())));
  }
}
