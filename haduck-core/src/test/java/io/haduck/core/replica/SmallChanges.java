package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.CommitReceipt;
import io.haduck.core.internal.compaction.CompactionRules;
import io.haduck.core.internal.log.ChangesetCodec;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.restore.RestoreTarget;
import io.haduck.core.store.FileObjectStore;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;

/**
 * A database of which a little is changed again and again, so that old objects hold little that is
 * needed still; and what it held after each commit.
 */
final class SmallChanges implements AutoCloseable {
  private static final int ROWS = 400_000;

  /** Whether it is compacted. */
  final AtomicBoolean compacts = new AtomicBoolean();

  final ReplicatedDatabase database;
  private final Path directory;
  private final NavigableMap<Long, String> recorded = new TreeMap<>();

  private SmallChanges(Path directory, UnaryOperator<ObjectStore> decorate) {
    this.directory = directory;
    this.database =
        ReplicatedDatabase.in(directory, decorate)
            .withSyncInterval(Duration.ofMillis(20))
            .withOptions(
                options -> options.withCompaction(new CompactionRules(compacts::get, 1 << 20, 1)));
  }

  /** A new database that is not compacted yet. */
  static SmallChanges begin(Path directory, UnaryOperator<ObjectStore> decorate) throws Exception {
    var changes = new SmallChanges(directory, decorate);
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = connection.createStatement()) {
      statement.execute("ATTACH '" + changes.database.file() + "' AS small (BLOCK_SIZE 16384)");
      statement.execute(
          "CREATE TABLE small.t AS SELECT range AS a, hash(range) AS b, hash(range + 1) AS c FROM range("
              + ROWS
              + ")");
    }
    changes.open();
    return changes;
  }

  /** The same files by another store. */
  static SmallChanges again(Path directory, UnaryOperator<ObjectStore> decorate) throws Exception {
    var changes = new SmallChanges(directory, decorate);
    changes.open();
    return changes;
  }

  private void open() throws Exception {
    database.open();
    database.execute("SET checkpoint_threshold = '1 TB'");
    database.awaitPosition();
    record(database.replicator().status().seq());
  }

  /** Changes a few rows of one of three row groups, with a checkpoint as a rule. */
  void change(Random random) throws Exception {
    String column = random.nextBoolean() ? "b" : "c";
    int from = random.nextInt(3) * 122_880 + random.nextInt(100_000);
    switch (random.nextInt(6)) {
      case 0 ->
          database.execute(
              "INSERT INTO t SELECT 0, hash(range), range FROM range("
                  + from
                  + ", "
                  + from
                  + " + 50)");
      case 1 -> database.execute("DELETE FROM t WHERE a = " + from);
      default -> {
        database.execute(
            "UPDATE t SET "
                + column
                + " = hash("
                + column
                + ") WHERE a BETWEEN "
                + from
                + " AND "
                + (from + 20));
        commit();
        database.execute("CHECKPOINT");
      }
    }
    commit();
  }

  /** Waits until it is in the log, and records what it is. */
  void commit() throws Exception {
    CommitReceipt receipt = database.awaitPosition();
    record(receipt == null ? database.replicator().status().seq() : receipt.seq());
  }

  private void record(long seq) throws Exception {
    recorded.put(seq, database.contents());
  }

  /** How long the objects are that the head refers to, beside what it needs of them. */
  double share() throws IOException {
    return HeadGarbage.share(database);
  }

  /** Bytes that were written to make the share less. */
  long moved() {
    return HeadGarbage.moved(database);
  }

  /** Fails unless each seq of the log holds what was recorded of it, or of the one before. */
  int assertAllRestorable() throws Exception {
    long last = WholeFile.headOf(database.replica()).position().seq();
    int compactions = 0;
    try (ObjectStore store = new FileObjectStore(database.replica())) {
      for (long seq = recorded.firstKey(); seq <= last; seq++) {
        Path restored = Files.createTempDirectory(directory, "at").resolve("my.duckdb");
        Restorer.create()
            .restore(RestoreRequest.latest(store, restored).at(new RestoreTarget.AtSeq(seq)));
        try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + restored)) {
          assertThat(ReplicatedDatabase.contentsOf(plain))
              .as("seq %s", seq)
              .isEqualTo(recorded.floorEntry(seq).getValue());
        }
        compactions += isCompaction(seq) ? 1 : 0;
      }
    }
    return compactions;
  }

  /** Whether a changeset names segments and is no commit: nothing here is large, nor rolled up. */
  boolean isCompaction(long seq) throws IOException {
    String key = LogKeys.changeset(seq);
    byte[] bytes = Files.readAllBytes(database.replica().resolve(key));
    var changeset = ChangesetCodec.decodeObject(key, bytes).changeset();
    return !changeset.kind().hasHeaders() && !changeset.segments().isEmpty();
  }

  @Override
  public void close() throws SQLException {
    database.close();
  }
}
