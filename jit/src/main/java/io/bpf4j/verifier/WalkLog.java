package io.bpf4j.verifier;

import io.bpf4j.isa.Insn;

/// Hears of the walk as it goes.
interface WalkLog {
  /// Keeps nothing.
  WalkLog SILENT =
      new WalkLog() {
        @Override
        public void before(Walk walk, Insn insn) {}

        @Override
        public void safe(int from, int pc) {}

        @Override
        public void resume(int from, int pc) {}

        @Override
        public void line(String text) {}

        @Override
        public String text() {
          return "";
        }
      };

  /// An instruction is about to be looked at.
  void before(Walk walk, Insn insn);

  /// A path ended because a kept state covers it.
  void safe(int from, int pc);

  /// Another path is taken up.
  void resume(int from, int pc);

  void line(String text);

  String text();
}
