package io.haduck.core.replica;

import io.haduck.core.Ticker;
import io.haduck.core.internal.compaction.CompactionRules;
import io.haduck.core.retention.SweepOptions;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A process that writes a database of many small tables, some of which change at a time, so that
 * each object of its replica becomes garbage little by little, and that is compacted.
 */
final class CompactedWriter {
  private static final int TABLES = 20;
  private static final int ROWS = 4_000;

  /** Its calls to the replica's store. */
  final GatedCalls calls = new GatedCalls();

  /** Whether it compacts, if it does not sweep itself. */
  final AtomicBoolean compacts = new AtomicBoolean(true);

  final Path directory;
  final ReplicatedDatabase database;

  /**
   * One that is not open yet.
   *
   * @param sweep by which it sweeps itself
   */
  CompactedWriter(Path directory, AgedReplica replica, Ticker ticker, SweepOptions sweep) {
    this.directory = directory;
    this.database =
        ReplicatedDatabase.in(
                directory, replica.place(), store -> calls.around(replica.aged(store)))
            .withSyncInterval(Duration.ofMillis(20))
            .withOptions(
                options ->
                    options
                        .withClock(replica::now)
                        .withTicker(ticker)
                        .withSweep(sweep)
                        .withRollUpAfter(6)
                        .withCompaction(new CompactionRules(compacts::get, 256 << 10, 1)));
  }

  /** Makes the database without haduck. */
  void create() throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = connection.createStatement()) {
      statement.execute("ATTACH '" + database.file() + "' AS small (BLOCK_SIZE 16384)");
      for (int table = 0; table < TABLES; table++) {
        statement.execute(
            "CREATE TABLE small.t"
                + table
                + " AS SELECT range AS a, hash(range + "
                + table
                + ") AS b, hash(range) AS c FROM range("
                + ROWS
                + ")");
      }
    }
  }

  /**
   * Opens it.
   *
   * @param keepsWal whether the WAL stays as it is where it is closed
   */
  void open(boolean keepsWal) throws SQLException {
    database.open();
    database.execute("SET checkpoint_threshold = '1 TB'");
    if (keepsWal) {
      database.execute("PRAGMA disable_checkpoint_on_shutdown");
    }
  }

  /** Commits something small, which only the WAL has. */
  void insert(long row) throws SQLException {
    database.execute("INSERT INTO t0 VALUES (" + row + ", " + row + ", 0)");
  }

  /** Commits changes of some of the tables, which are not in the replica yet. */
  void update(Random random) throws SQLException {
    database.execute("BEGIN");
    String column = random.nextBoolean() ? "b" : "c";
    for (int table = 0; table < TABLES; table++) {
      if (random.nextInt(3) == 0) {
        database.execute("UPDATE t" + table + " SET " + column + " = hash(" + column + ", a)");
      }
    }
    database.execute("INSERT INTO t1 VALUES (-1, " + random.nextInt(1 << 30) + ", 0)", "COMMIT");
  }

  /** How long the objects are that the head refers to, beside what it needs of them. */
  double share() throws IOException {
    return HeadGarbage.share(database);
  }

  /** Bytes that it has moved. */
  long moved() {
    return HeadGarbage.moved(database);
  }

  /** The process is killed, whatever it does. */
  void kill() throws SQLException {
    calls.end();
    database.abandon();
    database.closeDuckDb();
  }
}
