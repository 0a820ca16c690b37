package io.bpf4j.helper;

import io.bpf4j.platform.Helper;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;

/// Finds a helper's implementation: a static method of its family of shape [Helper#SHAPE]. A class
/// of its own, so that families and the table of all of them can be initialised in any order.
final class FamilyMethod {
  private FamilyMethod() {}

  static MethodHandle find(MethodHandles.Lookup family, String method) {
    try {
      return family.findStatic(family.lookupClass(), method, Helper.SHAPE);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(family.lookupClass().getSimpleName() + "." + method, e);
    }
  }
}
