package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;

import io.haduck.core.CommitReceipt;
import io.haduck.core.UnsupportedDatabaseException;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Databases that are not like the usual one, each captured and restored. */
@Tag("compat")
class ShapesTest {
  private static final String ROWS = "SELECT range AS a, sha256(range::VARCHAR) AS b FROM range";

  @TempDir Path directory;

  @Test
  void smallestBlocks() throws Exception {
    try (var database =
        ReplicatedDatabase.in(directory).withUrlOptions(";default_block_size=16384")) {
      database.open();
      database.execute("CREATE TABLE t AS " + ROWS + "(200000)");
      assertThat(database.checkpoint().blockSize()).isEqualTo(16_384);
      database.execute("INSERT INTO t VALUES (-1, 'one more')");
      CommitReceipt small = database.checkpoint();
      assertThat(small.blocks()).isLessThan(small.blocksInUse() / 4);
      restoresEqual(database);
    }
  }

  @Test
  void emptyDatabase() throws Exception {
    try (var database = ReplicatedDatabase.open(directory)) {
      database.checkpoint();
      restoresEqual(database);
      assertThat(database.contents()).isEqualTo("{}");
    }
  }

  @Test
  void onlyViews() throws Exception {
    try (var database = ReplicatedDatabase.open(directory)) {
      database.execute(
          "CREATE VIEW v AS SELECT 42 AS a", "CREATE VIEW w AS SELECT a + 1 AS b FROM v");
      database.checkpoint();
      restoresEqual(database);
      assertThat(database.contents()).contains("CREATE VIEW v", "CREATE VIEW w");
    }
  }

  @Test
  void shrunkFile() throws Exception {
    try (var database = ReplicatedDatabase.open(directory)) {
      database.execute("CREATE TABLE small(a INTEGER)", "INSERT INTO small VALUES (1)");
      database.execute("CREATE TABLE t AS " + ROWS + "(500000)");
      CommitReceipt large = database.checkpoint();
      long before = Files.size(database.file());
      database.execute("DELETE FROM t WHERE a > 1000", "VACUUM");
      database.checkpoint();
      database.execute("TRUNCATE t");
      database.checkpoint();
      database.execute("INSERT INTO small VALUES (2)");
      CommitReceipt shrunk = database.checkpoint();
      assertThat(shrunk.blocksInUse()).isLessThan(large.blocksInUse() / 2);
      assertThat(Files.size(database.file())).isLessThan(before);
      restoresEqual(database);
    }
  }

  @Test
  void nameWithSpaces() throws Exception {
    try (var database = ReplicatedDatabase.in(directory).named("my own ~data% base.db")) {
      database.open();
      database.execute("CREATE TABLE t AS " + ROWS + "(1000)");
      database.checkpoint();
      String before = database.contents();
      database.stop();
      database.deleteLocalFiles();
      database.open();
      assertThat(database.contents()).isEqualTo(before);
      restoresEqual(database);
    }
  }

  @Test
  void openedReadOnly() throws Exception {
    try (var database = ReplicatedDatabase.in(directory)) {
      database.runPlain("CREATE TABLE t AS " + ROWS + "(1000)");
      database.withUrlOptions(";access_mode=read_only").open();
      database.awaitInSync();
      restoresEqual(database);
    }
  }

  @Test
  void oldestStorageVersion() throws Exception {
    storageVersion("v1.0.0");
  }

  @Test
  void newestStorageVersion() throws Exception {
    storageVersion("latest");
  }

  private void storageVersion(String version) throws Exception {
    try (var database =
        ReplicatedDatabase.in(directory)
            .withUrlOptions(";storage_compatibility_version=" + version)) {
      database.open();
      database.execute("CREATE TABLE t AS " + ROWS + "(200000)");
      database.checkpoint();
      database.execute("UPDATE t SET b = 'x' WHERE a % 1000 = 1", "DELETE FROM t WHERE a < 5000");
      database.checkpoint();
      restoresEqual(database);
      database.reopen();
      database.execute("INSERT INTO t VALUES (0, 'after')");
      database.checkpoint();
      restoresEqual(database);
    }
  }

  @Test
  void storageVersionRaised() throws Exception {
    try (var database =
        ReplicatedDatabase.in(directory).withUrlOptions(";storage_compatibility_version=v1.0.0")) {
      database.open();
      database.execute("CREATE TABLE t AS " + ROWS + "(200000)");
      database.checkpoint();
      database.stop();
      database.withUrlOptions(";storage_compatibility_version=latest").open();
      database.execute("INSERT INTO t VALUES (0, 'after')");
      database.checkpoint();
      restoresEqual(database);
      database.reopen();
      restoresEqual(database);
    }
  }

  @Test
  void encrypted_isRefused() throws Exception {
    var database = ReplicatedDatabase.in(directory);
    try (Connection memory = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = memory.createStatement()) {
      allowWeakEncryption(memory.createStatement());
      statement.execute("ATTACH '" + database.file() + "' AS secret (ENCRYPTION_KEY 'key')");
      statement.execute("CREATE TABLE secret.t AS " + ROWS + "(1000)");
      statement.execute("DETACH secret");
    } catch (SQLException e) {
      abort("this DuckDB cannot encrypt by itself: " + e.getMessage());
    }
    byte[] before = Files.readAllBytes(database.file());
    assertThatThrownBy(database::open)
        .isInstanceOf(UnsupportedDatabaseException.class)
        .hasMessageContaining("encrypted");
    assertThat(database.file()).hasBinaryContent(before);
  }

  /** DuckDB 1.5 and later need it, 1.4 does not know it. */
  private static void allowWeakEncryption(Statement statement) {
    try {
      statement.execute("SET force_mbedtls_unsafe = true");
    } catch (SQLException e) {
      return; // then encrypting works without, or not at all
    }
  }

  private static void restoresEqual(ReplicatedDatabase database) throws Exception {
    assertThat(database.restoredContents()).isEqualTo(database.contents());
    WholeFile.of(database.file())
        .assertIs(WholeFile.headOf(database.replica()), database.file().toString());
  }
}
