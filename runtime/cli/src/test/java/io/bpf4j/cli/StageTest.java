package io.bpf4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class StageTest {
  private static final String OLD = "picocli/CommandLine.class";

  private static byte[] classFile(String name) throws IOException {
    try (InputStream in = StageTest.class.getResourceAsStream("/" + name)) {
      assertThat(in).isNotNull();
      return in.readAllBytes();
    }
  }

  /// Defines a class anew; the JVM verifies it by its stack maps when it is used.
  private static final class Fresh extends ClassLoader {
    Class<?> define(byte[] bytes) {
      return defineClass(CommandLine.class.getName(), bytes, 0, bytes.length);
    }
  }

  @Test
  void oldClassesGetStackMapsThatTheJvmAccepts() throws IOException, ReflectiveOperationException {
    byte[] old = classFile(OLD);
    byte[] raised = Stage.raised(old);
    assertThat(ClassFile.of().parse(old).majorVersion()).isLessThan(ClassFile.JAVA_6_VERSION);
    assertThat(ClassFile.of().parse(raised).majorVersion()).isEqualTo(ClassFile.JAVA_7_VERSION);
    assertThat(ClassFile.of().verify(raised)).isEmpty();
    Class<?> type = new Fresh().define(raised);
    // Asking for a field links the class, which is when it is verified; running it would want its
    // nested classes from the same loader.
    assertThat(type.getField("VERSION").getType()).isEqualTo(String.class);
  }

  @Test
  void classesOfOurOwnStayAsTheyAre() throws IOException {
    byte[] ours = classFile("io/bpf4j/cli/Stage.class");
    assertThat(Stage.raised(ours)).isSameAs(ours);
  }

  @Test
  void everyEntryOfTheJarIsCopied(@TempDir Path dir) throws IOException {
    Path from = dir.resolve("from.jar");
    try (JarOutputStream jar = new JarOutputStream(Files.newOutputStream(from))) {
      jar.putNextEntry(new JarEntry("META-INF/"));
      jar.putNextEntry(new JarEntry("a.txt"));
      jar.write(7);
      jar.putNextEntry(new JarEntry(OLD));
      jar.write(classFile(OLD));
    }
    Path to = dir.resolve("to.jar");
    assertThat(Cli.run("stage", from.toString(), to.toString()).code()).isZero();
    try (JarFile jar = new JarFile(to.toFile())) {
      assertThat(jar.stream().map(JarEntry::getName)).containsExactly("META-INF/", "a.txt", OLD);
      assertThat(jar.getInputStream(jar.getJarEntry("a.txt")).readAllBytes()).containsExactly(7);
    }
  }
}
