package io.bpf4j.interp;

import io.bpf4j.conformance.EngineContract;
import io.bpf4j.engine.Engine;

class InterpreterContractTest extends EngineContract {
  @Override
  public Engine engine() {
    return new Interpreter("interp");
  }
}
