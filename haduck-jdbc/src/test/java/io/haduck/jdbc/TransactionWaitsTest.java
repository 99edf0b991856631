package io.haduck.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.store.ObjectStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@code durability=commit} while the store is away, and something is pending already, so that
 * every wait fails: what returns has not waited, what commits is pending, and nothing is called
 * committed that is not. When the store is back, everything that was committed is on the replica.
 */
@Tag("compat")
@Timeout(120)
final class TransactionWaitsTest {
  @TempDir Path directory;

  private Connection connection;
  private Connection other;

  /** What a case does; its calls say what each is to come to. */
  @FunctionalInterface
  private interface Script {
    void run(TransactionWaitsTest on) throws Exception;
  }

  @FunctionalInterface
  private interface Call {
    void run() throws SQLException;
  }

  @BeforeEach
  void takeTheStoreAway() throws Exception {
    await().ignoreExceptions().until(() -> (connection = connect()) != null);
    other = connect();
    for (String sql :
        List.of(
            "CREATE TABLE t (x INTEGER PRIMARY KEY)",
            "INSERT INTO t VALUES (1)",
            "CREATE SEQUENCE s",
            "CREATE VIEW v AS SELECT nextval('s') AS n",
            "CREATE MACRO m() AS nextval('s')")) {
      thrownBy(() -> Sql.run(connection, sql)); // it may be pending on a slow machine
    }
    await().untilAsserted(() -> quiet(() -> Haduck.sync(connection)));
    Files.move(directory.resolve("replica"), directory.resolve("away"));
    pending(() -> Sql.run(other, "INSERT INTO t VALUES (100)"));
  }

  @AfterEach
  void endReplication() {
    thrownBy(connection::close);
    thrownBy(other::close);
    Haduck.shutdown();
  }

  private String url() {
    return "jdbc:haduck:"
        + directory.resolve("a.duckdb")
        + ";haduck.replica=file:"
        + directory.resolve("replica")
        + ";haduck.durability=commit;haduck.sync_timeout=150ms;haduck.linger=0s";
  }

  private Connection connect() throws SQLException {
    return DriverManager.getConnection(url());
  }

  private static List<Integer> rows(Connection on) throws SQLException {
    try (Statement statement = on.createStatement();
        ResultSet resultSet = statement.executeQuery("SELECT x FROM t ORDER BY x")) {
      var rows = new ArrayList<Integer>();
      while (resultSet.next()) {
        rows.add(resultSet.getInt(1));
      }
      return rows;
    }
  }

  private boolean isCommitted(int row) throws SQLException {
    return rows(other).contains(row);
  }

  // --- what a call comes to

  private static @Nullable Throwable thrownBy(Call call) {
    try {
      call.run();
      return null;
    } catch (SQLException e) {
      return e;
    }
  }

  /** Succeeds and does not wait. */
  private static void quiet(Call call) {
    assertThat(thrownBy(call)).isNull();
  }

  private void quiet(String sql) {
    quiet(() -> Sql.run(connection, sql));
  }

  /** Has committed, and says so. */
  private static void pending(Call call) {
    assertThat(thrownBy(call))
        .isInstanceOf(ReplicationPendingException.class)
        .hasMessageStartingWith("committed locally");
  }

  private void pending(String sql) {
    pending(() -> Sql.run(connection, sql));
  }

  /** Waits for what it may have committed, and does not say that it has. */
  private static void doubtful(Call call) {
    assertThat(thrownBy(call))
        .isInstanceOf(ReplicationPendingException.class)
        .hasMessageStartingWith("not yet on the replica")
        .hasMessageContaining("committed only if the transaction of this connection is");
  }

  /** Has committed; who has DuckDB's connection may have spoiled that, so it is not said. */
  private static void pendingOrDoubtful(Call call) {
    assertThat(thrownBy(call)).isInstanceOf(ReplicationPendingException.class);
  }

