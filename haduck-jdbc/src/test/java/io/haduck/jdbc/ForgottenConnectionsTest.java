package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.haduck.core.internal.duckdb.DatabaseFiles;
import io.haduck.jdbc.internal.database.KnownConnection;
import io.haduck.jdbc.internal.wrapped.OfThisJvm;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Connections that nobody closes and nobody refers to any more: DuckDB's 1.4 driver closes them,
 * later ones never do.
 */
@Tag("compat")
@Timeout(120)
final class ForgottenConnectionsTest {
  @TempDir Path directory;

  /** Where the driver never closes it, this test has to. */
  private @Nullable Connection neverClosed;

  @AfterEach
  void endReplication() throws SQLException {
    if (neverClosed != null) {
      neverClosed.close();
    }
    Haduck.shutdown();
  }

  private Path file() {
    return directory.resolve("a.duckdb");
  }

  private Connection connect() throws SQLException {
    return DriverManager.getConnection(
        "jdbc:haduck:"
            + file()
            + ";haduck.linger=0s;haduck.replica=file:"
            + directory.resolve("replica"));
  }

  /** In a method of its own, whose frame is gone when garbage is collected. */
  private void forget() throws SQLException {
    Connection forgotten = connect();
    run(forgotten, "CREATE TABLE IF NOT EXISTS t (i INTEGER)");
    run(forgotten, "INSERT INTO t VALUES (1)");
    neverClosed = KnownConnection.mayVanish() ? null : forgotten;
  }

  /** As plain DuckDB would: finds out whether its driver closes what was forgotten. */
  private boolean plainCloses() throws Exception {
    Path plain = directory.resolve("plain.duckdb");
    DriverManager.getConnection("jdbc:duckdb:" + plain);
    for (int i = 0; i < 50; i++) {
      System.gc();
      Thread.sleep(20);
      if (DatabaseFiles.descriptorsInThisProcess(plain).orElse(1) == 0) {
        return true;
      }
    }
    return false;
  }

  @Test
  void forgottenConnection_isClosedWherePlainDuckDbWouldCloseIt_andShipped() throws Exception {
    forget();
    if (plainCloses()) {
      await()
          .atMost(Duration.ofSeconds(60))
          .until(
              () -> {
                System.gc();
                return OfThisJvm.databases().all().isEmpty();
              });
      assertThat(DatabaseFiles.descriptorsInThisProcess(file()).orElse(0)).isZero();
      try (Connection connection = connect();
          Statement statement = connection.createStatement();
          ResultSet rows = statement.executeQuery("SELECT count(*) FROM t")) {
        rows.next();
        assertThat(rows.getLong(1)).isEqualTo(1);
        Haduck.sync(connection);
      }
    } else {
      assertThat(OfThisJvm.databases().all()).hasSize(1);
      try (Connection connection = connect()) {
        assertThat(Haduck.status(connection).connections()).isEqualTo(2);
      }
      assertThat(OfThisJvm.databases().all()).hasSize(1);
    }
  }

  /** What it was unwrapped to, its statements and results all keep a connection. */
  @Test
  void connectionOfWhichSomethingIsInUse_staysOpen() throws Exception {
    DuckDBConnection unwrapped = connect().unwrap(DuckDBConnection.class);
    run(unwrapped, "CREATE TABLE t AS SELECT range AS i FROM range(10)");
    Statement statement = connect().createStatement();
    ResultSet rows = connect().createStatement().executeQuery("SELECT i FROM t");
    for (int i = 0; i < 20; i++) {
      System.gc();
      Thread.sleep(20);
    }
    run(unwrapped, "INSERT INTO t VALUES (11)");
    statement.execute("INSERT INTO t VALUES (12)");
    int read = 0;
    while (rows.next()) {
      read++;
    }
    assertThat(read).isEqualTo(10);
    assertThat(OfThisJvm.databases().all()).hasSize(1);
    try (Connection connection = connect()) {
      assertThat(Haduck.status(connection).connections()).isEqualTo(4);
    }
    statement.getConnection().close();
    rows.getStatement().getConnection().close();
    unwrapped.close();
  }
}
