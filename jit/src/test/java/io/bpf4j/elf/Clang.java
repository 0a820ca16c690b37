package io.bpf4j.elf;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/// Compiles C and assembly for BPF. Tests that need a compiler that is not there are skipped.
final class Clang {
  /// What the C sources of these tests share.
  private static final String PROLOGUE =
      """
      typedef unsigned char __u8; typedef unsigned short __u16;
      typedef unsigned int __u32; typedef unsigned long long __u64;
      #define SEC(n) __attribute__((section(n), used))
      #define NOINLINE __attribute__((noinline))
      #define WEAK __attribute__((weak))
      #define NUMBER(n, v) int (*n)[v]
      #define TYPE(n, v) typeof(v) *n
      #define VALUES(n, v) typeof(v) *n[]
      static void *(*const lookup)(const void *, const void *) = (void *)1;
      static long (*const tail_call)(void *, void *, __u32) = (void *)12;
      static long (*const loop)(__u32, void *, void *, __u64) = (void *)181;
      """;

  private Clang() {}

  static byte[] c(String source) {
    return c("bpfel", source);
  }

  static byte[] c(String target, String source) {
    return compile(".c", source, "-O2", "-g", "-target", target, "-mcpu=v3");
  }

  static byte[] cWithoutDebugInfo(String source) {
    return compile(".c", source, "-O2", "-target", "bpfel", "-mcpu=v3");
  }

  static byte[] assembly(String source) {
    return compile(".s", source, "-target", "bpfel");
  }

  private static byte[] compile(String suffix, String source, String... options) {
    try {
      Path dir = Files.createTempDirectory("bpf4j-clang");
      Path in = dir.resolve("test" + suffix);
      Path out = dir.resolve("test.o");
      Path log = dir.resolve("log");
      Path prologue = dir.resolve("prologue.h");
      try {
        Files.writeString(in, source);
        Files.writeString(prologue, suffix.equals(".c") ? PROLOGUE : "");
        List<String> command = new ArrayList<>(List.of("clang-19", "-w"));
        command.addAll(List.of(options));
        if (suffix.equals(".c")) {
          command.addAll(List.of("-include", prologue.toString()));
        }
        command.addAll(List.of("-c", in.toString(), "-o", out.toString()));
        run(command, log);
        return Files.readAllBytes(out);
      } finally {
        for (Path file : List.of(in, out, log, prologue, dir)) {
          Files.deleteIfExists(file);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// What a program of LLVM prints.
  static String run(List<String> command, Path out) throws IOException {
    Process process;
    try {
      process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(out.toFile())
              .start();
    } catch (IOException e) {
      return Assumptions.abort(command.getFirst() + " is not there");
    }
    try {
      if (process.waitFor() != 0) {
        throw new IllegalStateException(command + ": " + Files.readString(out, UTF_8));
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return Files.readString(out, UTF_8);
  }
}
