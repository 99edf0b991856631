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

/**
 * Messages name settings as a user writes them: with {@code haduck.} before the key. Only where
 * they are declared, keys and descriptions stand without it.
 */
class SettingNamesTest {
  private static final Path SOURCES = Path.of("src", "main", "java");
  private static final Pattern LITERAL = Pattern.compile("\"(?:[^\"\\\\]|\\\\.)*\"");

  /** Behind a slash it is the name of a host. */
  private static final Pattern KEY = Pattern.compile("(?<![\\w./])s3\\.[a-z]+(_[a-z]+)*");

  private static final Pattern DECLARED =
      Pattern.compile("Setting\\.of\\(\\s*(\"s3\\.[a-z_]+\"),\\s*(null|\"[^\"]*\"),\\s*\"[^\"]*\"");

  @Test
  void literals_nameSettingsInFull_butWhereTheyAreDeclared() throws IOException {
    var wrong = new TreeSet<String>();
    var declared = new TreeSet<String>();
    for (Path file : sources()) {
      String source = Files.readString(file);
      DECLARED.matcher(source).results().forEach(found -> declared.add(found.group(1)));
      String rest = DECLARED.matcher(source).replaceAll("");
      LITERAL
          .matcher(rest)
          .results()
          .map(literal -> literal.group())
          .filter(literal -> KEY.matcher(literal).find())
          .forEach(literal -> wrong.add(file.getFileName() + ": " + literal));
    }
    assertThat(declared).hasSizeGreaterThan(8);
    assertThat(wrong).isEmpty();
  }

  private static List<Path> sources() throws IOException {
    try (Stream<Path> files = Files.walk(SOURCES)) {
      return files.filter(file -> file.toString().endsWith(".java")).toList();
    }
  }
}