  /** Fails, by DuckDB. */
  private void fails(String sql) {
    assertThat(thrownBy(() -> Sql.run(connection, sql)))
        .isNotNull()
        .isNotInstanceOf(ReplicationPendingException.class);
  }

  /** Does not wait, whatever DuckDB says of it: on some lines a failure aborts the transaction. */
  private void quietOrFails(String sql) {
    assertThat(thrownBy(() -> Sql.run(connection, sql)) instanceof ReplicationPendingException)
        .isFalse();
  }

  // --- the cases

  private static final String INSERT = "INSERT INTO t VALUES (2)";

  private static Arguments of(String name, Script script) {
    return arguments(name, script);
  }

  /** In a transaction, then its end. */
  private void transaction(Call insideToo) throws SQLException {
    boolean sure = insideToo == NOTHING_TOO;
    connection.setAutoCommit(false);
    quiet(INSERT);
    quiet(insideToo);
    quiet("UPDATE t SET x = 3 WHERE x = 2");
    quiet("SELECT * FROM t");
    quiet("SELECT nextval('s')");
    commits(sure, connection::commit);
    quiet("INSERT INTO t VALUES (4)");
    quiet(connection::rollback);
    quiet("INSERT INTO t VALUES (5)");
    commits(sure, () -> connection.setAutoCommit(true));
    pending("INSERT INTO t VALUES (6)");
    assertThat(rows(connection)).containsExactly(1, 3, 5, 6, 100);
  }

  private static final Call NOTHING_TOO = () -> {};

  private static void commits(boolean sure, Call call) {
    if (sure) {
      pending(call);
    } else {
      pendingOrDoubtful(call);
    }
  }

  static Stream<Arguments> unwrapped() {
    return Stream.of(
        of("nothing was unwrapped", on -> on.transaction(NOTHING_TOO)),
        of(
            "the connection, before",
            on -> {
              on.connection.unwrap(DuckDBConnection.class);
              on.transaction(() -> {});
            }),
        of(
            "the connection, within",
            on -> on.transaction(() -> on.connection.unwrap(DuckDBConnection.class))),
        of(
            "a statement, within",
            on ->
                on.transaction(
                    () -> {
                      try (Statement statement = on.connection.createStatement()) {
                        statement.unwrap(org.duckdb.DuckDBPreparedStatement.class);
                      }
                    })),
        of(
            "a result, within",
            on ->
                on.transaction(
                    () -> {
                      try (Statement statement = on.connection.createStatement();
                          ResultSet one = statement.executeQuery("SELECT 1")) {
                        one.unwrap(org.duckdb.DuckDBResultSet.class);
                      }
                    })),
        of(
            "a duplicate begins a transaction of its own",
            on -> {
              try (DuckDBConnection duplicate =
                  on.connection.unwrap(DuckDBConnection.class).duplicate()) {
                Sql.run(duplicate, "BEGIN");
                on.pending(INSERT);
                on.connection.setAutoCommit(false);
                on.quiet("INSERT INTO t VALUES (3)");
                Sql.run(duplicate, "COMMIT");
                on.quiet("INSERT INTO t VALUES (4)");
                pendingOrDoubtful(on.connection::commit);
              }
            }),
        of(
            "BEGIN and COMMIT by the unwrapped one",
            on -> {
              Connection raw = on.connection.unwrap(DuckDBConnection.class);
              Sql.run(raw, "BEGIN");
              on.quiet(INSERT);
              Sql.run(raw, "COMMIT");
              on.pending("INSERT INTO t VALUES (3)");
              Sql.run(raw, "BEGIN");
              on.quiet("INSERT INTO t VALUES (4)");
              Sql.run(raw, "ROLLBACK");
              on.pending("INSERT INTO t VALUES (5)");
            }),
        of(
            "setAutoCommit and commit by the unwrapped one",
            on -> {
              Connection raw = on.connection.unwrap(DuckDBConnection.class);
              raw.setAutoCommit(false);
              on.quiet(INSERT);
              raw.commit();
              on.quiet("INSERT INTO t VALUES (3)");
              raw.rollback();
              on.quiet("INSERT INTO t VALUES (4)");
              raw.setAutoCommit(true);
              on.pending("INSERT INTO t VALUES (5)");
              assertThat(rows(on.connection)).containsExactly(1, 2, 4, 5, 100);
            }),
        of(
            "the unwrapped one spoils the transaction: its COMMIT is a ROLLBACK",
            on -> {
              Connection raw = on.connection.unwrap(DuckDBConnection.class);
              on.connection.setAutoCommit(false);
              on.quiet(INSERT);
              assertThat(thrownBy(() -> Sql.run(raw, "INSERT INTO t VALUES (1)"))).isNotNull();
              quiet(on.connection::commit);
              assertThat(on.isCommitted(2)).isFalse();
            }));
  }

