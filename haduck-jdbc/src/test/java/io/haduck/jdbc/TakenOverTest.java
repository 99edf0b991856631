package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.DivergedException;
import io.haduck.core.FencedException;
import io.haduck.core.replica.ReplicatorStatus;
import io.haduck.testing.internal.OtherLoader;
import java.net.MalformedURLException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two writers of one replica, as two pods that are both up for a while: the one that was taken over
 * from does not take it back by itself (without leases; with them the second one waits), and has
 * not diverged by closing. The other one is a second copy of haduck in this JVM.
 */
@Tag("compat")
final class TakenOverTest {
  @TempDir Path directory;
  private OtherLoader other;
  private String options;

  @BeforeEach
  void begin() throws MalformedURLException {
    other = new OtherLoader();
    options =
        ";haduck.name=db;haduck.lease=off;haduck.linger=0s;haduck.sync_timeout=20s;haduck.replica=file:"
            + directory.resolve("replica");
  }

  @AfterEach
  void end() throws Exception {
    other.call(Rival.class, "close");
    other.close();
    Haduck.shutdown();
  }

  /** The other writer. */
  public static final class Rival {
    private static @Nullable Connection connection;

    private Rival() {}

    public static void open(String url) throws SQLException {
      connection = new HaduckDriver().connect(url, new Properties());
    }

    /** Says "done", or what is wrong. */
    public static String run(String sql) {
      try {
        Sql.run(Objects.requireNonNull(connection), sql);
        return "done";
      } catch (SQLException e) {
        return e.getSQLState() + " " + e.getMessage();
      }
    }

    public static void close() throws SQLException {
      Connection open = connection;
      connection = null;
      if (open != null) {
        open.close();
      }
      Haduck.shutdown();
    }
  }

  private String url(String place) throws Exception {
    return "jdbc:haduck:"
        + Files.createDirectories(directory.resolve(place)).resolve("f.duckdb")
        + options;
  }

  private Connection connect(String place) throws Exception {
    return DriverManager.getConnection(url(place));
  }

