package io.bpf4j.engine;

import io.bpf4j.platform.ArgType;
import io.bpf4j.platform.Helper;
import io.bpf4j.platform.RetType;
import io.bpf4j.verifier.ArgRule;
import io.bpf4j.verifier.HelperRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Whether a helper of the host asks for no more, and answers no less, than the proof's row says.
///
/// @param arguments whether what was proved of the arguments is what the host's row asks for
/// @param result whether R0 is what the proof takes it for
record HelperMatch(boolean arguments, boolean result) {
  private static final HelperMatch NONE = new HelperMatch(false, false);

  /// Bytes of what [ArgType#LONG_OUT] points to.
  private static final int LONG = 8;

  static HelperMatch of(@Nullable HelperRule rule, @Nullable Helper helper) {
    return rule == null || helper == null
        ? NONE
        : new HelperMatch(arguments(rule.args(), helper.args()), result(rule, helper));
  }

  private static boolean result(HelperRule rule, Helper helper) {
    return switch (rule.ret()) {
      case INT, VOID -> true;
      case VALUE -> helper.ret() == RetType.MAP_VALUE_OR_NULL;
      case FULLSOCK, SOCKCOMMON -> helper.ret() == RetType.SOCK_OR_NULL;
      case RINGBUF -> helper.ret() == RetType.MEM_OR_NULL;
      case TCPSOCK, SPECIAL -> false;
    };
  }

  private static boolean arguments(List<ArgRule> rules, List<ArgType> types) {
    if (types.size() > rules.size()) {
      return false;
    }
    for (int i = 0; i < types.size(); i++) {
      if (!implies(rules, i, types)) {
        return false;
      }
    }
    return true;
  }

  private static boolean implies(List<ArgRule> rules, int i, List<ArgType> types) {
    ArgRule rule = rules.get(i);
    ArgRule.Form form = rule.form();
    return switch (types.get(i)) {
      case ANY -> true;
      case CTX -> form == ArgRule.Form.CTX && !rule.nullable();
      case CONST_MAP_PTR -> form == ArgRule.Form.MAP && !rule.nullable();
      case MAP_KEY -> form == ArgRule.Form.KEY && !rule.nullable();
      case MAP_VALUE -> form == ArgRule.Form.VALUE && !rule.nullable();
      case MAP_VALUE_OUT -> form == ArgRule.Form.VALUEOUT && !rule.nullable();
      case MEM -> sized(rules, i, types, false);
      case MEM_OUT -> sized(rules, i, types, true);
      case SIZE -> form == ArgRule.Form.SIZE;
      case SIZE_OR_ZERO -> form == ArgRule.Form.SIZE || form == ArgRule.Form.SIZE0;
      case SOCK -> isSocket(form) && !rule.nullable();
      case SOCK_OR_NULL -> isSocket(form);
      case LONG_OUT ->
          (form == ArgRule.Form.FIXEDOUT || form == ArgRule.Form.FIXEDRW)
              && rule.size() >= LONG
              && rule.aligned()
              && !rule.nullable();
      case FUNC, STACK_OR_NULL -> false;
    };
  }

  /// Memory with its size behind it. That it may be null matters only when the size may not be 0.
  private static boolean sized(List<ArgRule> rules, int i, List<ArgType> types, boolean write) {
    ArgRule.Form form = rules.get(i).form();
    boolean direction =
        switch (form) {
          case OUT, RW -> true;
          case MEM, IN -> !write;
          default -> false;
        };
    return direction
        && i + 1 < types.size()
        && (!rules.get(i).nullable() || types.get(i + 1) == ArgType.SIZE_OR_ZERO);
  }

  private static boolean isSocket(ArgRule.Form form) {
    return switch (form) {
      case SOCK, SOCKCOMMON, FULLSOCK -> true;
      default -> false;
    };
  }
}
