package io.bpf4j.arch;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.properties.HasName;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.GeneralCodingRules;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/// The shape of a module: which of its packages may see which, and the rules of the house. Each
/// module has a test that extends this one and names its arrows.
@TestInstance(Lifecycle.PER_CLASS)
public abstract class HouseRules {
  private static final int CEILING = 500;
  private static final int TABLE_CEILING = 800;

  /// The class of `io.bpf4j.linux` that maps the values of a kernel map.
  private static final String MAPS = "MappedMemory";

  private static final DescribedPredicate<HasName.AndFullName> MAKES_A_SEGMENT =
      HasName.AndFullName.Predicates.fullNameMatching(
          "java\\.lang\\.foreign\\.MemorySegment\\.(reinterpret|ofAddress)\\(.*");

  private final JavaClasses classes =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPath(Path.of("target", "classes"));

  /// Every package of the module, and beside the JDK the packages it may see: ArchUnit patterns,
  /// those of bpf4j without `io.bpf4j.` and starting with a dot (`.isa`, and `.` the root).
  protected abstract Map<String, Set<String>> arrows();

  /// Whether the module may write to the standard streams.
  protected abstract boolean prints();

  /// Files that are nothing but tables: they may be longer.
  protected Set<String> tables() {
    return Set.of();
  }

  private static String full(String pattern) {
    if (pattern.equals(".")) {
      return "io.bpf4j";
    }
    return pattern.startsWith(".") ? "io.bpf4j" + pattern : pattern;
  }

  @TestFactory
  Stream<DynamicTest> packagesSeeOnlyWhatTheArrowsAllow() {
    return new TreeMap<>(arrows())
        .entrySet().stream()
            .map(arrow ->
                DynamicTest.dynamicTest(
                    full(arrow.getKey()), () -> seesOnly(arrow.getKey(), arrow.getValue())));
  }

  private void seesOnly(String from, Set<String> to) {
    List<String> allowed = new ArrayList<>(List.of(full(from), "java..", "org.jspecify.."));
    to.forEach(pattern -> allowed.add(full(pattern)));
    classes()
        .that()
        .resideInAPackage(full(from))
        .should()
        .onlyDependOnClassesThat(
            JavaClass.Predicates.resideInAnyPackage(allowed.toArray(String[]::new))
                .or(JavaClass.Predicates.resideInAPackage("")))
        .allowEmptyShould(true)
        .check(classes);
  }

  @Test
  void everyPackageHasItsArrows() {
    Set<String> packages = new TreeSet<>();
    classes.forEach(type -> packages.add(type.getPackageName()));
    Set<String> named = new TreeSet<>();
    arrows().keySet().forEach(name -> named.add(full(name)));
    assertThat(packages).isSubsetOf(named);
  }

  @Test
  void packagesFormNoCycle() {
    slices()
        .matching("io.bpf4j.(**)")
        .should()
        .beFreeOfCycles()
        .allowEmptyShould(true)
        .check(classes);
  }

  @Test
  void namesSayWhatAThingIs() {
    noClasses().should().haveNameMatching(".*(Utils?|Manager|Impl)").check(classes);
  }

  @Test
  void onlyTheCommandLinePrints() {
    if (!prints()) {
      GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS.check(classes);
    }
  }

  /// A segment of arbitrary memory comes from an address, or from making one larger.
  @Test
  void onlyTheMemoryPackageDereferencesAddresses() {
    noClasses()
        .that()
        .resideOutsideOfPackages("io.bpf4j.mem", "io.bpf4j.linux")
        .should()
        .callMethodWhere(JavaCall.Predicates.target(MAKES_A_SEGMENT))
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("sun.misc.Unsafe")
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("jdk.internal.misc.Unsafe")
        .allowEmptyShould(true)
        .check(classes);
  }

  /// What maps memory of the kernel's into the process needs [#MAPS], and nothing else does.
  @Test
  void onlyMappedMemoryIsReinterpretedBesidesTheMemoryPackage() {
    noClasses()
        .that()
        .resideInAPackage("io.bpf4j.linux")
        .and()
        .doNotHaveSimpleName(MAPS)
        .should()
        .callMethodWhere(JavaCall.Predicates.target(MAKES_A_SEGMENT))
        .allowEmptyShould(true)
        .check(classes);
  }

  @Test
  void onlyTheLinuxPackageMakesNativeCalls() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.bpf4j.linux")
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.lang.foreign.Linker")
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.lang.foreign.SymbolLookup")
        .allowEmptyShould(true)
        .check(classes);
  }

  @Test
  void filesStayShort() throws IOException {
    List<String> tooLong = new ArrayList<>();
    try (Stream<Path> files = Files.walk(Path.of("src"))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
        int ceiling = tables().contains(file.getFileName().toString()) ? TABLE_CEILING : CEILING;
        int lines = Files.readAllLines(file).size();
        if (lines > ceiling) {
          tooLong.add("%s: %d lines, at most %d".formatted(file, lines, ceiling));
        }
      }
    }
    assertThat(tooLong).isEmpty();
  }
}