  private static Arguments afterFailure(String name, String failing) {
    return of(
        "after " + name,
        on -> {
          on.connection.setAutoCommit(false);
          on.quiet(INSERT);
          on.fails(failing);
          on.quietOrFails("INSERT INTO t VALUES (3)");
          quiet(on.connection::rollback);
          on.quiet(INSERT);
          on.fails(failing);
          Throwable thrown = thrownBy(on.connection::commit);
          if (on.isCommitted(2)) {
            assertThat(thrown).isInstanceOf(ReplicationPendingException.class);
          } else {
            assertThat(thrown).isNull(); // DuckDB has made a ROLLBACK of it
          }
          on.quiet("INSERT INTO t VALUES (4)");
          pending(on.connection::commit);
          quiet(() -> on.connection.setAutoCommit(true));
          on.fails(failing);
          on.pending("INSERT INTO t VALUES (5)");
          on.quiet("BEGIN");
          on.fails(failing);
          on.quietOrFails("INSERT INTO t VALUES (6)");
          on.quiet("ROLLBACK");
        });
  }

  static Stream<Arguments> failures() {
    return Stream.of(
        afterFailure("a syntax error", "SELEC"),
        afterFailure("a missing table", "SELECT * FROM missing"),
        afterFailure("a constraint", "INSERT INTO t VALUES (1)"),
        afterFailure("an error while it runs", "SELECT error('so') FROM t"),
        of(
            "the driver loses its transaction by a failed commit",
            on -> {
              on.connection.setAutoCommit(false);
              on.quiet("INSERT INTO t VALUES (7)");
              pending(() -> Sql.run(on.other, "INSERT INTO t VALUES (7)"));
              assertThat(thrownBy(on.connection::commit))
                  .isNotNull()
                  .isNotInstanceOf(ReplicationPendingException.class);
              on.pending(INSERT); // by itself, though auto-commit is off
              assertThat(on.isCommitted(2)).isTrue();
              assertThat(thrownBy(on.connection::rollback)).isNotNull();
            }));
  }

