package io.haduck.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.stream.Stream;
import org.duckdb.DuckDBConnection;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What waits while others have DuckDB's own objects, by {@code unwrap}. */
@Tag("compat")
@Timeout(120)
final class UnwrappedWaitsTest extends StoreAway {
  /** In a transaction, then its end. */
  private static void transaction(StoreAway on, Call insideToo) throws SQLException {
    boolean sure = insideToo == NOTHING_TOO;
    on.connection.setAutoCommit(false);
    on.quiet(INSERT);
    quiet(insideToo);
    on.quiet("UPDATE t SET x = 3 WHERE x = 2");
    on.quiet("SELECT * FROM t");
    on.quiet("SELECT nextval('s')");
    commits(sure, on.connection::commit);
    on.quiet("INSERT INTO t VALUES (4)");
    quiet(on.connection::rollback);
    on.quiet("INSERT INTO t VALUES (5)");
    commits(sure, () -> on.connection.setAutoCommit(true));
    on.pending("INSERT INTO t VALUES (6)");
    assertThat(rows(on.connection)).containsExactly(1, 3, 5, 6, 100);
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
        of("nothing was unwrapped", on -> transaction(on, NOTHING_TOO)),
        of(
            "the connection, before",
            on -> {
              on.connection.unwrap(DuckDBConnection.class);
              transaction(on, () -> {});
            }),
        of(
            "the connection, within",
            on -> transaction(on, () -> on.connection.unwrap(DuckDBConnection.class))),
        of(
            "a statement, within",
            on ->
                transaction(
                    on,
                    () -> {
                      try (Statement statement = on.connection.createStatement()) {
                        statement.unwrap(org.duckdb.DuckDBPreparedStatement.class);
                      }
                    })),
        of(
            "a result, within",
            on ->
                transaction(
                    on,
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

  @ParameterizedTest(name = "{0}")
  @MethodSource("unwrapped")
  void onlyWhatIsCommitted_waits(String name, Script script) throws Exception {
    onlyWhatIsCommittedWaits(script);
  }
}
