package io.bpf4j.verifier;

/// Numbers of the helpers that rules name.
final class Helpers {
  static final int MAP_LOOKUP_ELEM = 1;
  static final int MAP_UPDATE_ELEM = 2;
  static final int MAP_DELETE_ELEM = 3;
  static final int GET_SMP_PROCESSOR_ID = 8;
  static final int TAIL_CALL = 12;
  static final int PERF_EVENT_READ = 22;
  static final int PERF_EVENT_OUTPUT = 25;
  static final int SKB_UNDER_CGROUP = 33;
  static final int CURRENT_TASK_UNDER_CGROUP = 37;
  static final int REDIRECT_MAP = 51;
  static final int PERF_EVENT_READ_VALUE = 55;
  static final int SK_SELECT_REUSEPORT = 82;
  static final int MAP_PUSH_ELEM = 87;
  static final int MAP_POP_ELEM = 88;
  static final int MAP_PEEK_ELEM = 89;
  static final int SPIN_LOCK = 93;
  static final int SPIN_UNLOCK = 94;
  static final int SK_STORAGE_GET = 107;
  static final int SK_STORAGE_DELETE = 108;
  static final int PROBE_READ_USER_STR = 114;
  static final int PROBE_READ_KERNEL_STR = 115;
  static final int RINGBUF_OUTPUT = 130;
  static final int RINGBUF_RESERVE = 131;
  static final int RINGBUF_QUERY = 134;
  static final int FOR_EACH_MAP_ELEM = 164;
  static final int TIMER_SET_CALLBACK = 170;
  static final int LOOP = 181;
  static final int MAP_LOOKUP_PERCPU_ELEM = 195;
  static final int USER_RINGBUF_DRAIN = 209;

  /// The largest number the kernel knows.
  static final int MAX = 211;

  private Helpers() {}
}
