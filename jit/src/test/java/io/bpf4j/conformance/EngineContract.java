package io.bpf4j.conformance;

/// All that an engine must do. An engine's own test extends it and names the engine.
public abstract class EngineContract
    implements ArithmeticContract,
        JumpContract,
        MemoryContract,
        RuleContract,
        CallContract,
        AtomicContract {}
