package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.count;
import static io.haduck.jdbc.Sql.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.haduck.jdbc.internal.wrapped.OfThisJvm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** SQL that DuckDB's driver runs on each new connection: {@code session_init_sql_file}. */
@Tag("compat")
class InitialSqlTest {
  @TempDir Path directory;
  private Path pipe;
  private Path slow;

  @BeforeEach
  void makePipe() throws Exception {
    pipe = directory.resolve("pipe");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    slow =
        Files.writeString(
            directory.resolve("slow.sql"),
            "CREATE TABLE IF NOT EXISTS t(i INTEGER); INSERT INTO t SELECT * FROM read_csv('"
                + pipe
                + "', columns = {'i': 'INTEGER'}, header = false, auto_detect = false)");
  }

  @AfterEach
  void end() {
    Haduck.shutdown();
  }

  private String url(String options) {
    return "jdbc:haduck:"
        + directory.resolve("a.duckdb")
        + options
        + ";haduck.linger=0s;haduck.replica=file:"
        + directory.resolve("replica");
  }

  private String slowUrl() {
    return url(";session_init_sql_file=" + slow);
  }

  private static CompletableFuture<Connection> connecting(String url) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return DriverManager.getConnection(url);
          } catch (SQLException e) {
            throw new IllegalStateException(e);
          }
        },
        task -> new Thread(task).start());
  }

  /** As it is with plain DuckDB. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void connect_whileInitialSqlRuns_waitsForNothing(boolean wasOpen) throws Exception {
    Connection before = wasOpen ? DriverManager.getConnection(url("")) : null;
    CompletableFuture<Connection> waiting = connecting(slowUrl());
    CompletableFuture<Connection> second = null;
    try {
      await().until(() -> isWaitingForThePipe());
      second = connecting(url(""));
      await().until(second::isDone);
      second.join().close();
      assertThat(waiting).isNotDone();
      if (before != null) {
        before.close();
      }
      assertThat(waiting).isNotDone();
    } finally {
      Files.writeString(pipe, "1\n2\n");
    }
    try (Connection connection = waiting.join()) {
      assertThat(count(connection, "t")).isEqualTo(2);
      assertThat(Haduck.status(connection).connections()).isOne();
      Haduck.sync(connection);
    }
    assertThat(OfThisJvm.databases().isOpen(directory.resolve("a.duckdb"))).isFalse();
  }

  @Test
  void connect_toASharedDatabaseInMemoryWhileInitialSqlRuns_waitsForNothing() throws Exception {
    String url = "jdbc:haduck::memory:shared";
    CompletableFuture<Connection> second = null;
    try (Connection before = DriverManager.getConnection(url)) {
      CompletableFuture<Connection> waiting = connecting(url + ";session_init_sql_file=" + slow);
      try {
        await()
            .ignoreExceptions()
            .until(() -> count(before, "t") == 0); // the table before it is there
        second = connecting(url);
        await().until(second::isDone);
        second.join().close();
        assertThat(waiting).isNotDone();
      } finally {
        Files.writeString(pipe, "1\n2\n");
      }
      try (Connection connection = waiting.join()) {
        assertThat(count(connection, "t")).isEqualTo(2);
      }
      assertThat(count(before, "t")).isEqualTo(2);
    }
  }

  /** The table before it is there when it has come so far. */
  private boolean isWaitingForThePipe() throws Exception {
    return Files.exists(directory.resolve("a.duckdb.wal"))
        && Files.size(directory.resolve("a.duckdb.wal")) > 0;
  }

  @Test
  void initialSql_thatFails_leavesNothingOpen() throws Exception {
    Path wrong = Files.writeString(directory.resolve("wrong.sql"), "SELECT * FROM no_such_table");
    String url = url(";session_init_sql_file=" + wrong);
    assertThatThrownBy(() -> DriverManager.getConnection(url))
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("no_such_table");
    assertThat(OfThisJvm.databases().isOpen(directory.resolve("a.duckdb"))).isFalse();
    try (Connection connection = DriverManager.getConnection(url(""))) {
      run(connection, "CREATE TABLE t AS SELECT 1 AS i");
      assertThat(Haduck.status(connection).connections()).isOne();
      assertThatThrownBy(() -> DriverManager.getConnection(url))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("no_such_table");
      assertThat(Haduck.status(connection).connections()).isOne();
    }
  }

  @Test
  void initialSql_withDurabilityCommit_isOnTheReplicaWhenTheConnectionIs() throws Exception {
    Path sql =
        Files.writeString(
            directory.resolve("init.sql"), "CREATE OR REPLACE TABLE t AS SELECT 1 AS i");
    try (Connection connection =
        DriverManager.getConnection(
            url(";session_init_sql_file=" + sql + ";haduck.durability=commit"))) {
      var status = Haduck.status(connection).replication().orElseThrow();
      assertThat(status.lagBytes()).isZero();
      assertThat(status.replicatedWal()).isEqualTo(status.localWal());
      assertThat(count(connection, "t")).isOne();
    }
  }
}
