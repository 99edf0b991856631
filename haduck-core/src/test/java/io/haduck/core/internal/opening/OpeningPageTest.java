package io.haduck.core.internal.opening;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Holds docs/internals/opening.md to the truth: each row has a test, and each test of an opening a
 * row.
 */
class OpeningPageTest {
  private static final Path PAGE = Path.of("..", "docs", "internals", "opening.md");
  private static final Pattern TEST = Pattern.compile("`(\\w+Test)(?:\\.(\\w+))?`");

  @Test
  void rows_nameTestsThatExist() throws IOException {
    int rows = 0;
    for (String line : Files.readAllLines(PAGE)) {
      if (!line.startsWith("| ") || line.contains("what happens") || line.contains("| test |")) {
        continue;
      }
      Matcher test = TEST.matcher(line);
      assertThat(test.find()).as("a test in: %s", line).isTrue();
      assertThat(tests(test.group(1)))
          .as(line)
          .contains(test.group(2) == null ? test.group(1) : test.group(2));
      rows++;
    }
    assertThat(rows).isGreaterThan(60);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ReconciliationTest",
        "OpeningByContentTest",
        "OpeningLogTest",
        "OpeningPathTest",
        "OpeningTrialTest",
        "OfflineOpeningTest",
        "RewindTest"
      })
  void tests_haveARow(String type) throws IOException {
    String page = Files.readString(PAGE);
    Set<String> tests = tests(type);
    tests.remove(type);
    assertThat(tests)
        .allSatisfy(method -> assertThat(page).contains("`" + type + "." + method + "`"));
  }

  private static final List<String> ROOMS =
      List.of("replica", "internal.opening", "internal.local", "internal.restoring");

  /** The class itself and its tests; empty if there is none. */
  private static Set<String> tests(String type) {
    var methods = new TreeSet<String>();
    Class<?> found = null;
    for (String room : ROOMS) {
      found = found == null ? find("io.haduck.core." + room + "." + type) : found;
    }
    if (found != null) {
      methods.add(type);
      for (Method method : found.getDeclaredMethods()) {
        if (method.isAnnotationPresent(Test.class)
            || method.isAnnotationPresent(ParameterizedTest.class)) {
          methods.add(method.getName());
        }
      }
    }
    return methods;
  }

  private static @Nullable Class<?> find(String name) {
    try {
      return Class.forName(name);
    } catch (ClassNotFoundException e) {
      return null;
    }
  }
}
