package io.haduck.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Holds docs/reference/naming.md to the truth: each row has a test, and each test of naming a row.
 */
class NamingPageTest {
  private static final Path PAGE = Path.of("..", "docs", "reference", "naming.md");
  private static final Pattern TEST = Pattern.compile("`(Naming\\w*Test)\\.(\\w+)`");
  private static final List<Class<?>> TESTS =
      List.of(NamingTest.class, NamingReplicaTest.class, NamingElsewhereTest.class);

  @Test
  void eachRow_namesATestAndEachTestHasARow() throws IOException {
    var tests = new TreeSet<String>();
    for (Class<?> type : TESTS) {
      Arrays.stream(type.getDeclaredMethods())
          .filter(method -> method.isAnnotationPresent(Test.class))
          .forEach(method -> tests.add(type.getSimpleName() + "." + method.getName()));
    }
    var named = new TreeSet<String>();
    for (String line : Files.readAllLines(PAGE)) {
      if (line.startsWith("| ") && !line.endsWith("| test |")) {
        Matcher test = TEST.matcher(line);
        assertThat(test.find()).as("a test in: %s", line).isTrue();
        named.add(test.group(1) + "." + test.group(2));
      }
    }
    assertThat(named).isEqualTo(tests);
  }
}
