package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.replica.ReplicationListener;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.duckdb.DuckDBConnection;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@link Haduck} is asked of a connection that is closed. */
class ClosedConnectionsTest {
  @TempDir Path directory;

  @AfterEach
  void end() {
    Haduck.shutdown();
  }

  private String url(String options) {
    return "jdbc:haduck:" + directory.resolve("a.duckdb") + options;
  }

  private String replica() {
    return ";haduck.replica=file:" + directory.resolve("replica");
  }

  private static void requireClosed(Connection connection) {
    var listener = new ReplicationListener() {};
    Map<String, ThrowingCallable> all =
        Map.of(
            "checkpoint", () -> Haduck.checkpoint(connection),
            "checkpoint of one", () -> Haduck.checkpoint(connection, "a"),
            "sync", () -> Haduck.sync(connection),
            "status", () -> Haduck.status(connection),
            "statuses", () -> Haduck.statuses(connection),
            "addListener", () -> Haduck.addListener(connection, listener),
            "addListener of one", () -> Haduck.addListener(connection, "a", listener),
            "removeListener", () -> Haduck.removeListener(connection, listener));
    all.forEach(
        (name, call) ->
            assertThatThrownBy(call)
                .as(name)
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("is closed")
                .satisfies(e -> assertThat(((SQLException) e).getSQLState()).isEqualTo("08003")));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void haduck_ofAClosedConnection_saysSo(boolean replicated) throws Exception {
    String url = url(replicated ? replica() : "");
    Connection connection = DriverManager.getConnection(url);
    connection.close();
    requireClosed(connection);
    try (Connection open = DriverManager.getConnection(url)) {
      requireClosed(connection);
      assertThat(Haduck.status(open).database()).isEqualTo(directory.resolve("a.duckdb"));
    }
    requireClosed(connection);
  }

  @Test
  void haduck_ofAConnectionClosedBehindOurBack_saysSo() throws Exception {
    Connection connection = DriverManager.getConnection(url(replica()));
    connection.unwrap(DuckDBConnection.class).close();
    requireClosed(connection);
  }

  @Test
  void haduck_ofAClosedConnectionInMemory_saysSo() throws Exception {
    Connection connection = DriverManager.getConnection("jdbc:haduck:");
    run(connection, "ATTACH 'haduck:" + directory.resolve("a.duckdb") + replica() + "'");
    connection.close();
    requireClosed(connection);
  }
}
