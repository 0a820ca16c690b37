package io.bpf4j.codegen;

import io.bpf4j.conformance.EngineContract;
import io.bpf4j.engine.Engine;

class JitContractTest extends EngineContract {
  @Override
  public Engine engine() {
    return new JitEngine();
  }
}
