package io.haduck.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.haduck.core.UnopenedException;
import io.haduck.jdbc.internal.database.DuckDbTrial;
import io.haduck.jdbc.internal.database.OpeningFailure;
import io.haduck.jdbc.internal.database.ReplayHint;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("compat")
class ReplayHintTest {
  private static final String OLDEST = ";storage_compatibility_version=v1.0.0";

  @TempDir Path directory;

  @AfterEach
  void end() {
    Haduck.shutdown();
  }

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
        .contains("toNewestReadable()", "my.duckdb.wal", "newer DuckDB", "ATTACH");
  }

  /** More rows than a little memory can replay into a primary key. */
  private Path makeTooLargeForLittleMemory() throws SQLException {
    return make(
        "large.duckdb",
        "CREATE TABLE t(k VARCHAR PRIMARY KEY, v VARCHAR)",
        "CHECKPOINT",
        "SET checkpoint_threshold='1TB'",
        "INSERT INTO t SELECT md5(i::VARCHAR) || '-key-' || i, 'value' || i FROM range(100000) r(i)",
        "INSERT INTO t SELECT md5(i::VARCHAR) || '-kez-' || i, 'value' || i FROM range(100000) r(i)",
        "INSERT INTO t SELECT md5(i::VARCHAR) || '-kex-' || i, 'value' || i FROM range(100000) r(i)",
        "INSERT INTO t SELECT md5(i::VARCHAR) || '-kew-' || i, 'value' || i FROM range(100000) r(i)");
  }

  @Test
  void connecting_withoutEnoughMemoryForTheWal_namesMemoryAndSendsNobodyAway() throws Exception {
    Path file = makeTooLargeForLittleMemory();
    String url = "jdbc:haduck:" + file + ";haduck.replica=file:" + directory.resolve("replica");
    String small = url + ";memory_limit=20MB;threads=1";
    SQLException failure =
        catchThrowableOfType(SQLException.class, () -> DriverManager.getConnection(small).close());
    assertThat((Throwable) failure).isNotNull();
    assertThat(ReplayHint.of(file, failure).orElseThrow())
        .contains("memory_limit", "keep them as they are")
        .doesNotContain("toLastCheckpoint", "toNewestReadable");
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT count(*) FROM t")) {
      rows.next();
      assertThat(rows.getLong(1)).isEqualTo(400_000);
    }
  }

  /** What DuckDB says, by version and place; only what is certainly a replay may lose anything. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          MEMORY        | Out of Memory Error: Failure while replaying WAL file "f.wal": failed to pin block of size 256.0 KiB (19.0 MiB/19.0 MiB used)
          MEMORY        | Out of Memory Error: Failure while replaying WAL file "f.wal": could not allocate block of size 256.0 KiB
          MEMORY        | INTERNAL Error: Failure while replaying WAL file "f.wal": std::bad_alloc
          EXTENSION     | Missing Extension Error: Failure while replaying WAL file "f.wal": Cannot bind index 't', unknown index type 'HNSW'. You need to load the extension that provides this index type before table 't' can be modified.
          EXTENSION     | Catalog Error: Failure while replaying WAL file "f.wal": Type with name GEOMETRY does not exist, but it exists in the spatial extension.
          ACCESS        | IO Error: Could not set lock on file "f": Conflicting lock is held in /usr/bin/java (PID 7)
          ACCESS        | IO Error: Cannot open file "f.wal": Permission denied
          ACCESS        | IO Error: Failure while replaying WAL file "f.wal": Could not read from file "f": Input/output error
          ACCESS        | IO Error: Cannot open file "f": Too many open files
          NEWER_VERSION | IO Error: Trying to read a database file with version number 999, but we can only read versions between 64 and 67. The database file was created with a newer version of DuckDB.
          NEWER_VERSION | IO Error: Failure while replaying WAL file "f.wal": Failed to read WAL of version 4 - can only read version 1, 2 and 3 (encrypted)
          REPLAY        | Binder Error: Failure while replaying WAL file "f.wal": Type with name s.e does not exist
          REPLAY        | IO Error: Failure while replaying WAL file "f.wal": Corrupt WAL file: entry at byte position 9 computed checksum 1 does not match stored checksum 2
          REPLAY        | Extension Autoloading Error: Failure while replaying WAL file "f.wal": An error occurred while trying to automatically install the required extension 'core_functions'
          REPLAY        | IO Error: WAL does not match database file.
          DAMAGED       | IO Error: Corrupt database file: computed checksum 1 does not match stored checksum 2 in block at location 12288
          DAMAGED       | Data Corruption Error: corrupt database file - index entry without table entry
          DAMAGED       | Serialization Error: Failed to deserialize: field id mismatch, expected: 100, got: 0
          DAMAGED       | INTERNAL Error: Attempted to access index 7 within vector of size 3
          DAMAGED       | IO Error: The file "f" exists, but it is not a valid DuckDB database file!
          OTHER         | Parser Error: syntax error at or near "WAL"
          OTHER         | Invalid Input Error: The following options were not recognized: wal_size
          """)
  void of_whatDuckDbSays_isToldApart(OpeningFailure kind, String message) throws Exception {
    var failure = new SQLException(message);
    assertThat(OpeningFailure.of(failure)).isEqualTo(kind);
    Path file = make("my.duckdb", "CREATE TABLE t(a INTEGER)");
    String hint = ReplayHint.of(file, failure).orElse("");
    assertThat(hint.contains("toNewestReadable")).isEqualTo(kind.ofContent());
    assertThat(kind.ofContent())
        .isEqualTo(kind == OpeningFailure.REPLAY || kind == OpeningFailure.DAMAGED);
    assertThatThrownBy(() -> new DuckDbTrial(any -> failing(failure)).open(file))
        .isInstanceOfSatisfying(
            UnopenedException.class, e -> assertThat(e.ofContent()).isEqualTo(kind.ofContent()));
    assertThat(hint).doesNotContain("toLastCheckpoint");
    assertThat(hint.isEmpty()).isEqualTo(kind == OpeningFailure.OTHER);
  }

  private static Connection failing(SQLException failure) throws SQLException {
    throw failure;
  }

  @Test
  void of_aReplayWithoutAWal_isSilent() throws Exception {
    Path file = make("my.duckdb", "CREATE TABLE t(a INTEGER)");
    assertThat(Path.of(file + ".wal")).exists();
    Files.delete(Path.of(file + ".wal"));
    assertThat(ReplayHint.of(file, new SQLException("Failure while replaying WAL"))).isEmpty();
  }
}
