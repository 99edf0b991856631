package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.haduck.core.internal.duckdb.FileIdentity;
import io.haduck.core.internal.duckdb.PosixLocks;
import io.haduck.testing.internal.OtherProcess;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A lock that DuckDB has lost without haduck is seen, and said by the status. */
@Tag("compat")
@Timeout(120)
final class LockLostTest {
  @TempDir Path directory;

  @AfterEach
  void endReplication() {
    Haduck.shutdown();
  }

  private Path file(String name) {
    return directory.resolve(name);
  }

  private void requireLocksToBeTold(Path path) throws Exception {
    assumeThat(PosixLocks.ofThisProcess().find(FileIdentity.of(path))).isPresent();
  }

  @Test
  void lock_lostByAnyMeans_isSeenAfterAStatementThatMayHaveDoneIt_andGoodAgainWhenReopened()
      throws Exception {
    String url =
        "jdbc:haduck:" + file("a.duckdb") + ";haduck.replica=file:" + directory.resolve("replica");
    try (Connection connection = DriverManager.getConnection(url)) {
      run(connection, "CREATE TABLE t (i INTEGER)");
      requireLocksToBeTold(file("a.duckdb"));
      run(connection, "ATTACH ':memory:' AS harmless");
      FileChannel.open(file("a.duckdb")).close();
      // On 1.4 and 1.5 it would have done it by itself.
      run(connection, "SELECT size FROM READ_Blob('" + file("a.duckdb") + "')");
      await().until(() -> Haduck.status(connection).lockLost());
    }
    Haduck.shutdown();
    try (Connection connection = DriverManager.getConnection(url)) {
      run(connection, "DETACH DATABASE IF EXISTS nothing");
      assertThat(Haduck.status(connection).lockLost()).isFalse();
      assertThat(OtherProcess.canOpen(file("a.duckdb"))).isFalse();
    }
  }

  /** Local-only, and attached. */
  @Test
  void lockOfAnAttachedDatabase_lostByAPlainOpenOfItsFile_isSeen() throws Exception {
    try (Connection connection = DriverManager.getConnection("jdbc:haduck:")) {
      run(connection, "ATTACH 'haduck:" + file("b.duckdb") + "' AS b");
      run(connection, "CREATE TABLE b.t (i INTEGER)");
      requireLocksToBeTold(file("b.duckdb"));
      assertThat(Haduck.statuses(connection).get(0).lockLost()).isFalse();
      try {
        DriverManager.getConnection("jdbc:duckdb:" + file("b.duckdb")).close();
      } catch (SQLException e) {
        assertThat((Throwable) e).hasMessageContaining("file handle conflict");
      }
      assumeThat(PosixLocks.ofThisProcess().find(FileIdentity.of(file("b.duckdb")))).isEmpty();
      await()
          .atMost(java.time.Duration.ofSeconds(30))
          .until(() -> Haduck.statuses(connection).get(0).lockLost());
    }
  }
}
