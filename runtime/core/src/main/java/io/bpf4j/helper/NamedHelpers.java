package io.bpf4j.helper;

import static io.bpf4j.platform.ArgType.ANY;
import static io.bpf4j.platform.ArgType.CONST_MAP_PTR;
import static io.bpf4j.platform.ArgType.CTX;
import static io.bpf4j.platform.ArgType.FUNC;
import static io.bpf4j.platform.ArgType.LONG_OUT;
import static io.bpf4j.platform.ArgType.MAP_KEY;
import static io.bpf4j.platform.ArgType.MAP_VALUE;
import static io.bpf4j.platform.ArgType.MAP_VALUE_OUT;
import static io.bpf4j.platform.ArgType.MEM;
import static io.bpf4j.platform.ArgType.MEM_OUT;
import static io.bpf4j.platform.ArgType.SIZE;
import static io.bpf4j.platform.ArgType.SIZE_OR_ZERO;
import static io.bpf4j.platform.ArgType.SOCK;
import static io.bpf4j.platform.ArgType.SOCK_OR_NULL;
import static io.bpf4j.platform.ArgType.STACK_OR_NULL;
import static io.bpf4j.platform.RetType.INTEGER;
import static io.bpf4j.platform.RetType.MAP_VALUE_OR_NULL;
import static io.bpf4j.platform.RetType.MEM_OR_NULL;
import static io.bpf4j.platform.RetType.VOID;

import io.bpf4j.platform.ArgType;
import io.bpf4j.platform.Helper;
import io.bpf4j.platform.RetType;
import java.util.List;

