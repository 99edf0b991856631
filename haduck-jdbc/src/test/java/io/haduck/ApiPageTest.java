package io.haduck;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** docs/reference/api.md lists what is public, and nothing else. */
final class ApiPageTest {
  private static final Path PAGE = Path.of("../docs/reference/api.md");
  private static final Pattern PACKAGE = Pattern.compile("### `([\\w.]+)`");

  /** Lie in those packages of haduck-testing to reach what is not public there. */
  private static final Set<String> SEAMS =
      Set.of("io.haduck.core.lease.SteppedLease", "io.haduck.core.replica.ClockedReplicator");

  private static final Pattern ROW = Pattern.compile("\\| `(\\w+)` \\| .{10,}[.?] \\|");

  @Test
  void page_listsEveryPublicTypeWithASentence() throws IOException {
    assertThat(listed()).isEqualTo(inTheCode());
  }

  private static Set<String> listed() throws IOException {
    Set<String> types = new TreeSet<>();
    String room = "";
    List<String> lines = Files.readAllLines(PAGE);
    for (String line : lines) {
      Matcher heading = PACKAGE.matcher(line);
      Matcher row = ROW.matcher(line);
      if (heading.matches()) {
        room = heading.group(1);
      } else if (row.matches()) {
        types.add(room + "." + row.group(1));
      }
    }
    return types;
  }

  private static Set<String> inTheCode() {
    return new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.haduck.core", "io.haduck.jdbc", "io.haduck.s3", "io.haduck.testing")
            .stream()
            .filter(JavaClass::isTopLevelClass)
            .filter(type -> type.getModifiers().contains(JavaModifier.PUBLIC))
            .map(JavaClass::getName)
            .filter(name -> !name.contains(".internal.") && !SEAMS.contains(name))
            .collect(Collectors.toCollection(TreeSet::new));
  }
}
