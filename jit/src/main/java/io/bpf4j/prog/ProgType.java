package io.bpf4j.prog;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The program types of uapi/linux/bpf.h, in the order of their numbers.
public enum ProgType {
  UNSPEC,
  SOCKET_FILTER,
  KPROBE,
  SCHED_CLS,
  SCHED_ACT,
  TRACEPOINT,
  XDP,
  PERF_EVENT,
  CGROUP_SKB,
  CGROUP_SOCK,
  LWT_IN,
  LWT_OUT,
  LWT_XMIT,
  SOCK_OPS,
  SK_SKB,
  CGROUP_DEVICE,
  SK_MSG,
  RAW_TRACEPOINT,
  CGROUP_SOCK_ADDR,
  LWT_SEG6LOCAL,
  LIRC_MODE2,
  SK_REUSEPORT,
  FLOW_DISSECTOR,
  CGROUP_SYSCTL,
  RAW_TRACEPOINT_WRITABLE,
  CGROUP_SOCKOPT,
  TRACING,
  STRUCT_OPS,
  EXT,
  LSM,
  SK_LOOKUP,
  SYSCALL,
  NETFILTER;

  /// The number in bpf_attr.
  public int number() {
    return ordinal();
  }

  /// The uapi name without its prefix, in lower case: `sk_lookup`.
  public String uapiName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /// The type with this uapi name (with or without `BPF_PROG_TYPE_`, any case), or null.
  public static @Nullable ProgType named(String name) {
    String bare = name.toUpperCase(Locale.ROOT).replaceFirst("^BPF_PROG_TYPE_", "");
    for (ProgType type : values()) {
      if (type.name().equals(bare)) {
        return type;
      }
    }
    return null;
  }
}