  static Stream<Arguments> words() {
    var cases = new ArrayList<Arguments>();
    for (String begin : List.of("BEGIN", "START TRANSACTION", "begin transaction", "/**/Begin;")) {
      for (String end : List.of("COMMIT", "END", "commit transaction")) {
        cases.add(
            of(
                begin + " … " + end,
                on -> {
                  on.quiet(begin);
                  on.quiet(INSERT);
                  on.quiet("SELECT nextval('s')");
                  on.pending(end);
                  on.pending("INSERT INTO t VALUES (3)");
                }));
      }
      for (String end : List.of("ROLLBACK", "ABORT")) {
        cases.add(
            of(
                begin + " … " + end,
                on -> {
                  on.quiet(begin);
                  on.quiet(INSERT);
                  on.quiet(end);
                  on.pending("INSERT INTO t VALUES (3)");
                }));
      }
    }
    cases.add(
        of(
            "several in one text",
            on -> {
              on.quiet("BEGIN; INSERT INTO t VALUES (2)");
              on.quiet("INSERT INTO t VALUES (3); SELECT 1");
              on.pending("INSERT INTO t VALUES (4); COMMIT");
              on.quiet("BEGIN; INSERT INTO t VALUES (5); ROLLBACK");
              on.pending("BEGIN; INSERT INTO t VALUES (6); COMMIT");
              on.pending("INSERT INTO t VALUES (7); SELECT 1");
            }));
    cases.add(
        of(
            "several that commit and begin anew",
            on -> {
              doubtful(() -> Sql.run(on.connection, "INSERT INTO t VALUES (2); BEGIN"));
              on.quiet("INSERT INTO t VALUES (3)");
              doubtful(() -> Sql.run(on.connection, "COMMIT; BEGIN; INSERT INTO t VALUES (4)"));
              on.quiet("ROLLBACK");
              assertThat(rows(on.connection)).containsExactly(1, 2, 3, 100);
            }));
    cases.add(
        of(
            "prepared words",
            on -> {
              prepared(on.connection, "BEGIN", TransactionWaitsTest::quiet);
              prepared(on.connection, INSERT, TransactionWaitsTest::quiet);
              prepared(on.connection, "COMMIT", TransactionWaitsTest::pending);
              prepared(on.connection, "BEGIN", TransactionWaitsTest::quiet);
              prepared(on.connection, "ROLLBACK", TransactionWaitsTest::quiet);
              pending(() -> on.connection.prepareStatement("INSERT INTO t VALUES (3); BEGIN"));
              quiet(() -> on.connection.prepareStatement("BEGIN; INSERT INTO t VALUES (?)"));
              quiet(() -> on.connection.prepareStatement("INSERT INTO t VALUES (4); SELECT 1"));
              on.pending("COMMIT");
            }));
    cases.add(
        of(
            "BEGIN as text without auto-commit",
            on -> {
              on.connection.setAutoCommit(false);
              on.fails("BEGIN"); // the driver has begun one
              on.quietOrFails(INSERT);
              quiet(on.connection::rollback);
              on.quiet(INSERT);
              on.pending("COMMIT");
              on.pending("INSERT INTO t VALUES (3)"); // the driver does not know
              on.quiet("BEGIN");
              on.quiet("INSERT INTO t VALUES (4)");
              pending(on.connection::commit);
            }));
    cases.add(
        of(
            "BEGIN as text, then setAutoCommit",
            on -> {
              on.quiet("BEGIN");
              on.quiet(INSERT);
              quiet(() -> on.connection.setAutoCommit(true)); // it is on: the driver does nothing
              quiet(() -> on.connection.setAutoCommit(false));
              quiet(() -> on.connection.setAutoCommit(true)); // nor does it know of one
              on.quiet("INSERT INTO t VALUES (3)");
              on.pending("COMMIT");
            }));
    return cases.stream();
  }

  private static void prepared(Connection on, String sql, java.util.function.Consumer<Call> comesTo)
      throws SQLException {
    var prepared = new PreparedStatement[1];
    quiet(() -> prepared[0] = on.prepareStatement(sql));
    comesTo.accept(prepared[0]::execute);
    prepared[0].close();
  }

