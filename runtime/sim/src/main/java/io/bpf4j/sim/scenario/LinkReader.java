package io.bpf4j.sim.scenario;

import java.util.ArrayList;
import java.util.List;

/// Reads links. A link without a name is called after its program, with the object before it where
/// several programs have that name, and with a number where the same program is attached again.
final class LinkReader {
  private final Values values;
  private final Names netnsNames;
  private final Names objectNames;
  private final Names linkNames;

  LinkReader(Values values, Names netnsNames, Names objectNames) {
    this.values = values;
    this.netnsNames = netnsNames;
    this.objectNames = objectNames;
    this.linkNames = new Names(values, "link");
  }

  Names names() {
    return linkNames;
  }

  /// A link whose name may still be empty.
  LinkSpec link(Yaml yaml) {
    Section section = new Section(values, Shape.LINK, yaml);
    Yaml program = section.required("program");
    return new LinkSpec(
        section.place(),
        program.place(),
        section.optional("name", "", linkNames::define),
        netns(section, values, netnsNames),
        objectNames.refer(section.required("object")),
        values.text(program, "the name of a program"));
  }

  /// The namespace that a section names, or the only one there is.
  static String netns(Section section, Values values, Names netnsNames) {
    Yaml named = section.optional("netns");
    if (named != null) {
      return netnsNames.refer(named);
    }
    List<String> all = netnsNames.all();
    if (all.size() != 1) {
      throw section.error("'netns' is missing, and there are several: " + String.join(", ", all));
    }
    return all.getFirst();
  }

  /// Names the links that have none yet.
  List<LinkSpec> read(List<LinkSpec> links) {
    List<LinkSpec> named = new ArrayList<>();
    for (LinkSpec link : links) {
      String name = link.name().isEmpty() ? free(link) : link.name();
      if (link.name().isEmpty()) {
        linkNames.define(new Yaml.Scalar(link.place(), name, true), name);
      }
      named.add(
          new LinkSpec(
              link.place(),
              link.programPlace(),
              name,
              link.netns(),
              link.object(),
              link.program()));
    }
    return named;
  }

  private String free(LinkSpec link) {
    if (!linkNames.contains(link.program())) {
      return link.program();
    }
    String full = link.object() + "." + link.program();
    String name = full;
    for (int i = 2; linkNames.contains(name); i++) {
      name = full + "#" + i;
    }
    return name;
  }
}
