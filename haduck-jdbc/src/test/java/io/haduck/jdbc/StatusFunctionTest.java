package io.haduck.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.duckdb.DuckDBConnection;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code haduck_status()} on the DuckDB versions whose driver has table functions. */
final class StatusFunctionTest {
  @TempDir Path directory;

  @BeforeEach
  void needTableFunctions() {
    String version = DuckDBConnection.class.getPackage().getImplementationVersion();
    boolean has;
    try {
      Class.forName("org.duckdb.DuckDBFunctions");
      has = true;
    } catch (ClassNotFoundException e) {
      has = false;
    }
    assumeThat(has).as("table functions in DuckDB's driver %s", version).isTrue();
  }

  @AfterEach
  void endReplication() {
    Haduck.shutdown();
  }

  private Connection connect(String... options) throws SQLException {
    return DriverManager.getConnection(
        "jdbc:haduck:" + directory.resolve("a.duckdb") + String.join("", options));
  }

  private Connection replicated() throws SQLException {
    return connect(";haduck.replica=file:" + directory.resolve("replica"));
  }

  private static Map<String, Object> row(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet resultSet = statement.executeQuery(sql)) {
      assertThat(resultSet.next()).isTrue();
      var row = new LinkedHashMap<String, Object>();
      for (int column = 1; column <= resultSet.getMetaData().getColumnCount(); column++) {
        row.put(resultSet.getMetaData().getColumnName(column), resultSet.getObject(column));
      }
      assertThat(resultSet.next()).isFalse();
      return row;
    }
  }

  @Test
  void ofAReplicatedDatabase_isItsStatus_onEveryConnection() throws SQLException {
    try (Connection connection = replicated();
        Connection other = replicated();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE t (a INTEGER)");
      statement.execute("CHECKPOINT");
      DatabaseStatus status = Haduck.status(connection);
      var replication = status.replication().orElseThrow();
      assertThat(row(other, "SELECT * FROM haduck_status()"))
          .containsEntry("database", status.database().toString())
          .containsEntry("role", "writer")
          .containsEntry("connections", 2L)
          .containsEntry("replica", replication.replica())
          .containsEntry("state", "in_sync")
          .containsEntry("epoch", replication.epoch())
          .containsEntry("seq", replication.seq())
          .containsEntry("local_iteration", replication.localIteration())
          .containsEntry("replicated_iteration", replication.replicatedIteration())
          .containsEntry("failing_since", null)
          .containsEntry("last_error", null)
          .containsEntry("file_events", replication.fileEvents());
      try (PreparedStatement prepared =
          other.prepareStatement("SELECT seq FROM haduck_status() WHERE role = ?")) {
        prepared.setString(1, "writer");
        try (ResultSet resultSet = prepared.executeQuery()) {
          assertThat(resultSet.next()).isTrue();
          assertThat(resultSet.getLong(1)).isEqualTo(replication.seq());
        }
      }
    }
  }

  @Test
  void inAView_worksAgainAfterReopening() throws SQLException {
    try (Connection connection = replicated();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE VIEW status AS SELECT seq, state FROM haduck_status()");
    }
    try (Connection connection = replicated()) {
      assertThat(row(connection, "SELECT seq > 0 AS sent FROM status")).containsEntry("sent", true);
    }
  }

  @Test
  void ofALocalDatabase_saysSo() throws SQLException {
    try (Connection connection = connect()) {
      assertThat(row(connection, "FROM haduck_status()"))
          .containsEntry("role", "local_only")
          .containsEntry("connections", 1L)
          .containsEntry("replica", null)
          .containsEntry("seq", null);
    }
  }

  /** Who compares databases, or makes code of them, must not stumble over it. */
  @Test
  void metaData_doesNotListIt() throws SQLException {
    try (Connection ours = connect();
        Connection plain = DriverManager.getConnection("jdbc:duckdb:")) {
      for (String pattern : new String[] {"%", "haduck%", "a%"}) {
        assertThat(functions(ours, pattern)).isEqualTo(functions(plain, pattern));
      }
    }
  }

  private static List<String> functions(Connection connection, String pattern) throws SQLException {
    var functions = new ArrayList<String>();
    try (ResultSet rows = connection.getMetaData().getFunctions(null, null, pattern)) {
      while (rows.next()) {
        functions.add(rows.getString("FUNCTION_NAME"));
      }
    }
    return functions;
  }
}
