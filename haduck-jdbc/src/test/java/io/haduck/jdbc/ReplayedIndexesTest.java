package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.number;
import static io.haduck.jdbc.Sql.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.jdbc.internal.database.ReplayedIndexes;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An opening that replays a write-ahead log leaves whole indexes, also if nothing else is done. */
@Tag("compat")
class ReplayedIndexesTest {
  private static final String BY_INDEX = "SELECT count(*) FROM t WHERE k = 77777777";
  private static final String BY_SCAN = "SELECT count(*) FILTER (WHERE k = 77777777) FROM t";

  @TempDir Path directory;
  private Path file;
  private String url;

  @BeforeEach
  void name() {
    file = directory.resolve("db.duckdb");
    url = "jdbc:haduck:" + file + replica();
  }

  @AfterEach
  void end() {
    Haduck.shutdown();
  }

  private String replica() {
    return ";haduck.replica=file:" + directory.resolve("replica") + ";haduck.durability=commit";
  }

  private void write(String... statements) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url)) {
      run(connection, "PRAGMA disable_checkpoint_on_shutdown");
      run(connection, "SET checkpoint_threshold = '1TB'");
      run(connection, statements);
    }
    Haduck.shutdown();
    assertThat(Path.of(file + ".wal")).exists();
  }

  private void loseTheDisk() throws Exception {
    for (String suffix : List.of("", ".wal", ".haduck")) {
      Files.delete(Path.of(file + suffix));
    }
  }

  /** What DuckDB's index finds is what its scan finds, and the index is used at all. */
  private void requireWhole(String opened) throws SQLException {
    assertThat(number(opened, BY_SCAN)).isPositive();
    assertThat(number(opened, BY_INDEX)).isEqualTo(number(opened, BY_SCAN));
  }

  private static void touchNothing(String opened) throws SQLException {
    try (Connection connection = DriverManager.getConnection(opened)) {
      assertThat(connection.isValid(1)).isTrue();
    }
    Haduck.shutdown();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          CREATE TABLE t(k INT, v INT); CREATE INDEX "an index" ON t(k) | INSERT INTO t SELECT 77777777, i FROM range(30) r(i)
          CREATE TABLE t(k INT, v INT); CREATE INDEX i ON t(k) | UPDATE t SET k = 77777777 WHERE v < 30
          CREATE TABLE t(k INT, v INT); CREATE INDEX i ON t(k) | DELETE FROM t WHERE v < 9; INSERT INTO t VALUES (77777777, 1)
          CREATE TABLE t(k INT PRIMARY KEY, v INT) | INSERT INTO t VALUES (77777777, 1)
          CREATE TABLE t(k INT UNIQUE, v INT) | INSERT INTO t VALUES (77777777, 1)
          CREATE TABLE t(k INT, v INT, g INT AS (v + 1)); CREATE INDEX i ON t(k); CREATE INDEX j ON t(v) | INSERT INTO t(k, v) SELECT 77777777, i FROM range(30) r(i)
          CREATE TABLE t(k INT, v INT) | CREATE INDEX i ON t(k); INSERT INTO t SELECT 77777777, i FROM range(30) r(i)
          CREATE TABLE t(k INT, v INT) | ALTER TABLE t ADD PRIMARY KEY (k); INSERT INTO t VALUES (77777777, 1)
          """)
  void close_afterARestoreThatNobodyTouches_leavesWholeIndexes(String before, String after)
      throws Exception {
    write(before, "INSERT INTO t(k, v) SELECT i, i FROM range(3000) r(i)", "CHECKPOINT", after);
    loseTheDisk();
    touchNothing(url);
    requireWhole("jdbc:duckdb:" + file);
    loseTheDisk2();
    requireWhole(url);
  }

  /** Without a WAL: what a second restore brings is what the close above has sent. */
  private void loseTheDisk2() throws Exception {
    Files.delete(file);
    Files.deleteIfExists(Path.of(file + ".wal"));
    Files.delete(Path.of(file + ".haduck"));
  }

  @Test
  void close_afterAKillThatNobodyNotices_leavesWholeIndexes() throws Exception {
    write(
        "CREATE TABLE t(k INT, v INT)",
        "INSERT INTO t SELECT i, i FROM range(3000) r(i)",
        "CREATE INDEX i ON t(k)",
        "CHECKPOINT",
        "INSERT INTO t SELECT 77777777, i FROM range(30) r(i)");
    touchNothing(url);
    requireWhole(url);
  }

  @Test
  void automaticCheckpoint_afterAReplay_leavesWholeIndexes() throws Exception {
    write(
        "CREATE TABLE other(a VARCHAR)",
        "CREATE TABLE t(k INT, v INT)",
        "INSERT INTO t SELECT i, i FROM range(3000) r(i)",
        "CREATE INDEX i ON t(k)",
        "CHECKPOINT",
        "INSERT INTO t SELECT 77777777, i FROM range(30) r(i)");
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      statement.execute("SET checkpoint_threshold = '1KB'");
      statement.execute("INSERT INTO other SELECT md5(i::VARCHAR) FROM range(1000) r(i)");
      statement.execute("PRAGMA disable_checkpoint_on_shutdown");
    }
    requireWhole(url);
  }

  @Test
  void automaticCheckpoint_byInitialSqlAfterAReplay_leavesWholeIndexes() throws Exception {
    write(
        "CREATE TABLE other(a VARCHAR)",
        "CREATE TABLE t(k INT, v INT)",
        "INSERT INTO t SELECT i, i FROM range(3000) r(i)",
        "CREATE INDEX i ON t(k)",
        "CHECKPOINT",
        "INSERT INTO t SELECT 77777777, i FROM range(30) r(i)");
    Path sql =
        Files.writeString(
            directory.resolve("init.sql"),
            "SET checkpoint_threshold = '1KB'; INSERT INTO other SELECT md5(i::VARCHAR) FROM range(1000) r(i);"
                + " PRAGMA disable_checkpoint_on_shutdown;");
    String initial =
        url.replace(".duckdb;haduck", ".duckdb;session_init_sql_file=" + sql + ";haduck");
    touchNothing(initial);
    requireWhole(url);
  }

  @Test
  void detach_ofWhatWasRestored_leavesWholeIndexes() throws Exception {
    write(
        "CREATE TABLE t(k INT, v INT)",
        "INSERT INTO t SELECT i, i FROM range(3000) r(i)",
        "CREATE INDEX i ON t(k)",
        "CHECKPOINT",
        "INSERT INTO t SELECT 77777777, i FROM range(30) r(i)");
    loseTheDisk();
    try (Connection connection = DriverManager.getConnection("jdbc:haduck:");
        Statement statement = connection.createStatement()) {
      statement.execute("ATTACH 'haduck:" + file + replica() + "' AS \"of another name\"");
    }
    Haduck.shutdown();
    requireWhole(url);
  }

  @Test
  void open_ofManyRowsAtOnce_leavesWholeIndexes() throws Exception {
    write(
        "CREATE TABLE t(k INT, v INT)",
        "INSERT INTO t SELECT i, i FROM range(3000) r(i)",
        "CREATE INDEX i ON t(k)",
        "CHECKPOINT",
        "INSERT INTO t SELECT CASE WHEN i % 100000 = 7 THEN 77777777 ELSE i END, i FROM range(400000) r(i)");
    loseTheDisk();
    touchNothing(url);
    requireWhole(url);
  }

  private static final String[] INDEX_AND_LOG = {
    "CREATE TABLE other(a VARCHAR)",
    "CREATE TABLE t(k INT, v INT)",
    "INSERT INTO t SELECT i, i FROM range(3000) r(i)",
    "CREATE INDEX i ON t(k)",
    "CHECKPOINT",
    "INSERT INTO t SELECT 77777777, i FROM range(30) r(i)"
  };

  private static final String FILLS_THE_LOG =
      "INSERT INTO q.other SELECT md5(i::VARCHAR) FROM range(1000) r(i)";

  private String attach() {
    return "ATTACH 'haduck:" + file + replica() + "' AS q";
  }

  /** In an instance that checkpoints early, and not when it is closed. */
  private interface Work {
    void in(Connection connection, Statement statement) throws SQLException;
  }

  private void inMemory(Work work) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:haduck:");
        Statement statement = connection.createStatement()) {
      statement.execute("SET checkpoint_threshold = '1KB'");
      work.in(connection, statement);
    }
    Haduck.shutdown();
  }

  /** haduck hears of the ATTACH when the text has run, and the database was detached by then. */
  @Test
  void detach_inTheTextOfTheAttach_leavesWholeIndexes() throws Exception {
    write(INDEX_AND_LOG);
    inMemory((connection, statement) -> statement.execute(attach() + "; DETACH q"));
    requireWhole(url);
    loseTheDisk2();
    requireWhole(url);
  }

  @Test
  void automaticCheckpoint_inTheTextOfTheAttach_leavesWholeIndexes() throws Exception {
    write(INDEX_AND_LOG);
    inMemory((connection, statement) -> statement.execute(attach() + "; " + FILLS_THE_LOG));
    requireWhole(url);
  }

  @Test
  void automaticCheckpoint_inTheBatchOfTheAttach_leavesWholeIndexes() throws Exception {
    write(INDEX_AND_LOG);
    inMemory(
        (connection, statement) -> {
          statement.addBatch(attach());
          statement.addBatch(FILLS_THE_LOG);
          statement.executeBatch();
        });
    requireWhole(url);
  }

  @Test
  void automaticCheckpoint_whileTheAttachIsPrepared_leavesWholeIndexes() throws Exception {
    write(INDEX_AND_LOG);
    inMemory(
        (connection, statement) -> {
          try (var prepared =
              connection.prepareStatement(attach() + "; " + FILLS_THE_LOG + "; SELECT 1")) {
            prepared.execute();
          }
        });
    requireWhole(url);
  }

  @Test
  void detach_inTheTextOfTheAttachThatRestores_leavesWholeIndexes() throws Exception {
    write(INDEX_AND_LOG);
    loseTheDisk();
    inMemory((connection, statement) -> statement.execute(attach() + "; DETACH q"));
    requireWhole(url);
  }

  /** What was written is the replay's: it opens again without anything to compare, and is whole. */
  @Test
  void attach_afterAReplay_replicatesItsCheckpoint() throws Exception {
    write(INDEX_AND_LOG);
    inMemory(
        (connection, statement) -> {
          statement.execute(attach());
          assertThat(ReplayedIndexes.mayReplay(file)).isFalse();
          Haduck.sync(connection);
          assertThat(Haduck.statuses(connection).get(0).replication().orElseThrow())
              .satisfies(status -> assertThat(status.missedIterations()).isZero())
              .satisfies(
                  status ->
                      assertThat(status.replicatedIteration()).isEqualTo(status.localIteration()));
        });
    loseTheDisk2();
    requireWhole(url);
  }

  @Test
  void attach_withoutAnIndex_leavesTheLogAsItIs() throws Exception {
    write("CREATE TABLE t(k INT)", "CHECKPOINT", "INSERT INTO t VALUES (1)");
    inMemory(
        (connection, statement) -> {
          statement.execute(attach());
          assertThat(ReplayedIndexes.mayReplay(file)).isTrue();
        });
    assertThat(number(url, "SELECT count(*) FROM t")).isOne();
  }

  /** A database in memory has that name, and is what haduck would replay it in. */
  @Test
  void attach_ofWhatHaduckCannotReplayByItself_isRefusedAmongOtherStatementsOnly()
      throws Exception {
    write(INDEX_AND_LOG);
    String attach = attach().replace("AS q", "AS memory");
    try (Connection connection =
            DriverManager.getConnection("jdbc:haduck:" + directory.resolve("main.duckdb"));
        Statement statement = connection.createStatement()) {
      assertThatThrownBy(() -> statement.execute(attach + "; DETACH memory"))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("Run the ATTACH by itself")
          .satisfies(e -> assertThat(((SQLException) e).getSQLState()).isEqualTo("RP002"));
    }
    try (Connection connection =
            DriverManager.getConnection("jdbc:haduck:" + directory.resolve("main.duckdb"));
        Statement statement = connection.createStatement()) {
      statement.execute(attach);
      statement.execute("DETACH memory");
    }
    Haduck.shutdown();
    requireWhole(url);
  }

  @Test
  void close_withoutAReplica_leavesWholeIndexes() throws Exception {
    url = "jdbc:haduck:" + file;
    write(INDEX_AND_LOG);
    touchNothing(url);
    requireWhole(url);
  }

  @Test
  void automaticCheckpoint_withoutAReplica_leavesWholeIndexes() throws Exception {
    url = "jdbc:haduck:" + file;
    write(INDEX_AND_LOG);
    inMemory(
        (connection, statement) ->
            statement.execute("ATTACH 'haduck:" + file + "' AS q; " + FILLS_THE_LOG));
    requireWhole(url);
  }
}
