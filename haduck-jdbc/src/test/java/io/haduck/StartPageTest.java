package io.haduck;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs what docs/start.md shows: its program prints what the page says that it prints. */
final class StartPageTest {
  private static final Path PAGE = Path.of("../docs/start.md");
  private static final Pattern PROGRAM = Pattern.compile("(?s)```java\n(.*?)```");
  private static final Pattern OUTPUT = Pattern.compile("(?s)It prints\n\n```\n(.*?)```");
  private static final String CLASS_PATH = System.getProperty("java.class.path");

  @TempDir Path directory;

  @Test
  void program_printsWhatThePageSays() throws Exception {
    String page = Files.readString(PAGE);
    Path source = Files.writeString(directory.resolve("First.java"), part(PROGRAM, page));
    assertThat(
            ToolProvider.getSystemJavaCompiler()
                .run(null, null, null, "-proc:none", "-cp", CLASS_PATH, source.toString()))
        .isZero();
    Path home = Files.createDirectory(directory.resolve("home"));
    assertThat(run(home)).isEqualTo(part(OUTPUT, page));
  }

  private String run(Path home) throws IOException, InterruptedException {
    Process program =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                directory + ":" + CLASS_PATH,
                "First",
                home.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      String printed = new String(program.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(program.waitFor(1, TimeUnit.MINUTES)).isTrue();
      assertThat(program.exitValue()).isZero();
      return printed;
    } finally {
      program.destroyForcibly();
    }
  }

  private static String part(Pattern pattern, String page) {
    Matcher found = pattern.matcher(page);
    assertThat(found.find()).as("%s in %s", pattern, PAGE).isTrue();
    return found.group(1);
  }
}
