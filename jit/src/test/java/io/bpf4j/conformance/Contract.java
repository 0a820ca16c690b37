package io.bpf4j.conformance;

import io.bpf4j.engine.Engine;

/// Something every engine must keep to. The contracts are interfaces, so that [EngineContract] can
/// gather them and an engine's test is one class of three lines.
interface Contract {
  Engine engine();

  default Machine machine() {
    return new Machine(engine());
  }

  default long run(String source) {
    return machine().run(source);
  }
}
