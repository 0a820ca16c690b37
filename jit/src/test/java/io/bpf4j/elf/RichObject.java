package io.bpf4j.elf;

import org.jspecify.annotations.Nullable;
import org.opentest4j.TestAbortedException;

/// An object with all that an object can have.
final class RichObject {
  private static final String SOURCE =
      """
      struct inner { NUMBER(type, 1); NUMBER(max_entries, 9); TYPE(key, __u64);
        TYPE(value, __u16); } one SEC(".maps"), two SEC(".maps");
      struct { NUMBER(type, 13); NUMBER(max_entries, 8); TYPE(key, __u32);
        VALUES(values, struct inner); } outer SEC(".maps") = { .values = { [1] = &one, [5] = &two } };
      int tail(__u32 *c);
      struct { NUMBER(type, 3); NUMBER(max_entries, 4); NUMBER(key_size, 4);
        VALUES(values, int (__u32 *)); } jumps SEC(".maps") = { .values = { [2] = (void *)&tail } };
      struct { __u32 type, key_size, value_size, max_entries, map_flags; }
        old SEC("maps") = { 1, 4, 8, 100, 1 };
      extern int CONFIG_X __attribute__((section(".kconfig"))) WEAK;
      extern int kfunc(int) __attribute__((section(".ksyms"))) WEAK;
      struct kernel_thing { int a; union { int b; struct { short c : 3, d : 5; }; }; int tail[3]; }
        __attribute__((preserve_access_index));
      enum colour { RED, GREEN = -5, BLUE = 7 };
      enum wide { HUGE = 0x123456789abcULL };
      struct node { struct node *next; enum colour colour; enum wide wide; const char *name; } nodes[3];
      int counter = 7; static int hidden = 9; const volatile int limit = 42;
      static int step(__u32 i, int *sum) { *sum += i + hidden++; return 0; }
      static NOINLINE int leaf(int x) { return x * counter++ + limit; }
      NOINLINE int seen(int x) { return leaf(x) ^ leaf(x + 1); }
      SEC("sk_lookup") int steer(__u32 *c) {
        int sum = seen(c[0]); loop(4, step, &sum, 0); tail_call(c, &jumps, 2);
        if (kfunc) sum += kfunc(sum);
        nodes[1].colour = BLUE;
        return sum + CONFIG_X + (lookup(&outer, c) != 0) + (lookup(&old, c) != 0); }
      SEC("xdp") int tail(__u32 *c) { return leaf(c[0]); }
      SEC("xdp") int foreign(struct kernel_thing *t) { return t->d + t->tail[2]; }
      char LICENSE[] SEC("license") = "Dual MIT/GPL";
      """;

  private RichObject() {}

  static byte[] bytes() {
    return Clang.c(SOURCE);
  }

  /// The bytes, or null when there is no compiler.
  static byte @Nullable [] bytesOrNull() {
    try {
      return bytes();
    } catch (TestAbortedException e) {
      return null;
    }
  }
}
