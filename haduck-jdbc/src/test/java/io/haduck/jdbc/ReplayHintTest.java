package io.haduck.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("compat")
class ReplayHintTest {
  private static final String OLDEST = ";storage_compatibility_version=v1.0.0";

  @TempDir Path directory;

  private Path make(String name, String... statements) throws SQLException {
    Path file = directory.resolve(name);
    try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + file + OLDEST);
        Statement statement = plain.createStatement()) {
      statement.execute("PRAGMA disable_checkpoint_on_shutdown");
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
    return file;
  }

  @Test
  void connecting_withAWalThatCannotBeReplayed_throwsDuckDbsOwnExceptionAndHasAHint()
      throws Exception {
    Path file = make("my.duckdb", "CREATE TABLE t(a INTEGER)", "CHECKPOINT");
    Path other =
        make("other", "CREATE TABLE u(a INTEGER)", "CHECKPOINT", "INSERT INTO u VALUES (1)");
    Files.copy(Path.of(other + ".wal"), Path.of(file + ".wal"));
    String url = "jdbc:haduck:" + file + ";haduck.replica=file:" + directory.resolve("replica");
    SQLException failure =
        catchThrowableOfType(SQLException.class, () -> DriverManager.getConnection(url).close());
    assertThat(failure.getMessage()).contains("WAL");
    assertThat(failure.getClass().getPackageName()).doesNotStartWith("io.haduck");
    assertThat(ReplayHint.of(file, failure).orElseThrow())
        .contains("toLastCheckpoint()", "my.duckdb.wal", "loses");
  }

  @Test
  void of_aFailureOfAnotherKind_isSilent() throws Exception {
    Path file = make("my.duckdb", "CREATE TABLE t(a INTEGER)");
    assertThat(Path.of(file + ".wal")).exists();
    assertThat(ReplayHint.of(file, new SQLException("Conflicting lock is held"))).isEmpty();
    Files.delete(Path.of(file + ".wal"));
    assertThat(ReplayHint.of(file, new SQLException("Failure while replaying WAL"))).isEmpty();
  }
}
