package io.bpf4j.elf;

import io.bpf4j.btf.Btf;
import io.bpf4j.btf.BtfExt;
import io.bpf4j.btf.CoreReloc;
import java.util.Set;

/// CO-RE records: instructions whose numbers depend on the running kernel's types. Without such
/// types two kinds can be settled: ids of local types, and members of the structs that programs get
/// as their context, whose layout uapi keeps for ever, so that what the compiler wrote holds.
final class CoreRelocs {
  private static final Set<String> STABLE =
      Set.of(
          "bpf_sk_lookup",
          "bpf_sock",
          "bpf_sock_addr",
          "bpf_sock_ops",
          "bpf_sock_tuple",
          "bpf_sockopt",
          "bpf_sysctl",
          "bpf_tcp_sock",
          "bpf_cgroup_dev_ctx",
          "sk_msg_md",
          "sk_reuseport_md",
          "xdp_md",
          "__sk_buff");

  private CoreRelocs() {}

  /// Fills in the references of all functions.
  static void resolve(ElfFile elf, Functions functions, Btf btf, BtfExt ext) {
    ext.coreRelocs()
        .forEach((name, relocs) -> {
          ElfSection section = elf.section(name);
          if (section != null) {
            relocs.forEach(reloc -> resolve(section, functions, btf, reloc));
          }
        });
  }

  private static void resolve(ElfSection section, Functions functions, Btf btf, CoreReloc reloc) {
    Function function = functions.around(section.index(), reloc.insnOffset());
    if (function == null) {
      return;
    }
    int pc = function.pcAt(reloc.insnOffset());
    if (pc < 0) {
      throw ElfFile.error(
          section,
          Math.min(reloc.insnOffset(), section.size()),
          "a CO-RE record where no instruction starts");
    }
    if (reloc.kind() == CoreReloc.Kind.TYPE_ID_LOCAL) {
      function.references().put(pc, new Reference.ToNumber(reloc.typeId()));
    } else if (!reloc.kind().ofField()
        || !STABLE.contains(btf.type(btf.resolve(reloc.typeId())).name())) {
      function
          .references()
          .put(
              pc,
              new Reference.Unresolved(
                  "%s: the %s of '%s' at %s depends on a kernel's types (CO-RE), and none are given"
                      .formatted(
                          function.place(pc),
                          reloc.kind().words(),
                          btf.spelling(reloc.typeId()),
                          reloc.access())));
    }
  }
}
