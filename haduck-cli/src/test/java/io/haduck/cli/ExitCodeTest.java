package io.haduck.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.haduck.core.HaduckException;
import java.lang.reflect.Constructor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

final class ExitCodeTest {
  @Test
  void everyErrorOfTheEngine_hasACodeOfItsOwn() throws Exception {
    var errors =
        new ClassFileImporter()
            .importPackages("io.haduck.core").stream()
                .filter(it -> it.isAssignableTo(HaduckException.class))
                .filter(it -> !it.getModifiers().contains(JavaModifier.ABSTRACT))
                .toList();
    assertThat(errors).hasSizeGreaterThan(9);
    for (var type : errors) {
      assertThat(ExitCode.of(made(type.reflect())))
          .as(type.getName())
          .isNotIn(ExitCode.INTERNAL, ExitCode.DONE);
    }
  }

  @Test
  void unforeseenErrors_areInternal() {
    assertThat(ExitCode.of(new IllegalStateException("?"))).isEqualTo(ExitCode.INTERNAL);
  }

  @Test
  void page_listsEveryCode() throws Exception {
    var rows =
        Files.readAllLines(Path.of("../docs/reference/cli.md")).stream()
            .map(Pattern.compile("\\| (\\d+) \\| `(\\w+)` \\| .{5,} \\|")::matcher)
            .filter(Matcher::matches)
            .map(it -> it.group(1) + " " + it.group(2))
            .toList();
    assertThat(rows)
        .isEqualTo(Arrays.stream(ExitCode.values()).map(it -> it.number() + " " + it).toList());
  }

  private static Throwable made(Class<?> type) throws Exception {
    Constructor<?> constructor =
        Arrays.stream(type.getDeclaredConstructors())
            .min((a, b) -> Integer.compare(a.getParameterCount(), b.getParameterCount()))
            .orElseThrow();
    constructor.setAccessible(true);
    Object[] arguments =
        Arrays.stream(constructor.getParameterTypes())
            .map(it -> it == boolean.class ? false : it == String.class ? "?" : (Object) null)
            .toArray();
    return (Throwable) constructor.newInstance(arguments);
  }
}
