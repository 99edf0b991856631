package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.run;
import static io.haduck.jdbc.Sql.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.restore.RestoreResult;
import io.haduck.core.restore.RestoreTarget;
import io.haduck.core.store.ObjectStore;
import io.haduck.jdbc.internal.database.DuckDbVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What DuckDB does not open adds nothing to its replica, and is restored as far as it does open.
 */
@Tag("compat")
class FailedStartTest {
  /** No DuckDB replays it; see docs/reference/duckdb.md. */
  private static final String UNREPLAYABLE = "ALTER TABLE u ALTER b TYPE TIMESTAMPTZ USING now()";

  @TempDir Path directory;
  private Path file;
  private String url;

  @BeforeEach
  void name() {
    file = directory.resolve("my.duckdb");
    url = "jdbc:haduck:" + file + replica();
  }

  @AfterEach
  void end() {
    Haduck.shutdown();
  }

  private String replica() {
    return ";haduck.replica=file:"
        + directory.resolve("replica")
        + ";haduck.durability=commit;haduck.replay_checkpoint=false";
  }

  /** Each statement is a changeset of its own. */
  private void write(String... statements) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url)) {
      run(connection, "PRAGMA disable_checkpoint_on_shutdown");
      run(connection, statements);
    }
    Haduck.shutdown();
  }

  private void writeWhatIsNotReplayed() throws SQLException {
    write(
        "CREATE TABLE t(a INTEGER)",
        "CREATE TABLE u(b INTEGER)",
        "CHECKPOINT",
        "INSERT INTO t VALUES (1)",
        "INSERT INTO t VALUES (2)",
        "INSERT INTO t VALUES (3)",
        UNREPLAYABLE,
        "INSERT INTO t VALUES (4)",
        "INSERT INTO t VALUES (5)");
  }

  private void loseTheDisk() throws IOException {
    for (String suffix : List.of("", ".wal", ".haduck")) {
      Files.deleteIfExists(Path.of(file + suffix));
    }
  }

  private static int majorVersion() throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:")) {
      return DuckDbVersion.of(connection).major();
    }
  }

  private long changesets() throws IOException {
    try (Stream<Path> objects = Files.walk(directory.resolve("replica"))) {
      return objects
          .filter(path -> path.toString().contains("/log/") && Files.isRegularFile(path))
          .count();
    }
  }

  private void openInVain() {
    assertThatThrownBy(() -> DriverManager.getConnection(url).close())
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("Failure while replaying")
        .satisfies(
            thrown -> assertThat(thrown.getClass().getPackageName()).doesNotStartWith("io.haduck"));
  }

  private static String rows(String opened) throws SQLException {
    return text(opened, "SELECT string_agg(a, ',' ORDER BY a) FROM t");
  }

  @Test
  void open_ofARestoredDatabaseThatDoesNotOpen_addsNothingToTheLog() throws Exception {
    writeWhatIsNotReplayed();
    loseTheDisk();
    long before = changesets();
    for (int start = 0; start < 3; start++) {
      openInVain();
      assertThat(changesets()).isEqualTo(before);
      assertThat(file).exists();
      assertThat(Files.readString(Path.of(file + ".haduck"))).contains("failed=true");
    }
  }

  @Test
  void open_ofALocalDatabaseThatDoesNotOpen_addsToTheLogOnce() throws Exception {
    writeWhatIsNotReplayed();
    openInVain();
    long before = changesets();
    openInVain();
    openInVain();
    assertThat(changesets()).isEqualTo(before);
  }

  @Test
  void open_onceItOpensAgain_goesOn() throws Exception {
    write("CREATE TABLE t(a INTEGER)", "CHECKPOINT", "INSERT INTO t VALUES (1)");
    try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + file + ";threads=1");
        Statement statement = plain.createStatement()) {
      statement.execute("PRAGMA disable_checkpoint_on_shutdown");
      assertThatThrownBy(() -> DriverManager.getConnection(url).close())
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("different configuration");
      Haduck.shutdown();
    }
    assertThat(Path.of(file + ".wal")).exists();
    assertThat(Files.readString(Path.of(file + ".haduck"))).contains("failed=true");
    assertThat(rows(url)).isEqualTo("1");
    Haduck.shutdown();
    assertThat(Files.readString(Path.of(file + ".haduck"))).doesNotContain("failed");
    write("INSERT INTO t VALUES (2)");
    loseTheDisk();
    assertThat(rows(url)).isEqualTo("1,2");
  }

  @Test
  void open_whatFailsForAnotherReasonThanTheFile_isNoFailedStart() throws Exception {
    write("CREATE TABLE t(a INTEGER)", "CHECKPOINT", "INSERT INTO t VALUES (1)");
    Path sql = Files.writeString(directory.resolve("init.sql"), "SELECT no_such_column;");
    for (String wrong :
        List.of(
            url + ";no_such_option=1",
            url.replace(".duckdb;", ".duckdb;session_init_sql_file=" + sql + ";"))) {
      for (int start = 0; start < 2; start++) {
        assertThatThrownBy(() -> DriverManager.getConnection(wrong).close())
            .isInstanceOf(SQLException.class)
            .hasMessageContaining("no_such");
        Haduck.shutdown();
        assertThat(Files.readString(Path.of(file + ".haduck"))).doesNotContain("failed");
      }
    }
    assertThat(rows(url)).isEqualTo("1");
  }

  /** What fails for an attached database too, on the lines that have such a thing. */
  @Test
  void attach_ofARestoredDatabaseThatDoesNotOpen_addsNothingToTheLog() throws Exception {
    assumeThat(majorVersion()).isLessThan(2);
    write(
        "CREATE TABLE t(a INTEGER)",
        "CHECKPOINT",
        "CREATE SCHEMA o",
        "CREATE TYPE o.e AS ENUM('x')");
    loseTheDisk();
    long before = changesets();
    try (Connection connection = DriverManager.getConnection("jdbc:haduck:");
        Statement statement = connection.createStatement()) {
      for (int start = 0; start < 2; start++) {
        assertThatThrownBy(
                () -> statement.execute("ATTACH 'haduck:" + file + replica() + "' AS mine"))
            .isInstanceOf(SQLException.class)
            .hasMessageContaining("toNewestReadable");
        assertThat(changesets()).isEqualTo(before);
      }
    }
  }

  // --- toNewestReadable

  private RestoreResult restoreNewestReadable(Path destination) {
    try (ObjectStore replica = Haduck.replica(url, new Properties())) {
      return Haduck.restore(RestoreRequest.latest(replica, destination).toNewestReadable());
    }
  }

  @Test
  void restore_toTheNewestReadable_keepsAllBeforeWhatCannotBeReplayed() throws Exception {
    writeWhatIsNotReplayed();
    long before = changesets();
    Path restored = directory.resolve("elsewhere").resolve("my.duckdb");
    Files.createDirectory(restored.getParent());
    RestoreResult result = restoreNewestReadable(restored);
    RestoreResult.LostWal lost = result.lost().orElseThrow();
    assertThat(lost.commits()).isEqualTo(3);
    assertThat(lost.changesets()).isEqualTo(3);
    assertThat(lost.firstSeq()).isEqualTo(result.seq() + 1);
    assertThat(lost.lastSeq()).isEqualTo(result.headSeq()).isEqualTo(result.seq() + 3);
    assertThat(lost.bytes()).isPositive();
    assertThat(lost.since()).isEqualTo(result.commitTime()).isBefore(lost.until());
    assertThat(rows("jdbc:duckdb:" + restored)).isEqualTo("1,2,3");
    assertThat(changesets()).isEqualTo(before);
    try (Stream<Path> left = Files.list(restored.getParent())) {
      assertThat(left.map(path -> path.getFileName().toString()))
          .doesNotContain("my.duckdb.wal.checkpoint")
          .noneMatch(name -> name.contains("haduck-restore"));
    }
  }

  @Test
  void restore_toTheNewestReadableOfWhatOpens_losesNothing() throws Exception {
    write("CREATE TABLE t(a INTEGER)", "CHECKPOINT", "INSERT INTO t VALUES (1)");
    Path restored = directory.resolve("other.duckdb");
    RestoreResult result = restoreNewestReadable(restored);
    assertThat(result.lost()).isEmpty();
    assertThat(result.seq()).isEqualTo(result.headSeq());
    assertThat(rows("jdbc:duckdb:" + restored)).isEqualTo("1");
  }

  @Test
  void restore_toTheNewestReadableWhereNoWalOpens_takesTheCheckpoint() throws Exception {
    write(
        "CREATE TABLE t(a INTEGER)",
        "CREATE TABLE u(b INTEGER)",
        "INSERT INTO t VALUES (1)",
        "CHECKPOINT",
        UNREPLAYABLE,
        "INSERT INTO t VALUES (2)");
    Path restored = directory.resolve("other.duckdb");
    RestoreResult result = restoreNewestReadable(restored);
    assertThat(result.walBytes()).isZero();
    assertThat(result.lost().orElseThrow().commits()).isEqualTo(2);
    assertThat(rows("jdbc:duckdb:" + restored)).isEqualTo("1");
  }

  /** The supposition behind bisecting: what fails at one commit fails at all later ones. */
  @Test
  void replay_ofEachCommit_failsFromOneOnUntilTheNextCheckpoint() throws Exception {
    writeWhatIsNotReplayed();
    StringBuilder opens = new StringBuilder();
    try (ObjectStore replica = Haduck.replica(url, new Properties())) {
      for (long seq = 1; seq <= changesets(); seq++) {
        Path restored = directory.resolve("at-" + seq).resolve("my.duckdb");
        Files.createDirectory(restored.getParent());
        Haduck.restore(RestoreRequest.latest(replica, restored).at(new RestoreTarget.AtSeq(seq)));
        try {
          DriverManager.getConnection("jdbc:duckdb:" + restored).close();
          opens.append('o');
        } catch (SQLException e) {
          opens.append('-');
        }
      }
    }
    assertThat(opens.toString()).matches("o+-{3}");
  }
}
