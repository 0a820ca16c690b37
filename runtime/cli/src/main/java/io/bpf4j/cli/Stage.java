package io.bpf4j.cli;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.DeadCodeOption;
import java.lang.classfile.ClassFile.StackMapsOption;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/// Copies the command's jar for the launcher, and gives the classes that are older than Java 6
/// stack maps on the way. picocli and ASM are built for Java 5; the JVM takes such classes into no
/// ahead-of-time cache and verifies them by inference each time (hotspot
/// `SystemDictionaryShared::check_for_exclusion`), which was half of the time that a short command
/// took.
@CommandLine.Command(name = "stage", hidden = true, description = "Copies the jar to run.")
final class Stage extends Command {
  /// The first version whose classes always have stack maps (JVMS 4.10).
  private static final int MAPPED = ClassFile.JAVA_7_VERSION;

  private static final int MAJOR_VERSION_AT = 6;

  private static final ClassFile FORMAT =
      ClassFile.of(StackMapsOption.GENERATE_STACK_MAPS, DeadCodeOption.PATCH_DEAD_CODE);

  /// Every body is written anew: one that is merely handed on would keep its lack of stack maps.
  private static final ClassTransform RAISE =
      ClassTransform.transformingMethodBodies(CodeBuilder::with)
          .andThen((builder, element) -> {
            if (element instanceof ClassFileVersion) {
              builder.withVersion(MAPPED, 0);
            } else {
              builder.with(element);
            }
          });

  @Parameters(index = "0", paramLabel = "FROM", description = "The jar that was built.")
  private Path from = Path.of("-");

  @Parameters(index = "1", paramLabel = "TO", description = "The copy.")
  private Path to = Path.of("-");

  Stage(Io io) {
    super(io);
  }

  @Override
  public Integer call() throws IOException {
    try (JarFile jar = new JarFile(from.toFile());
        OutputStream file = new BufferedOutputStream(Files.newOutputStream(to));
        JarOutputStream copy = new JarOutputStream(file)) {
      for (JarEntry entry : Collections.list(jar.entries())) {
        byte[] bytes = jar.getInputStream(entry).readAllBytes();
        JarEntry written = new JarEntry(entry.getName());
        written.setTime(entry.getTime());
        copy.putNextEntry(written);
        copy.write(entry.getName().endsWith(".class") ? raised(bytes) : bytes);
        copy.closeEntry();
      }
    }
    return ExitCode.OK;
  }

  /// The class with stack maps, or as it is when its version demands them anyway.
  static byte[] raised(byte[] bytes) {
    int major = ByteBuffer.wrap(bytes).getShort(MAJOR_VERSION_AT);
    if (major >= MAPPED) {
      return bytes;
    }
    ClassModel model = FORMAT.parse(bytes);
    return FORMAT.transformClass(model, RAISE);
  }
}
