/// The sk_lookup program type: context, verdicts, several programs in a row.
@NullMarked
package io.bpf4j.sklookup;

import org.jspecify.annotations.NullMarked;
