package io.bpf4j.mem;

/// Is told what a traced run does, for explanations. Calls come from the interpreter, in order.
public interface ExecTracer {
  /// Just before a helper runs.
  ///
  /// @param pc the slot of the call
  /// @param helper the helper's id
  /// @param args R1 to R5; the array is reused
  void beforeHelper(int pc, int helper, long[] args);

  /// Just after it returned.
  void afterHelper(int pc, int helper, long result);
}