  static Stream<Arguments> otherWays() {
    return Stream.of(
        of(
            "batches",
            on -> {
              pending(() -> batch(on.connection, 2, 3));
              on.connection.setAutoCommit(false);
              quiet(() -> batch(on.connection, 4, 5));
              quiet(on.connection::rollback);
              quiet(() -> batch(on.connection, 6, 7));
              pending(on.connection::commit);
              quiet(() -> preparedBatch(on.connection, 8, 9));
              pending(() -> on.connection.setAutoCommit(true));
              pending(() -> preparedBatch(on.connection, 10, 11));
            }),
        of(
            "PREPARE and EXECUTE",
            on -> {
              on.quiet("PREPARE p AS INSERT INTO t VALUES ($1)");
              on.quiet("PREPARE q AS SELECT * FROM t");
              on.pending("EXECUTE p(2)");
              on.quiet("EXECUTE q");
              on.quiet("BEGIN");
              on.quiet("EXECUTE p(3)");
              on.quiet("EXECUTE q");
              on.pending("COMMIT");
              on.quiet("DEALLOCATE p");
            }),
        of(
            "what writes nothing",
            on -> {
              on.quiet("SET threads = 2");
              on.quiet("USE main");
              on.quiet("PRAGMA database_list");
              on.quiet("SELECT * FROM t");
              on.quiet("BEGIN");
              on.quiet("SELECT * FROM t");
              on.quiet("COMMIT");
              on.connection.setAutoCommit(false);
              on.quiet("SELECT * FROM t");
              quiet(on.connection::commit);
              on.quiet("SELECT * FROM t");
              quiet(() -> on.connection.setAutoCommit(true));
            }),
        of(
            "streamed results",
            on -> {
              on.quiet("SET jdbc_stream_results = true");
              for (String draw : List.of("nextval('s')", "m()")) {
                String query = "SELECT " + draw + " FROM range(5000)";
                pending(() -> readAll(on.connection, query));
                on.connection.setAutoCommit(false);
                quiet(() -> readAll(on.connection, query));
                pending(on.connection::commit);
                on.connection.setAutoCommit(true);
              }
              quiet(() -> readAll(on.connection, "SELECT * FROM range(5000)"));
            }));
  }

  /** Older lines end it when the next statement begins, which may be BEGIN; 2.0 refuses that. */
  @ParameterizedTest
  @ValueSource(strings = {"nextval('s')", "m()"})
  void aStreamedResult_thatBeginHasEnded_doesNotWaitWithinTheTransaction(String draw)
      throws Exception {
    quiet("SET jdbc_stream_results = true");
    try (Statement statement = connection.createStatement()) {
      thrownBy(() -> statement.executeQuery("SELECT " + draw + " FROM range(50000)"));
      ResultSet result = statement.getResultSet();
      assertThat(result.next()).isTrue();
      if (thrownBy(() -> Sql.run(connection, "BEGIN")) == null) {
        quiet(INSERT);
        quiet(result::close);
        quiet("INSERT INTO t VALUES (3)");
        pending("COMMIT");
      }
    }
  }

  private static void batch(Connection on, int... rows) throws SQLException {
    try (Statement statement = on.createStatement()) {
      for (int row : rows) {
        statement.addBatch("INSERT INTO t VALUES (" + row + ")");
      }
      statement.executeBatch();
    }
  }

  private static void preparedBatch(Connection on, int... rows) throws SQLException {
    try (PreparedStatement statement = on.prepareStatement("INSERT INTO t VALUES (?)")) {
      for (int row : rows) {
        statement.setInt(1, row);
        statement.addBatch();
      }
      statement.executeBatch();
    }
  }

  /** Also on from what is pending at its beginning. */
  private static void readAll(Connection on, String sql) throws SQLException {
    try (Statement statement = on.createStatement()) {
      Throwable first = thrownBy(() -> statement.executeQuery(sql));
      try (ResultSet resultSet = statement.getResultSet()) {
        while (resultSet != null && resultSet.next()) {
          assertThat(resultSet.getLong(1)).isNotNegative();
        }
      }
      if (first instanceof SQLException pending) {
        throw pending;
      }
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource({"unwrapped", "failures", "words", "otherWays"})
  void onlyWhatIsCommitted_waits(String name, Script script) throws Exception {
    script.run(this);
    thrownBy(() -> connection.rollback());
    List<Integer> rows = rows(other);
    Files.move(directory.resolve("away"), directory.resolve("replica"));
    thrownBy(other::close);
    await().untilAsserted(() -> quiet(() -> Haduck.sync(connection)));
    Path copy = directory.resolve("copy.duckdb");
    try (ObjectStore replica = Haduck.replica(url(), new Properties())) {
      Haduck.restore(RestoreRequest.latest(replica, copy));
    }
    try (Connection restored = DriverManager.getConnection("jdbc:duckdb:" + copy)) {
      assertThat(rows(restored)).isEqualTo(rows);
    }
  }
}
