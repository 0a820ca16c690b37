package io.bpf4j.sklookup;

import io.bpf4j.engine.RunnableProgram;
import java.util.List;

/// The programs of a namespace in the order they run, as lookups see them: never changed, only
/// replaced by another.
public final class RunArray {
  static final RunArray EMPTY = new RunArray(List.of());

  private final Link[] links;
  private final RunnableProgram[] programs;

  RunArray(List<Link> links) {
    this.links = links.toArray(Link[]::new);
    this.programs = links.stream().map(Link::program).toArray(RunnableProgram[]::new);
  }

  public int size() {
    return links.length;
  }

  public Link link(int position) {
    return links[position];
  }

  /// The program of a link as of the moment this array was made.
  public RunnableProgram program(int position) {
    return programs[position];
  }

  /// The link with this number in the world, which must be here.
  public Link byIndex(int index) {
    for (Link link : links) {
      if (link.index() == index) {
        return link;
      }
    }
    throw new IllegalArgumentException("link " + index + " is not attached here");
  }

  /// The links in order.
  public List<Link> links() {
    return List.of(links);
  }
}
