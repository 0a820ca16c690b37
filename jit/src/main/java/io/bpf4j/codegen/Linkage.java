package io.bpf4j.codegen;

import io.bpf4j.codegen.ClassPlan.Method;
import org.objectweb.asm.ConstantDynamic;

/// How generated code reaches what is outside its method: objects of the class data, and other
/// methods, which may stand in another class.
interface Linkage {
  /// Goes before the arguments of a call.
  void beforeCall(Emitter out, Method method);

  /// Goes after the arguments of a call.
  void call(Emitter out, Method method);

  /// The constant that stands for an object; the same one for the same object.
  ConstantDynamic constant(Object value, Class<?> type);

  /// What sizes are counted with: every call is the longest form.
  Linkage MEASURE =
      new Linkage() {
        private static final ConstantDynamic SOME =
            new ConstantDynamic("_", "Ljava/lang/Object;", ClassPlan.CLASS_DATA_AT, 0);

        @Override
        public void beforeCall(Emitter out, Method method) {
          out.constant(SOME);
        }

        @Override
        public void call(Emitter out, Method method) {
          out.callStatic(ClassPlan.PREFIX, method.name(), method.type());
        }

        @Override
        public ConstantDynamic constant(Object value, Class<?> type) {
          return SOME;
        }
      };
}