/// The helpers that the kernel offers to the program types here (Linux 6.18) and that have no
/// implementation here yet: rows that name them, and what they take. Arguments of kinds that
/// [ArgType] cannot say (dynptrs, tasks, ring buffer records, locks, timers) are `ANY`.
final class NamedHelpers {
  static final List<Helper> ROWS =
      List.of(
          row(12, INTEGER, CTX, CONST_MAP_PTR, ANY),
          row(14, INTEGER),
          row(15, INTEGER),
          row(16, INTEGER, MEM_OUT, SIZE),
          row(17, INTEGER),
          gpl(22, INTEGER, CONST_MAP_PTR, ANY),
          gpl(25, INTEGER, CTX, CONST_MAP_PTR, ANY, MEM, SIZE_OR_ZERO),
          gpl(35, INTEGER),
          row(37, INTEGER, CONST_MAP_PTR, ANY),
          row(42, INTEGER),
          row(47, INTEGER, CTX),
          gpl(55, INTEGER, CONST_MAP_PTR, ANY, MEM_OUT, SIZE),
          row(80, INTEGER),
          row(86, INTEGER, SOCK),
          row(87, INTEGER, CONST_MAP_PTR, MAP_VALUE, ANY),
          row(88, INTEGER, CONST_MAP_PTR, MAP_VALUE_OUT),
          row(89, INTEGER, CONST_MAP_PTR, MAP_VALUE_OUT),
          row(93, VOID, ANY),
          row(94, VOID, ANY),
          row(105, INTEGER, MEM, SIZE, ANY, LONG_OUT),
          row(106, INTEGER, MEM, SIZE, ANY, LONG_OUT),
          row(109, INTEGER, ANY),
          gpl(112, INTEGER, MEM_OUT, SIZE_OR_ZERO, ANY),
          gpl(113, INTEGER, MEM_OUT, SIZE_OR_ZERO, ANY),
          gpl(114, INTEGER, MEM_OUT, SIZE_OR_ZERO, ANY),
          gpl(115, INTEGER, MEM_OUT, SIZE_OR_ZERO, ANY),
          row(117, INTEGER, ANY),
          row(118, INTEGER),
          row(120, INTEGER, ANY, ANY, MEM_OUT, SIZE),
          row(122, INTEGER, CTX),
          row(123, INTEGER, ANY),
          row(124, INTEGER, CTX, SOCK_OR_NULL, ANY),
          row(125, INTEGER),
          row(130, INTEGER, CONST_MAP_PTR, MEM, SIZE_OR_ZERO, ANY),
          row(131, MEM_OR_NULL, CONST_MAP_PTR, ANY, ANY),
          row(132, VOID, ANY, ANY),
          row(133, VOID, ANY, ANY),
          row(134, INTEGER, CONST_MAP_PTR, ANY),
          row(136, RetType.SOCK_OR_NULL, SOCK),
          row(137, RetType.SOCK_OR_NULL, SOCK),
          row(138, RetType.SOCK_OR_NULL, SOCK),
          row(139, RetType.SOCK_OR_NULL, SOCK),
          row(140, RetType.SOCK_OR_NULL, SOCK),
          row(141, INTEGER, ANY, MEM_OUT, SIZE_OR_ZERO, ANY),
          row(148, INTEGER, MEM_OUT, SIZE_OR_ZERO, ANY),
          row(149, INTEGER, MEM_OUT, SIZE, MEM, SIZE, ANY),
          row(153, MEM_OR_NULL, ANY, ANY),
          row(154, MEM_OR_NULL, ANY),
          row(156, MAP_VALUE_OR_NULL, CONST_MAP_PTR, ANY, ANY, ANY),
          row(157, INTEGER, CONST_MAP_PTR, ANY),
          gpl(158, INTEGER),
          row(160, INTEGER),
          row(164, INTEGER, CONST_MAP_PTR, FUNC, STACK_OR_NULL, ANY),
          gpl(165, INTEGER, MEM_OUT, SIZE_OR_ZERO, ANY, MEM, SIZE_OR_ZERO),
          gpl(169, INTEGER, ANY, CONST_MAP_PTR, ANY),
          gpl(170, INTEGER, ANY, FUNC),
          gpl(171, INTEGER, ANY, ANY, ANY),
          gpl(172, INTEGER, ANY),
          gpl(175, INTEGER, ANY),
          gpl(176, INTEGER, MEM_OUT, SIZE_OR_ZERO, ANY),
          gpl(177, INTEGER, MEM, SIZE, MEM, SIZE_OR_ZERO),
          row(178, RetType.SOCK_OR_NULL, SOCK),
          row(180, INTEGER, ANY, ANY, FUNC, STACK_OR_NULL, ANY),
          row(181, INTEGER, ANY, FUNC, STACK_OR_NULL, ANY),
          row(182, INTEGER, MEM, SIZE, ANY),
          row(191, INTEGER, MEM_OUT, SIZE_OR_ZERO, ANY, ANY, ANY),
          row(194, MEM_OR_NULL, ANY, ANY),
          row(195, MAP_VALUE_OR_NULL, CONST_MAP_PTR, MAP_KEY, ANY),
          row(196, RetType.SOCK_OR_NULL, SOCK),
          row(197, INTEGER, MEM, SIZE_OR_ZERO, ANY, ANY),
          row(198, INTEGER, CONST_MAP_PTR, ANY, ANY, ANY),
          row(199, VOID, ANY, ANY),
          row(200, VOID, ANY, ANY),
          row(201, INTEGER, MEM_OUT, SIZE_OR_ZERO, ANY, ANY, ANY),
          row(202, INTEGER, ANY, ANY, MEM, SIZE_OR_ZERO, ANY),
          row(203, MEM_OR_NULL, ANY, ANY, ANY),
          row(208, INTEGER),
          row(209, INTEGER, CONST_MAP_PTR, FUNC, STACK_OR_NULL, ANY),
          row(210, MAP_VALUE_OR_NULL, CONST_MAP_PTR, ANY, ANY, ANY),
          row(211, INTEGER, CONST_MAP_PTR, ANY));

  private NamedHelpers() {}

  private static Helper row(int id, RetType ret, ArgType... args) {
    return new Helper(id, HelperNames.nameOf(id), List.of(args), ret, false, null, null);
  }

  private static Helper gpl(int id, RetType ret, ArgType... args) {
    return new Helper(id, HelperNames.nameOf(id), List.of(args), ret, true, null, null);
  }
}
