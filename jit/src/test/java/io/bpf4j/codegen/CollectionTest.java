package io.bpf4j.codegen;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.conformance.ToyPlatform;
import io.bpf4j.engine.EngineOptions;
import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.isa.Assembler;
import io.bpf4j.isa.Insns;
import io.bpf4j.mem.Cpu;
import io.bpf4j.prog.Program;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Compiled programs go when nobody holds them.
class CollectionTest {
  private final Cpu cpu = new Cpu(0);

  private RunnableProgram compile(int i) {
    Insns insns =
        Assembler.assemble(
            """
            r6 = %d
            r1 = 1
            r2 = 2
            call helper#5
            call three
            r0 += r6
            exit
            three:
            r0 = 3
            exit
            """
                .formatted(i));
    return new JitEngine()
        .load(Program.raw("p" + i, insns), ToyPlatform.PLATFORM, EngineOptions.DEFAULT);
  }

  @Test
  void programsNobodyHoldsAreCollected() throws InterruptedException {
    List<WeakReference<Class<?>>> classes = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      RunnableProgram program = compile(i);
      assertThat(program.run(cpu, 0, 0)).isEqualTo(3 + i);
      classes.add(new WeakReference<>(program.getClass()));
    }
    long left = classes.size();
    for (int attempt = 0; attempt < 50 && left > 5; attempt++) {
      System.gc();
      Thread.sleep(20);
      left = classes.stream().filter(reference -> reference.get() != null).count();
    }
    assertThat(left).as("classes still there of 500").isLessThan(6);
  }

  @Test
  void aSmallMetaspaceHoldsAnyNumberOfProgramsOneAfterTheOther() throws Exception {
    ChildJvm.Result result =
        ChildJvm.run(CollectionTest.class, List.of("-XX:MaxMetaspaceSize=32m", "-Xmx128m"));
    assertThat(result.output()).contains("loaded 4000");
    assertThat(result.exit()).isZero();
  }

  /// What the child JVM does: loads and runs more programs than would fit.
  public static void main(String[] args) {
    CollectionTest test = new CollectionTest();
    int loaded = 0;
    for (int i = 0; i < 4_000; i++) {
      loaded += test.compile(i).run(test.cpu, 0, 0) == 3L + i ? 1 : 0;
    }
    System.out.println("loaded " + loaded);
  }
}
