package io.bpf4j.verifier;

import io.bpf4j.btf.Btf;
import io.bpf4j.btf.BtfType;
import io.bpf4j.prog.ProgType;
import io.bpf4j.prog.Subprog;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What BTF says of a program's functions: which are global, and what their parameters are
/// (kernel/bpf/btf.c, btf_prepare_func_args).
public final class BtfFuncs {
  private static final int MAX_ARGS = 5;

  /// The name of each program type's context in C.
  private static final Map<ProgType, String> CONTEXTS =
      Map.of(
          ProgType.SOCKET_FILTER, "__sk_buff",
          ProgType.SCHED_CLS, "__sk_buff",
          ProgType.XDP, "xdp_md",
          ProgType.SK_REUSEPORT, "sk_reuseport_md",
          ProgType.SK_LOOKUP, "bpf_sk_lookup");

  private final Btf btf;
  private final ProgType type;

  private BtfFuncs(Btf btf, ProgType type) {
    this.btf = btf;
    this.type = type;
  }

  /// The functions of a program of a type, or nothing when BTF does not know all of them.
  public static List<FuncDef> of(List<Subprog> subprogs, ProgType type, @Nullable Btf btf) {
    if (btf == null) {
      return List.of();
    }
    BtfFuncs funcs = new BtfFuncs(btf, type);
    List<FuncDef> defs = new ArrayList<>();
    for (Subprog subprog : subprogs) {
      int id = btf.idOf(subprog.name(), BtfType.Func.class::isInstance);
      if (!(btf.type(id) instanceof BtfType.Func func)) {
        return List.of();
      }
      defs.add(funcs.of(subprog, func, id));
    }
    return defs;
  }

  private FuncDef of(Subprog subprog, BtfType.Func func, int id) {
    boolean global = func.linkage() == BtfType.Linkage.GLOBAL && subprog.pc() > 0;
    BtfType.FuncProto proto = (BtfType.FuncProto) btf.type(func.prototype());
    List<FuncDef.Arg> args = new ArrayList<>();
    String problem = "";
    if (global && proto.params().size() > MAX_ARGS) {
      problem =
          "Global function %s() with %d > %d args. Buggy compiler."
              .formatted(func.name(), proto.params().size(), MAX_ARGS);
    } else if (global && !isNumber(proto.result())) {
      problem =
          "Global function %s() doesn't return scalar. Only those are supported."
              .formatted(func.name());
    } else if (global) {
      for (int i = 0; i < proto.params().size(); i++) {
        args.add(arg(proto.params().get(i).type(), tags(id, i)));
      }
    }
    return new FuncDef(
        func.name(), subprog.pc(), global, args, returnsInt(proto.result()), problem);
  }

  private boolean isNumber(int type) {
    BtfType resolved = btf.resolved(type);
    return resolved instanceof BtfType.Int || resolved instanceof BtfType.Enumeration;
  }

  /// An integer of at most 4 bytes, or an enum.
  private boolean returnsInt(int type) {
    BtfType resolved = btf.resolved(type);
    return resolved instanceof BtfType.Enumeration
        || (resolved instanceof BtfType.Int number && number.size() <= 8);
  }

  /// The attributes of a parameter (`__arg_ctx`, `__arg_nonnull`).
  private Set<String> tags(int func, int param) {
    Set<String> tags = new HashSet<>();
    for (int i = 1; i < btf.size(); i++) {
      if (btf.type(i) instanceof BtfType.DeclTag(String name, int target, int component)
          && target == func
          && component == param
          && name.startsWith("arg:")) {
        tags.add(name);
      }
    }
    return tags;
  }

  private FuncDef.Arg arg(int type, Set<String> tags) {
    BtfType resolved = btf.resolved(type);
    if (!Set.of("arg:ctx", "arg:nonnull").containsAll(tags)) {
      return new FuncDef.Arg.Other("a parameter tagged " + tags);
    }
    if (isNumber(type)) {
      return new FuncDef.Arg.Numeric();
    }
    if (!(resolved instanceof BtfType.Ptr(int target))) {
      return new FuncDef.Arg.Other("a parameter that is neither a number nor a pointer");
    }
    BtfType pointee = btf.resolved(target);
    if (tags.contains("arg:ctx") || pointee.name().equals(CONTEXTS.get(this.type))) {
      return new FuncDef.Arg.Context();
    }
    long size = btf.sizeOf(btf.resolve(target));
    boolean memory =
        pointee instanceof BtfType.Int
            || pointee instanceof BtfType.Enumeration
            || pointee instanceof BtfType.Struct
            || pointee instanceof BtfType.Array
            || pointee instanceof BtfType.Ptr;
    return memory && size > 0
        ? new FuncDef.Arg.Memory(size, tags.contains("arg:nonnull"))
        : new FuncDef.Arg.Other("a pointer to '" + pointee.name() + "'");
  }
}
