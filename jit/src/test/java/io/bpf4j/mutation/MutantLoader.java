package io.bpf4j.mutation;

import io.bpf4j.engine.Engine;
import java.util.Set;

/// Loads the engines anew, with one class replaced; everything else they share with whoever asks.
final class MutantLoader extends ClassLoader {
  private static final Set<String> OWN = Set.of("io.bpf4j.codegen.", "io.bpf4j.interp.");
  private static final String ENGINES = "io.bpf4j.Engines";

  private final String replaced;
  private final byte[] file;

  /// @param replaced the class's name, with slashes
  /// @param file what it is replaced with
  MutantLoader(String replaced, byte[] file) {
    super(MutantLoader.class.getClassLoader());
    this.replaced = replaced.replace('/', '.');
    this.file = file;
  }

  /// An engine of these classes.
  Engine engine(String name) throws ReflectiveOperationException {
    return (Engine) loadClass(ENGINES).getMethod("named", String.class).invoke(null, name);
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    synchronized (getClassLoadingLock(name)) {
      Class<?> loaded = findLoadedClass(name);
      if (loaded != null) {
        return loaded;
      }
      if (!name.equals(ENGINES) && OWN.stream().noneMatch(name::startsWith)) {
        return super.loadClass(name, resolve);
      }
      byte[] bytes = name.equals(replaced) ? file : Mutator.bytes(name.replace('.', '/'));
      return defineClass(name, bytes, 0, bytes.length);
    }
  }
}
