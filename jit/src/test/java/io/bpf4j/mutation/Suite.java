package io.bpf4j.mutation;

import io.bpf4j.conformance.EngineContract;
import io.bpf4j.conformance.TextCase;
import io.bpf4j.conformance.family.Families;
import io.bpf4j.engine.Engine;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// What every engine is held to, as one question: the families, the text cases, the contracts.
final class Suite {
  private final Families families = new Families();

  /// The first test that the engine fails, or null.
  @Nullable String firstFailure(Engine engine) {
    try {
      String failure = families.firstFailure(engine);
      if (failure != null) {
        return failure;
      }
      for (TextCase text : TextCase.all()) {
        String name = "text case " + text.name();
        failure = failure(name, () -> text.check(engine));
        if (failure != null) {
          return failure;
        }
      }
      return contracts(engine);
    } catch (Throwable e) {
      return "thrown: " + e;
    }
  }

  private interface Check {
    void run() throws Throwable;
  }

  private static @Nullable String failure(String name, Check check) {
    try {
      check.run();
      return null;
    } catch (InvocationTargetException e) {
      return name + ": " + e.getCause();
    } catch (Throwable e) {
      return name + ": " + e;
    }
  }

  private static @Nullable String contracts(Engine engine) throws ReflectiveOperationException {
    EngineContract contract = new OfEngine(engine);
    List<Method> methods =
        Arrays.stream(EngineContract.class.getMethods())
            .sorted(Comparator.comparing(Method::getName))
            .toList();
    for (Method method : methods) {
      method.setAccessible(true);
      String failure = null;
      if (method.isAnnotationPresent(Test.class)) {
        failure = failure(method.getName(), () -> method.invoke(contract));
      } else if (method.isAnnotationPresent(TestFactory.class)) {
        Stream<?> tests = (Stream<?>) method.invoke(contract);
        for (Object test : tests.toList()) {
          DynamicTest each = (DynamicTest) test;
          failure = failure(each.getDisplayName(), () -> each.getExecutable().execute());
          if (failure != null) {
            break;
          }
        }
      }
      if (failure != null) {
        return failure;
      }
    }
    return null;
  }

  private static final class OfEngine extends EngineContract {
    private final Engine engine;

    OfEngine(Engine engine) {
      this.engine = engine;
    }

    @Override
    public Engine engine() {
      return engine;
    }
  }
}