  private static List<Integer> rows(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT i FROM t ORDER BY i")) {
      var found = new ArrayList<Integer>();
      while (rows.next()) {
        found.add(rows.getInt(1));
      }
      return found;
    }
  }

  private static Connection filled(Connection connection) throws SQLException {
    run(connection, "CREATE TABLE t AS SELECT 1 AS i");
    run(connection, "CHECKPOINT");
    run(connection, "INSERT INTO t VALUES (2)");
    Haduck.sync(connection);
    return connection;
  }

  private void takeOver() throws Exception {
    other.call(Rival.class, "open", url("two"));
    assertThat(other.call(Rival.class, "run", "INSERT INTO t VALUES (3)")).isEqualTo("done");
  }

  private static void assertFenced(ThrowingCallable connect) {
    assertThatThrownBy(connect)
        .isInstanceOf(SQLNonTransientConnectionException.class)
        .hasCauseInstanceOf(FencedException.class)
        .hasMessageContaining("epoch 2 by writer")
        .hasMessageContaining("as it noticed at 2")
        .hasMessageContaining("Haduck.shutdown()")
        .extracting(it -> ((SQLException) it).getSQLState())
        .asString()
        .startsWith("08");
  }

  @Test
  void commit_thatWaits_saysThatItIsNotInTheHistoryThatWon_andWhatFollowsIsRefused()
      throws Exception {
    Connection fenced =
        filled(DriverManager.getConnection(url("one") + ";haduck.durability=commit"));
    takeOver();
    assertThatThrownBy(() -> run(fenced, "INSERT INTO t VALUES (4)"))
        .isInstanceOf(SQLNonTransientConnectionException.class)
        .hasCauseInstanceOf(FencedException.class)
        .hasMessageStartingWith(
            "committed locally, and not in the history that won: another writer has added seq")
        .extracting(it -> ((SQLException) it).getSQLState())
        .isEqualTo("08007");
    assertThatThrownBy(() -> rows(fenced))
        .hasMessageStartingWith("another writer has added seq")
        .extracting(it -> ((SQLException) it).getSQLState())
        .isEqualTo("08006");
    closeQuietly(fenced);
  }

  @Test
  void connecting_onceFenced_failsUntilShutdown_andTheOtherWriterGoesOn() throws Exception {
    Connection fenced = filled(connect("one"));
    takeOver();
    assertThatThrownBy(
            () -> {
              run(fenced, "INSERT INTO t VALUES (-1)");
              Haduck.sync(fenced);
            })
        .isInstanceOf(SQLNonTransientConnectionException.class);
    assertThatThrownBy(fenced::close).isInstanceOf(SQLException.class);
    for (int i = 0; i < 3; i++) {
      assertFenced(() -> connect("one"));
      assertFenced(() -> connect("another path"));
    }
    options = options.replace("/replica", "/x/../replica/");
    assertFenced(() -> connect("one"));
    Files.createSymbolicLink(directory.resolve("link"), directory.resolve("replica"));
    options = options.replace("/x/../replica/", "/link");
    assertFenced(() -> connect("one"));
    options = options.replace("/link", "/replica");
    try (Connection memory = DriverManager.getConnection("jdbc:haduck:")) {
      assertThatThrownBy(
              () ->
                  run(
                      memory,
                      "ATTACH 'haduck:" + directory.resolve("a.duckdb") + options + "' AS a"))
          .isInstanceOf(SQLException.class)
          .hasCauseInstanceOf(FencedException.class);
    }
    assertThatThrownBy(() -> Haduck.rewind(url("one"), new Properties()))
        .isInstanceOf(FencedException.class);
    assertThat(other.call(Rival.class, "run", "INSERT INTO t VALUES (4)")).isEqualTo("done");
    other.call(Rival.class, "close");
    Haduck.shutdown();
    // it has a commit of its own, which nobody was told is on the replica
    assertThatThrownBy(() -> connect("one")).hasCauseInstanceOf(DivergedException.class);
    try (Connection restored = connect("three")) {
      assertThat(rows(restored)).containsExactly(1, 2, 3, 4);
    }
  }

  @Test
  void anotherReplica_isNotConcerned() throws Exception {
    Connection fenced = filled(connect("one"));
    takeOver();
    closeQuietly(fenced);
    assertFenced(() -> connect("one"));
    options = options.replace("haduck.name=db", "haduck.name=other");
    try (Connection connection = connect("three")) {
      assertThat(connection.isValid(1)).isTrue();
    }
  }

  /** Not that it is local only, as what has no replica any more. */
  @Test
  void status_ofAConnectionThatWasFencedAndClosed_isRefused() throws Exception {
    Connection fenced = filled(connect("one"));
    takeOver();
    assertThatThrownBy(
            () -> {
              run(fenced, "INSERT INTO t VALUES (-1)");
              Haduck.sync(fenced);
            })
        .isInstanceOf(SQLNonTransientConnectionException.class);
    assertThat(Haduck.status(fenced).replication().orElseThrow().state())
        .isEqualTo(ReplicatorStatus.State.FENCED);
    closeQuietly(fenced);
    for (ThrowingCallable call :
        List.<ThrowingCallable>of(() -> Haduck.status(fenced), () -> Haduck.sync(fenced))) {
      assertThatThrownBy(call)
          .hasMessageContaining("is closed")
          .extracting(it -> ((SQLException) it).getSQLState())
          .isEqualTo("08003");
    }
  }

  @Test
  void close_ofAnOvertakenInstance_isNoDivergence() throws Exception {
    Connection overtaken = filled(connect("one"));
    takeOver();
    assertThatThrownBy(overtaken::close).isInstanceOf(SQLNonTransientConnectionException.class);
    assertThat(directory.resolve("one/f.duckdb.wal")).doesNotExist(); // DuckDB checkpointed it
    assertFenced(() -> connect("one"));
    goesOnWithWhatIsThere();
  }

  private void goesOnWithWhatIsThere() throws Exception {
    other.call(Rival.class, "close");
    Haduck.shutdown();
    try (Connection again = connect("one")) {
      assertThat(rows(again)).containsExactly(1, 2, 3);
    }
    try (Stream<Path> files = Files.list(directory.resolve("one"))) {
      assertThat(files).noneMatch(file -> file.toString().contains("diverged"));
    }
  }

  @Test
  void close_inAFailedTransaction_isNoDivergence() throws Exception {
    Connection overtaken = filled(connect("one"));
    overtaken.setAutoCommit(false);
    run(overtaken, "INSERT INTO t VALUES (-1)");
    assertThatThrownBy(() -> run(overtaken, "INSERT INTO t VALUES ('x')"))
        .isInstanceOf(SQLException.class);
    takeOver();
    closeQuietly(overtaken);
    goesOnWithWhatIsThere();
  }

  @Test
  void close_ofAnOvertakenInstance_withCommitsByOthers_hasDiverged() throws Exception {
    Connection overtaken = filled(connect("one"));
    takeOver();
    DuckDBConnection unwrapped = overtaken.unwrap(DuckDBConnection.class);
    run(unwrapped, "INSERT INTO t VALUES (-1)");
    assertThatThrownBy(overtaken::close).isInstanceOf(SQLException.class);
    other.call(Rival.class, "close");
    Haduck.shutdown();
    assertThatThrownBy(() -> connect("one")).hasCauseInstanceOf(DivergedException.class);
    options += ";haduck.on_diverge=restore";
    try (Connection restored = connect("one")) {
      assertThat(rows(restored)).containsExactly(1, 2, 3);
    }
    try (Stream<Path> files = Files.list(directory.resolve("one"))) {
      assertThat(files).anyMatch(file -> file.toString().contains("diverged"));
    }
  }

  @Test
  void close_ofAnInstanceThatIsNotOvertaken_checkpointsAsEver() throws Exception {
    filled(connect("one")).close();
    assertThat(directory.resolve("one/f.duckdb.wal")).doesNotExist();
    try (Connection again = connect("one")) {
      assertThat(rows(again)).containsExactly(1, 2);
    }
  }

  @Test
  void detach_ofAnOvertakenDatabase_isNoDivergence_andOthersAreCheckpointedAsEver()
      throws Exception {
    Path main = directory.resolve("main.duckdb");
    try (Connection connection = DriverManager.getConnection("jdbc:haduck:" + main)) {
      run(connection, "CREATE TABLE m AS SELECT 1 AS i");
      Files.createDirectories(directory.resolve("one"));
      run(connection, "ATTACH 'haduck:" + directory.resolve("one/f.duckdb") + options + "' AS f");
      run(connection, "CREATE TABLE f.t AS SELECT 1 AS i");
      run(connection, "CHECKPOINT f");
      run(connection, "INSERT INTO f.t VALUES (2)");
      Haduck.sync(connection);
      takeOver();
      assertThatThrownBy(() -> run(connection, "DETACH f"))
          .isInstanceOf(SQLNonTransientConnectionException.class);
      assertThat(directory.resolve("one/f.duckdb.wal")).doesNotExist();
    }
    assertThat(directory.resolve("main.duckdb.wal")).doesNotExist();
    goesOnWithWhatIsThere();
  }

  /** What two pools do that open a connection anew whenever theirs is broken. */
  @Test
  void twoPools_withOnDivergeRestore_endWithOneWriter_andLoseNothing() throws Exception {
    options += ";haduck.on_diverge=restore;haduck.durability=commit";
    var acknowledged = new ArrayList<Integer>();
    Connection ours = filled(connect("one"));
    acknowledged.addAll(List.of(1, 2));
    other.call(Rival.class, "open", url("two"));
    int reopened = 0;
    for (int i = 10; i < 70; i += 2) {
      try {
        if (ours == null) {
          ours = connect("one");
          reopened++;
        }
        run(ours, "INSERT INTO t VALUES (" + i + ")");
        acknowledged.add(i);
      } catch (SQLException e) {
        assertThat(e.getSQLState()).as(e.getMessage()).startsWith("08");
        if (ours != null) {
          closeQuietly(ours);
        }
        ours = null;
      }
      assertThat(other.call(Rival.class, "run", "INSERT INTO t VALUES (" + (i + 1) + ")"))
          .isEqualTo("done");
      acknowledged.add(i + 1);
    }
    assertThat(ours).isNull();
    assertThat(reopened).isZero();
    other.call(Rival.class, "close");
    try (OtherLoader reader = new OtherLoader()) {
      reader.call(Rival.class, "open", url("three"));
      assertThat(
              reader.call(
                  Rival.class,
                  "run",
                  "SELECT CASE WHEN count(*) = "
                      + acknowledged.size()
                      + " THEN 1 ELSE error(list(i)::VARCHAR) END FROM t WHERE i IN ("
                      + String.join(",", acknowledged.stream().map(String::valueOf).toList())
                      + ")"))
          .isEqualTo("done");
      reader.call(Rival.class, "close");
    }
  }

  private static void closeQuietly(Connection connection) {
    try {
      connection.close();
    } catch (SQLException e) {
      assertThat(e.getSQLState()).startsWith("08");
    }
  }
}
