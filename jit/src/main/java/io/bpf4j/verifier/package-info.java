/// The proof that a program is safe, by the rules and with the verdicts of Linux's verifier
/// (kernel/bpf/verifier.c), for a loader that holds CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN.
///
/// The idea: [Verifier] checks the shape of the program ([Cfg]), then [Walk] executes it on
/// abstract values, branch by branch, with an explicit worklist. A value is a [RegState]; numbers
/// are a [Range]: known bits and four intervals. Before an instruction its [Precondition]s are
/// discharged by [Prover]; then its family's transfer class computes the state after it. A state
/// that an explored one covers is not walked again ([Pruning]); what must agree for that is decided
/// by liveness and by [Precision]. What was learned on the way is kept in a [VerifiedProgram].
///
/// What may be built on it is said at [Facts]. In short: every access that the program can make was
/// checked on a walked path whose state covers the real one, so none needs a check when it runs;
/// what pointers are holds on all paths; what numbers are does not, but for the few that decided
/// something.
@NullMarked
package io.bpf4j.verifier;

import org.jspecify.annotations.NullMarked;
