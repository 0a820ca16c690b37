package io.bpf4j.fuzz;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.bpf4j.error.ErrnoException;
import io.bpf4j.isa.InsnEncoder;
import io.bpf4j.linux.KernelBatch;
import io.bpf4j.linux.KernelMap;
import io.bpf4j.linux.LoadResult;
import io.bpf4j.linux.MappedArray;
import io.bpf4j.linux.RunOptions;
import io.bpf4j.map.MapFlags;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/// Runs cases on this machine's kernel, many at once. One thread opens, uses and closes it.
final class KernelLane implements AutoCloseable {
  /// Programs at once, and how many of them may have maps: the kernel lets one program refer to 64.
  static final int BATCH = 32;

  static final int WITH_MAPS = 10;

  private final KernelBatch batch;
  private final int stackBytes;
  private final List<MapSet> sets = new ArrayList<>();

  /// The three maps of one program.
  private record MapSet(MappedArray array, KernelMap hash, MappedArray single) {
    static MapSet create() {
      return new MapSet(
          MappedArray.create(Input.MAPS.get(Input.ARRAY_MAP)),
          KernelMap.create(Input.MAPS.get(Input.HASH_MAP)),
          MappedArray.create(Input.MAPS.get(Input.SINGLE_MAP)));
    }

    List<KernelMap> all() {
      return List.of(array.map(), hash, single.map());
    }

    void close() {
      array.close();
      hash.close();
      single.close();
    }
  }

  private KernelLane(KernelBatch batch, int stackBytes) {
    this.batch = batch;
    this.stackBytes = stackBytes;
  }

  /// Makes room for batches of cases that all have this many bytes of stack to show.
  ///
  /// @throws ErrnoException when bpf(2) is not permitted
  static KernelLane open(int stackBytes) {
    RunOptions options = RunOptions.memory(Input.MEMORY).withStack(stackBytes);
    KernelLane lane = new KernelLane(KernelBatch.open(options, BATCH), stackBytes);
    try {
      for (int i = 0; i < WITH_MAPS; i++) {
        lane.sets.add(MapSet.create());
      }
      return lane;
    } catch (RuntimeException e) {
      lane.close();
      throw e;
    }
  }

  /// What the kernel did with a case: an outcome, or why it refused the program.
  sealed interface Answer {
    record Ran(Outcome outcome) implements Answer {}

    record Refused(String reason) implements Answer {}
  }

  /// Runs cases, at most [#BATCH] of which at most [#WITH_MAPS] have maps. When the kernel refuses
  /// them together it is asked about halves, until those are found that it refuses.
  ///
  /// @param told of each case's place and answer
  void run(List<Case> cases, BiConsumer<Integer, Answer> told) {
    run(cases, 0, cases.size(), told);
  }

  /// Runs one case.
  Answer run(Case test) {
    Answer[] answer = new Answer[1];
    run(List.of(test), (_, given) -> answer[0] = given);
    return answer[0];
  }

  private void run(List<Case> cases, int from, int to, BiConsumer<Integer, Answer> told) {
    if (from == to) {
      return;
    }
    batch.clear();
    int sets = 0;
    for (Case test : cases.subList(from, to)) {
      boolean maps = test.usesMaps();
      List<KernelMap> own = maps ? this.sets.get(sets++).all() : List.of();
      byte[] code = InsnEncoder.encode(test.insns());
      if (to - from == 1) {
        try {
          batch.add(code, own);
        } catch (IllegalArgumentException e) {
          told.accept(from, new Answer.Refused(String.valueOf(e.getMessage())));
          return;
        }
      } else {
        batch.add(code, own);
      }
    }
    if (batch.load()) {
      prepare(cases, from, to);
      batch.run();
      collect(cases, from, to, told);
    } else if (to - from == 1) {
      told.accept(from, new Answer.Refused(reason(batch.answer())));
    } else {
      int middle = (from + to) >>> 1;
      run(cases, from, middle, told);
      run(cases, middle, to, told);
    }
  }

  private void prepare(List<Case> cases, int from, int to) {
    int sets = 0;
    for (int i = from; i < to; i++) {
      Case test = cases.get(i);
      batch.memory(i - from).copyFrom(MemorySegment.ofArray(test.input().memory()));
      if (test.usesMaps()) {
        prepare(test.input(), this.sets.get(sets++));
      }
    }
  }

  private static void prepare(Input input, MapSet set) {
    set.array.bytes().copyFrom(MemorySegment.ofArray(input.array()));
    set.single.bytes().copyFrom(MemorySegment.ofArray(input.single()));
    for (Map.Entry<byte[], byte[]> entry : set.hash.entries()) {
      set.hash.deleteElem(entry.getKey());
    }
    for (int key = 0; key < Input.KEYS; key++) {
      if ((input.present() >>> key & 1) != 0) {
        int at = key * Input.VALUE;
        set.hash.updateElem(
            KernelMap.index(key),
            Arrays.copyOfRange(input.hash(), at, at + Input.VALUE),
            MapFlags.BPF_ANY);
      }
    }
  }

  private void collect(List<Case> cases, int from, int to, BiConsumer<Integer, Answer> told) {
    int sets = 0;
    for (int i = from; i < to; i++) {
      byte[] array = Outcome.NONE;
      byte[] single = Outcome.NONE;
      byte[] hash = Outcome.NONE;
      int present = 0;
      if (cases.get(i).usesMaps()) {
        MapSet set = this.sets.get(sets++);
        array = set.array.bytes().toArray(JAVA_BYTE);
        single = set.single.bytes().toArray(JAVA_BYTE);
        hash = new byte[Input.KEYS * Input.VALUE];
        for (Map.Entry<byte[], byte[]> entry : set.hash.entries()) {
          present |= HashKeys.collect(entry.getKey(), entry.getValue(), hash);
        }
      }
      int place = i - from;
      byte[] stack = stackBytes == 0 ? Outcome.NONE : batch.stack(place).toArray(JAVA_BYTE);
      Outcome outcome =
          new Outcome(
              batch.r0(place),
              null,
              batch.memory(place).toArray(JAVA_BYTE),
              array,
              present,
              hash,
              single,
              stack);
      told.accept(i, new Answer.Ran(outcome));
    }
  }

  /// The verifier's words, without what is different each time.
  private static String reason(LoadResult answer) {
    return switch (answer) {
      case LoadResult.Loaded(var prog, String _) -> {
        prog.close();
        yield "it takes the program now";
      }
      case LoadResult.Refused(ErrnoException refusal, String _) -> {
        String message = String.valueOf(refusal.getMessage());
        yield message.substring(message.lastIndexOf("): ") + 1).replaceFirst("^:? *", "");
      }
    };
  }

  @Override
  public void close() {
    batch.close();
    sets.forEach(MapSet::close);
  }
}
