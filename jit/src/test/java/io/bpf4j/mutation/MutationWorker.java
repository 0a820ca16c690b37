package io.bpf4j.mutation;

import io.bpf4j.engine.Engine;
import java.util.List;

/// The other JVM of [MutationCheck]: tries mutants and prints what came of each, in one line. A
/// mutant may kill it or keep it for ever.
final class MutationWorker {
  private MutationWorker() {}

  /// @param args the numbers of the mutants, with commas
  public static void main(String[] args) {
    List<Mutation> mutations = MutationCheck.mutations();
    Suite suite = new Suite();
    for (String number : args[0].split(",", -1)) {
      int i = Integer.parseInt(number);
      System.out.println("result " + i + " " + verdict(mutations, i, suite).replace('\n', ' '));
      System.out.flush();
    }
  }

  private static String verdict(List<Mutation> mutations, int i, Suite suite) {
    Mutation mutation = mutations.get(i);
    int number = Mutator.mutations(mutation.owner()).indexOf(mutation);
    byte[] file = Mutator.mutant(mutation.owner(), number);
    boolean interpreter = mutation.owner().contains("/interp/");
    try {
      Engine engine =
          new MutantLoader(mutation.owner(), file).engine(interpreter ? "interp" : "checked-jit");
      String failure = suite.firstFailure(engine);
      return failure == null ? "survived" : "killed " + failure;
    } catch (ReflectiveOperationException | LinkageError e) {
      return "invalid " + e;
    }
  }
}
