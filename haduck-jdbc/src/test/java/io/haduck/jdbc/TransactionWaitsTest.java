package io.haduck.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What waits, however a transaction is begun, written in and ended, and whatever fails in it. */
@Tag("compat")
@Timeout(120)
final class TransactionWaitsTest extends StoreAway {
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
              prepared(on.connection, "BEGIN", StoreAway::quiet);
              prepared(on.connection, INSERT, StoreAway::quiet);
              prepared(on.connection, "COMMIT", StoreAway::pending);
              prepared(on.connection, "BEGIN", StoreAway::quiet);
              prepared(on.connection, "ROLLBACK", StoreAway::quiet);
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
  @MethodSource({"failures", "words", "otherWays"})
  void onlyWhatIsCommitted_waits(String name, Script script) throws Exception {
    onlyWhatIsCommittedWaits(script);
  }
}
