package io.haduck;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.settings.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What pages and code refer to is in the repository, and the README has every setting. */
class CitedPagesTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
  private static final Pattern PAGE = Pattern.compile("docs/(\\w+\\.md)");
  private static final Pattern FACT =
      Pattern.compile("(?:torage\\s+(?:\\* |// )?facts|STORAGE\\.md)[,:]? (?:section |§)(\\d)");
  private static final Pattern ELSEWHERE =
      Pattern.compile("\\.\\./shared|\\b(?:design|house|style|duckdb-storage)\\.md");

  @Test
  void links_leadToPagesAndHeadingsThatExist() throws IOException {
    int found = 0;
    for (Path page : pages()) {
      Matcher link = LINK.matcher(Files.readString(page));
      while (link.find()) {
        String target = link.group(1);
        if (target.contains("://")) {
          continue;
        }
        int hash = target.indexOf('#');
        String file = hash < 0 ? target : target.substring(0, hash);
        Path there = file.isEmpty() ? page : page.resolveSibling(file).normalize();
        assertThat(there).as("%s links to %s", page, target).exists();
        if (hash >= 0) {
          assertThat(anchors(there))
              .as("%s links to %s", page, target)
              .contains(target.substring(hash + 1));
        }
        found++;
      }
    }
    assertThat(found).isGreaterThan(40);
  }

  @Test
  void code_citesPagesAndFactsThatExist() throws IOException {
    Set<String> facts = new HashSet<>();
    for (String line : Files.readAllLines(ROOT.resolve("docs/STORAGE.md"))) {
      if (line.matches("## \\d\\..*")) {
        facts.add(line.substring(3, 4));
      }
    }
    int found = 0;
    for (Path source : sources()) {
      String text = Files.readString(source);
      Matcher page = PAGE.matcher(text);
      while (page.find()) {
        assertThat(ROOT.resolve("docs").resolve(page.group(1))).as("cited by " + source).exists();
        found++;
      }
      Matcher fact = FACT.matcher(text);
      while (fact.find()) {
        assertThat(facts).as("cited by " + source).contains(fact.group(1));
        found++;
      }
    }
    assertThat(found).isGreaterThan(20);
  }

  @Test
  void nothing_citesWhatIsNotInTheRepository() throws IOException {
    List<Path> all = new ArrayList<>(pages());
    all.addAll(sources());
    for (Path file : all) {
      if (!file.endsWith(CitedPagesTest.class.getSimpleName() + ".java")) {
        assertThat(ELSEWHERE.matcher(Files.readString(file)).find()).as("" + file).isFalse();
      }
    }
  }

  @Test
  void readme_hasEverySetting() throws IOException {
    String readme = Files.readString(ROOT.resolve("README.md"));
    for (Setting setting : Setting.values()) {
      if (setting != Setting.MODE) { // has one value so far
        assertThat(readme)
            .contains("`" + setting.key() + "`")
            .contains("`" + setting.environmentName() + "`");
      }
    }
  }

  private static List<Path> pages() throws IOException {
    List<Path> pages = new ArrayList<>();
    for (Path directory : List.of(ROOT, ROOT.resolve("docs"))) {
      try (Stream<Path> files = Files.list(directory)) {
        files.filter(file -> file.toString().endsWith(".md")).forEach(pages::add);
      }
    }
    return pages;
  }

  private static List<Path> sources() throws IOException {
    List<Path> sources = new ArrayList<>();
    for (String module :
        List.of(
            "haduck-core",
            "haduck-testing",
            "haduck-s3",
            "haduck-jdbc",
            "haduck-bench",
            "examples")) {
      try (Stream<Path> files = Files.walk(ROOT.resolve(module))) {
        files.filter(file -> file.toString().endsWith(".java")).forEach(sources::add);
      }
    }
    return sources;
  }

  /** As GitHub makes them of headings. */
  private static Set<String> anchors(Path page) throws IOException {
    Set<String> anchors = new HashSet<>();
    for (String line : Files.readAllLines(page)) {
      if (line.startsWith("#")) {
        anchors.add(
            line.replaceFirst("^#+ ", "")
                .toLowerCase(Locale.ROOT)
                .replaceAll("[^\\p{L}\\p{N} _-]", "")
                .replace(' ', '-'));
      }
    }
    return anchors;
  }
}
