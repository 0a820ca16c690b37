package io.bpf4j.sklookup;

/// Combines what the programs of a namespace decide on one packet (include/linux/filter.h
/// BPF_PROG_SK_LOOKUP_RUN_ARRAY). All programs run, in attach order. A program starts with the
/// selection of those before it; what it selects counts only when it passes. In the end a selection
/// wins over every drop, and a drop over passes without a selection.
///
/// The credit of an answer goes to the program whose selection stands, or to the first that
/// dropped. One per CPU slot; it is used again for each packet.
public final class Verdicts {
  private long best;
  private boolean bestNoReuseport;
  private int selectedBy;
  private int droppedBy;

  /// Starts a packet.
  public void begin() {
    best = 0;
    bestNoReuseport = false;
    selectedBy = -1;
    droppedBy = -1;
  }

  /// Prepares the context for the next program.
  public void before(long ctx) {
    SkLookupCtx.select(ctx, best, bestNoReuseport);
  }

  /// Takes in what a program did.
  ///
  /// @param r0 what it returned
  /// @param position its place in the order
  public void after(long ctx, long r0, int position) {
    switch ((int) r0) {
      case 1 -> {
        long selected = SkLookupCtx.selected(ctx);
        if (selected != 0) {
          best = selected;
          bestNoReuseport = SkLookupCtx.noReuseport(ctx);
          if (SkLookupCtx.assigned(ctx)) {
            selectedBy = position;
          }
        }
      }
      case 0 -> {
        if (droppedBy < 0) {
          droppedBy = position;
        }
      }
      default -> {}
    }
  }

  /// The pointer of the selected socket, or 0.
  public long selection() {
    return best;
  }

  /// Whether the selected socket is taken as it is, without its group.
  public boolean noReuseport() {
    return bestNoReuseport;
  }

  /// The position of the program whose selection stands; -1 for none.
  public int selectedBy() {
    return selectedBy;
  }

  /// Whether the packet is refused: a program dropped, and no selection stands.
  public boolean drop() {
    return best == 0 && droppedBy >= 0;
  }

  /// The position of the first program that dropped; -1 for none.
  public int droppedBy() {
    return droppedBy;
  }
}
