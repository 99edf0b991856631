package io.haduck;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.haduck.core.HaduckException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Holds docs/reference/errors.md to the truth: it has each SQLState, each kind, and no other. */
final class ErrorsPageTest {
  private static final Path PAGE = Path.of("../docs/reference/errors.md");
  private static final Path SOURCES = Path.of("src/main/java");
  private static final Pattern STATE_IN_CODE = Pattern.compile("\"([0-9A-Z]{2}[0-9]{3})\"");
  private static final Pattern STATE = Pattern.compile("(?m)^\\| `([0-9A-Z]{5})` \\|");
  private static final Pattern QUOTED = Pattern.compile("`([^`]+)`");
  private static final Pattern KIND = Pattern.compile("(?m)^\\| `(\\w+Exception)` \\|");

  @Test
  void page_hasEachSqlState() throws IOException {
    Set<String> states = new TreeSet<>();
    try (Stream<Path> files = Files.walk(SOURCES)) {
      for (Path file : files.filter(it -> it.toString().endsWith(".java")).toList()) {
        states.addAll(first(STATE_IN_CODE, Files.readString(file)));
      }
    }
    assertThat(states).contains("RP001", "08006");
    assertThat(first(STATE, Files.readString(PAGE))).isEqualTo(states);
  }

  @Test
  void page_hasEachKind() throws IOException {
    Set<String> kinds =
        new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("io.haduck")
                .stream()
                .filter(type -> type.isAssignableTo(HaduckException.class))
                .filter(type -> !type.isEquivalentTo(HaduckException.class))
                .filter(type -> !type.getName().contains(".internal."))
                .map(type -> type.getSimpleName())
                .collect(Collectors.toCollection(TreeSet::new));
    assertThat(first(KIND, Files.readString(PAGE))).isEqualTo(kinds);
  }

  /** A message that nobody can get any more helps nobody. */
  @Test
  void page_quotesMessagesOfTheCode() throws IOException {
    String literals = literals();
    int found = 0;
    for (String line : Files.readAllLines(PAGE)) {
      if (!line.startsWith("| `") || KIND.matcher(line).find() || STATE.matcher(line).find()) {
        continue;
      }
      for (String message : first(QUOTED, line.substring(0, line.indexOf(" | ")))) {
        for (String part : message.split(" … ", -1)) {
          assertThat(isSaid(part, literals)).as(part).isTrue();
        }
        found++;
      }
    }
    assertThat(found).isGreaterThan(40);
  }

  /** Whether it stands in one literal, or at the end of one and the beginning of another. */
  private static boolean isSaid(String text, String literals) {
    if (literals.contains(text)) {
      return true;
    }
    for (int at = text.indexOf(' '); at >= 0; at = text.indexOf(' ', at + 1)) {
      if (literals.contains(text.substring(0, at + 1) + '"')
          && literals.contains('"' + text.substring(at + 1))) {
        return true;
      }
    }
    return false;
  }

  /** All of the code, with literals that are joined by a plus as one. */
  private static String literals() throws IOException {
    StringBuilder all = new StringBuilder();
    for (String module : List.of("haduck-core", "haduck-s3", "haduck-jdbc")) {
      try (Stream<Path> files = Files.walk(Path.of("..", module).resolve(SOURCES))) {
        for (Path file : files.filter(it -> it.toString().endsWith(".java")).toList()) {
          all.append(Files.readString(file).replaceAll("\"\\s*\\+\\s*\"", ""));
        }
      }
    }
    return all.toString();
  }

  private static Set<String> first(Pattern pattern, String text) {
    return pattern
        .matcher(text)
        .results()
        .map((MatchResult found) -> found.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
