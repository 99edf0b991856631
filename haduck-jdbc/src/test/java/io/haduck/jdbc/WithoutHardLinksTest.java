package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.count;
import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.testing.EmbeddedS3;
import io.haduck.testing.internal.ChildJvm;
import io.haduck.testing.internal.WithoutHardLinks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A database on a volume that has no hard links, as exFAT, SMB and Azure Files: what is replicated
 * from there can be restored there, and what diverged there is kept.
 */
final class WithoutHardLinksTest {
  @TempDir Path directory;
  private EmbeddedS3 s3;
  private Path data;

  @BeforeEach
  void start() throws IOException {
    s3 = EmbeddedS3.inMemory();
    data = Files.createDirectory(directory.resolve("data"));
  }

  @AfterEach
  void stop() {
    s3.close();
  }

  private Path file() {
    return data.resolve("my.duckdb");
  }

  /** Runs SQL in a process without hard links; returns the rows of {@code t} and what is said. */
  private String run(String options, String... statements) throws IOException {
    String url =
        "jdbc:haduck:"
            + file()
            + ";haduck.durability=commit;haduck.s3.bucket="
            + EmbeddedS3.BUCKET
            + ";haduck.s3.endpoint="
            + s3.endpoint()
            + ";haduck.s3.access_key="
            + EmbeddedS3.ACCESS_KEY
            + ";haduck.s3.secret_key="
            + EmbeddedS3.SECRET_KEY
            + options;
    try (var child =
        ChildJvm.start(
            Map.of(),
            WithoutHardLinks.command(directory),
            List.of("-Xmx256m"),
            Working.class,
            Stream.concat(Stream.of(url), Stream.of(statements)).toArray(String[]::new))) {
      return String.join("\n", child.join());
    }
  }

  /** Runs the statements and prints the number of rows. */
  static final class Working {
    private Working() {}

    public static void main(String[] arguments) throws SQLException {
      try (Connection connection = DriverManager.getConnection(arguments[0]);
          Statement statement = connection.createStatement()) {
        for (int i = 1; i < arguments.length; i++) {
          statement.execute(arguments[i]);
        }
        System.out.println("rows: " + count(connection, "t"));
      }
    }
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(data)) {
      return files.toList();
    }
  }

  @Test
  void whatIsReplicated_isRestored_andWhatDiverged_isKept() throws Exception {
    assertThat(
            run(
                "",
                "CREATE TABLE t AS SELECT range AS a FROM range(100000)",
                "CHECKPOINT",
                "INSERT INTO t VALUES (-1)"))
        .contains("rows: 100001");
    for (Path file : files()) {
      Files.move(file, directory.resolve("lost-" + file.getFileName()));
    }
    assertThat(run("", "INSERT INTO t VALUES (-2)")).contains("rows: 100002");
    assertThat(files())
        .noneMatch(file -> file.toString().contains("restore"))
        .noneMatch(file -> file.toString().contains("next"));
    // The volume comes back old, and is written to without haduck.
    for (Path file : files()) {
      Files.delete(file);
    }
    Files.move(directory.resolve("lost-my.duckdb"), file());
    try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + file());
        Statement statement = plain.createStatement()) {
      statement.execute("INSERT INTO t VALUES (-3), (-4)");
    }
    assertThat(run("")).contains("on_diverge=restore").doesNotContain("rows:");
    assertThat(run(";haduck.on_diverge=restore")).contains("rows: 100002");
    Path kept =
        files().stream()
            .filter(file -> file.toString().contains(".diverged-"))
            .findFirst()
            .orElseThrow();
    try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + kept)) {
      assertThat(count(plain, "t")).isEqualTo(100_003);
    }
  }
}
