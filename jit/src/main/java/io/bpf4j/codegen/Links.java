package io.bpf4j.codegen;

import io.bpf4j.codegen.ClassPlan.Method;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.MutableCallSite;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The calls between classes of one program. Classes refer to each other in circles and a class's
/// data is fixed when it is defined, so a call goes through a call site whose target is set once
/// all classes are there; the JIT compiler then takes the target as a constant.
final class Links {
  private final Map<Method, MutableCallSite> sites = new HashMap<>();
  private final Map<Method, MethodHandle> invokers = new HashMap<>();

  /// A handle that will call the method; the same one each time.
  MethodHandle to(Method method) {
    return invokers.computeIfAbsent(
        method,
        m -> {
          MutableCallSite site = new MutableCallSite(type(m));
          sites.put(m, site);
          return site.dynamicInvoker();
        });
  }

  /// Makes the handles call the methods.
  ///
  /// @param classes the defined classes, by unit
  void connect(List<MethodHandles.Lookup> classes) throws ReflectiveOperationException {
    for (Map.Entry<Method, MutableCallSite> link : sites.entrySet()) {
      Method method = link.getKey();
      MethodHandles.Lookup lookup = classes.get(method.unit());
      link.getValue()
          .setTarget(lookup.findStatic(lookup.lookupClass(), method.name(), type(method)));
    }
    MutableCallSite.syncAll(sites.values().toArray(MutableCallSite[]::new));
  }

  private static MethodType type(Method method) {
    return MethodType.fromMethodDescriptorString(method.type(), Links.class.getClassLoader());
  }
}
