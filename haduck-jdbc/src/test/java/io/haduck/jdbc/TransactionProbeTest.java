package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.run;
import static io.haduck.jdbc.internal.sql.OpenTransaction.NONE;
import static io.haduck.jdbc.internal.sql.OpenTransaction.OPEN;
import static io.haduck.jdbc.internal.sql.OpenTransaction.UNKNOWN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.haduck.jdbc.internal.database.ConnectionTransaction;
import io.haduck.jdbc.internal.database.TransactionProbe;
import io.haduck.jdbc.internal.sql.SqlKind;
import io.haduck.jdbc.internal.sql.TransactionEffect;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("compat")
final class TransactionProbeTest {
  /** On each line of DuckDB: its driver has what is asked. */
  @Test
  void ask_saysWhatDuckDbHasOpen_andDisturbsNothing() throws SQLException {
    TransactionProbe probe = TransactionProbe.ofTheDriver();
    Connection connection = DriverManager.getConnection("jdbc:duckdb:;jdbc_stream_results=true");
    assertThat(probe.ask(connection)).isEqualTo(NONE);
    run(connection, "CREATE TABLE t (x INTEGER PRIMARY KEY)");
    run(connection, "BEGIN");
    assertThat(probe.ask(connection)).isEqualTo(OPEN);
    run(connection, "INSERT INTO t VALUES (1)");
    assertThatThrownBy(() -> run(connection, "INSERT INTO t VALUES (1)"));
    assertThat(probe.ask(connection)).as("aborted").isEqualTo(OPEN);
    run(connection, "ROLLBACK");
    assertThat(probe.ask(connection)).isEqualTo(NONE);
    connection.setAutoCommit(false);
    assertThat(probe.ask(connection)).as("not begun yet").isEqualTo(NONE);
    try (Statement statement = connection.createStatement();
        ResultSet streamed = statement.executeQuery("SELECT * FROM range(100_000)")) {
      for (int i = 0; i < 100_000; i++) {
        assertThat(streamed.next()).isTrue();
        if (i % 1000 == 0) {
          assertThat(probe.ask(connection)).isEqualTo(OPEN);
        }
      }
      assertThat(streamed.next()).isFalse();
    }
    connection.commit();
    assertThat(probe.ask(connection)).isEqualTo(NONE);
    connection.close();
    assertThat(probe.ask(connection)).as("closed").isEqualTo(NONE);
  }

  /** The driver holds its lock while it prepares, which runs all statements but the last. */
  @Test
  void askNow_whileSomethingIsPrepared_doesNotWaitForIt() throws Exception {
    TransactionProbe probe = TransactionProbe.ofTheDriver();
    var prepared = new AtomicBoolean();
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:;threads=1")) {
      CompletableFuture<Void> preparing =
          CompletableFuture.runAsync(
              () -> {
                try {
                  connection
                      .prepareStatement(
                          "SELECT sum(hash(i)) FROM range(100_000_000) t(i); SELECT 1")
                      .close();
                } catch (SQLException e) {
                  throw new IllegalStateException(e);
                } finally {
                  prepared.set(true);
                }
              });
      await().until(() -> probe.askNow(connection) == OPEN || prepared.get());
      assertThat(prepared).isFalse();
      preparing.join();
      assertThat(probe.askNow(connection)).isEqualTo(NONE);
    }
  }

  @Test
  void whereTheDriverDoesNotTell_whatItBelievesCounts_untilItMayBeWrong() throws SQLException {
    TransactionProbe none = TransactionProbe.find("there_is_no_such_method");
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:")) {
      assertThat(none.ask(connection)).isEqualTo(UNKNOWN);
      var transaction = new ConnectionTransaction(connection, none);
      assertThat(transaction.now()).isEqualTo(NONE);
      connection.setAutoCommit(false);
      assertThat(transaction.now()).isEqualTo(OPEN);
      transaction.executed(SqlKind.READS, TransactionEffect.NONE, false);
      assertThat(transaction.now()).isEqualTo(UNKNOWN);
      transaction.ended(true);
      assertThat(transaction.now()).isEqualTo(OPEN);
      transaction.executed(SqlKind.WRITES, TransactionEffect.COMMITS, true);
      assertThat(transaction.now()).isEqualTo(UNKNOWN);
      transaction.ended(true);
      transaction.noteUnwrapped();
      assertThat(transaction.now()).isEqualTo(UNKNOWN);
      assertThat(TransactionEffect.CHANGES.mayHaveCommitted(UNKNOWN, UNKNOWN)).isTrue();
    }
  }
}
