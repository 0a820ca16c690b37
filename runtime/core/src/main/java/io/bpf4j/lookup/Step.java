package io.bpf4j.lookup;

import io.bpf4j.net.IpAddr;
import io.bpf4j.sklookup.Link;
import io.bpf4j.sklookup.SkAction;
import io.bpf4j.sock.GroupProgram;
import io.bpf4j.sock.Ineligible;
import io.bpf4j.sock.Sock;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One thing that a lookup did.
public sealed interface Step {
  /// It looked for a socket with exactly the packet's ends: an established TCP connection, or a
  /// connected UDP socket.
  ///
  /// @param found null when there is none
  record Connections(@Nullable Sock found) implements Step {}

  /// It walked the sockets bound to one address and the packet's port.
  ///
  /// @param probed the packet's address, or the wildcard
  /// @param candidates the sockets that were scored, in bucket order, then the namespace's other
  ///   sockets at the port
  /// @param result null when there is none
  record Scan(IpAddr probed, List<Candidate> candidates, @Nullable Sock result) implements Step {
    public Scan {
      candidates = List.copyOf(candidates);
    }
  }

  /// A socket in a scan.
  ///
  /// @param standing how it fared
  /// @param score its score; 0 when it is not eligible
  /// @param reason why it is not eligible, or null
  record Candidate(Sock sock, Standing standing, int score, @Nullable Ineligible reason) {}

  /// How a socket fared in a scan.
  enum Standing {
    /// It was the best up to then.
    BEST,
    /// It was not better than the best up to then.
    NOT_BETTER,
    /// It cannot take the packet.
    NOT_ELIGIBLE,
    /// The scan ended before it.
    NOT_REACHED
  }

  /// A reuseport group picked the member for the packet.
  ///
  /// @param via the member that was found or selected
  /// @param members the group by index
  /// @param hash the packet's hash
  /// @param start the index the hash gives; it counts where no program picked
  /// @param pick null when no member can take the packet: `via` is then taken as it is, unless the
  ///   group's program refused the packet
  /// @param run what the group's program did, or null when none was asked
  record Reuseport(
      Sock via,
      List<Sock> members,
      int hash,
      int start,
      @Nullable Sock pick,
      @Nullable GroupRun run)
      implements Step {
    public Reuseport {
      members = List.copyOf(members);
    }
  }

  /// The program of a group ran.
  ///
  /// @param calls the helpers it called
  /// @param r0 what it returned
  /// @param picked the member it picked, or null: then the hash picks
  /// @param refused whether it refused the packet
  record GroupRun(
      GroupProgram program,
      List<HelperCall> calls,
      long r0,
      @Nullable Sock picked,
      boolean refused) {
    public GroupRun {
      calls = List.copyOf(calls);
    }
  }

  /// A program ran.
  ///
  /// @param position its place in the order, from 0
  /// @param before the selection it started with, or null
  /// @param calls the helpers it called
  /// @param after the selection when it returned, or null
  /// @param noReuseport whether that selection is without its group
  /// @param r0 what it returned
  /// @param verdict what that means, or null for what is neither pass nor drop
  record Run(
      Link link,
      int position,
      @Nullable Sock before,
      List<HelperCall> calls,
      @Nullable Sock after,
      boolean noReuseport,
      long r0,
      @Nullable SkAction verdict)
      implements Step {
    public Run {
      calls = List.copyOf(calls);
    }
  }

  /// What the programs come to together.
  ///
  /// @param selection the selected socket, or null
  /// @param decidedBy the link whose verdict stands, or null when the regular lookup goes on
  record Combination(CombinationRule rule, @Nullable Sock selection, @Nullable Link decidedBy)
      implements Step {}

  /// How verdicts combine.
  enum CombinationRule {
    /// A selection by a program that passed wins over every drop.
    SELECTION_WINS,
    /// No selection stands, and a program dropped: the packet is refused.
    DROP_WITHOUT_SELECTION,
    /// All passed without a selection: the regular lookup goes on.
    ALL_PASSED
  }
}
