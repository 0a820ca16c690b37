package io.bpf4j.lookup;

import org.jspecify.annotations.Nullable;

/// What BPF_PROG_TEST_RUN is given for a sk_lookup program (`bpf_attr.test`).
///
/// @param ctxIn `ctx_in`, a `struct bpf_sk_lookup`, or null for none
/// @param ctxOutSize `ctx_size_out`, the room for the context afterwards; -1 for no `ctx_out`
/// @param repeat how often to run; 0 means once
/// @param flags must be 0
/// @param cpu must be 0
/// @param batchSize must be 0
/// @param dataIn must be null: there is no packet
/// @param dataOutSize must be -1
public record TestRunInput(
    byte @Nullable [] ctxIn,
    int ctxOutSize,
    int repeat,
    int flags,
    int cpu,
    int batchSize,
    byte @Nullable [] dataIn,
    int dataOutSize) {
  private static final int ROOM = 72;

  public TestRunInput {
    if (ctxOutSize < -1 || dataOutSize < -1 || repeat < 0) {
      throw new IllegalArgumentException(
          "ctxOutSize %d, dataOutSize %d, repeat %d".formatted(ctxOutSize, dataOutSize, repeat));
    }
  }

  /// One run on a context, with room for all of it afterwards.
  public static TestRunInput of(byte[] ctx) {
    return new TestRunInput(ctx, ROOM, 1, 0, 0, 0, null, -1);
  }

  public TestRunInput withRepeat(int repeat) {
    return new TestRunInput(ctxIn, ctxOutSize, repeat, flags, cpu, batchSize, dataIn, dataOutSize);
  }

  public TestRunInput withCtxOutSize(int size) {
    return new TestRunInput(ctxIn, size, repeat, flags, cpu, batchSize, dataIn, dataOutSize);
  }
}
