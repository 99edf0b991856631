package io.haduck;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What pages and code refer to is in the repository. */
class CitedPagesTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
  private static final Pattern PAGE =
      Pattern.compile("docs/((?:[\\w-]+/)*[\\w-]+\\.(?:md|svg))(?:#([\\w-]+))?");
  private static final Pattern CLASS = Pattern.compile("`([A-Z]\\w*[a-z]\\w*)(?:\\.\\w+)?`");
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
  void code_citesPagesAndHeadingsThatExist() throws IOException {
    int found = 0;
    for (Path source : sources()) {
      Matcher page = PAGE.matcher(Files.readString(source));
      while (page.find()) {
        Path there = ROOT.resolve("docs").resolve(page.group(1));
        assertThat(there).as("cited by " + source).exists();
        if (page.group(2) != null) {
          assertThat(anchors(there)).as("cited by " + source).contains(page.group(2));
        }
        found++;
      }
    }
    assertThat(found).isGreaterThan(40);
  }

  /** A fact that nobody relies on any more goes, and one whose class has another name follows. */
  @Test
  void factsAboutDuckDbsFiles_nameClassesThatExist() throws IOException {
    Set<String> classes = new HashSet<>();
    for (Path source : sources()) {
      classes.add(source.getFileName().toString().replace(".java", ""));
    }
    int found = 0;
    for (String line : Files.readAllLines(ROOT.resolve("docs/internals/duckdb-files.md"))) {
      String[] cells = line.split(" \\| ", -1);
      for (int cell = 1; cell < cells.length && line.startsWith("| "); cell++) {
        Matcher named = CLASS.matcher(cells[cell]);
        while (named.find()) {
          assertThat(classes).as(line).contains(named.group(1));
          found++;
        }
      }
    }
    assertThat(found).isGreaterThan(60);
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

  private static List<Path> pages() throws IOException {
    return files(".md");
  }

  private static List<Path> sources() throws IOException {
    return files(".java");
  }

  /** All of the repository but what builds have made. */
  private static List<Path> files(String ending) throws IOException {
    List<Path> found = new ArrayList<>();
    Files.walkFileTree(
        ROOT,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes ignored) {
            String name = directory.getFileName().toString();
            return name.equals("target") || name.equals(".git")
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes ignored) {
            if (file.toString().endsWith(ending)) {
              found.add(file);
            }
            return FileVisitResult.CONTINUE;
          }
        });
    return found;
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
