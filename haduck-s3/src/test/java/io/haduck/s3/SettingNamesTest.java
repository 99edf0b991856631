package io.haduck.s3;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Messages name settings as a user writes them: with {@code haduck.} before the key. */
class SettingNamesTest {
  private static final Path SOURCES = Path.of("src", "main", "java");
  private static final Pattern LITERAL = Pattern.compile("\"(?:[^\"\\\\]|\\\\.)*\"");
  private static final Pattern KEY = Pattern.compile("(?<![\\w.])s3\\.[a-z]+(_[a-z]+)*");
  private static final Pattern LOOKED_UP =
      Pattern.compile("(value|flag)\\(settings, (\"s3\\.[a-z_]+\")");

  @Test
  void literals_nameSettingsInFull_butWhereTheyAreLookedUp() throws IOException {
    var wrong = new TreeSet<String>();
    var lookedUp = new TreeSet<String>();
    for (Path file : sources()) {
      String source = Files.readString(file);
      LOOKED_UP.matcher(source).results().forEach(found -> lookedUp.add(found.group(2)));
      String rest = LOOKED_UP.matcher(source).replaceAll("");
      LITERAL
          .matcher(rest)
          .results()
          .map(literal -> literal.group())
          .filter(literal -> KEY.matcher(literal).find())
          .forEach(literal -> wrong.add(file.getFileName() + ": " + literal));
    }
    assertThat(lookedUp).hasSizeGreaterThan(8);
    assertThat(wrong).isEmpty();
  }

  private static List<Path> sources() throws IOException {
    try (Stream<Path> files = Files.walk(SOURCES)) {
      return files.filter(file -> file.toString().endsWith(".java")).toList();
    }
  }
}
