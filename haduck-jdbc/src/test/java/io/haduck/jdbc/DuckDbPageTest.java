package io.haduck.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Holds docs/reference/duckdb.md to the truth: each row has a test, and each known defect a row.
 */
class DuckDbPageTest {
  private static final Path PAGE = Path.of("..", "docs", "reference", "duckdb.md");
  private static final Pattern TEST = Pattern.compile("`KnownDefectsTest\\.(\\w+)`");

  @Test
  void eachRow_namesATestAndEachTestHasARow() throws IOException {
    var tests = new TreeSet<String>();
    Arrays.stream(KnownDefectsTest.class.getDeclaredMethods())
        .filter(method -> method.isAnnotationPresent(Test.class))
        .forEach(method -> tests.add(method.getName()));
    var named = new TreeSet<String>();
    for (String line : Files.readAllLines(PAGE)) {
      if (line.startsWith("| ") && !line.endsWith("| test |")) {
        Matcher test = TEST.matcher(line);
        assertThat(test.find()).as("a test in: %s", line).isTrue();
        named.add(test.group(1));
      }
    }
    assertThat(named).isEqualTo(tests);
  }
}
