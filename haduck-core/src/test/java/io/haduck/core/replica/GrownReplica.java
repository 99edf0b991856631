package io.haduck.core.replica;

import io.haduck.core.CommitReceipt;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.internal.log.MemoryStore;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * A replica of a real database, in memory, as it was at three moments of its life; what the
 * database held at each seq of the log; and its files as they were at the first moment.
 */
final class GrownReplica {
  /** Of the last hundred changesets none is ever deleted. */
  private static final int NEAR_HEAD = 110;

  private final Path volume;
  private final MemoryStore memory = new MemoryStore();
  private final NavigableMap<Long, String> contents = new TreeMap<>();
  private final NavigableMap<Long, Instant> times = new TreeMap<>();
  private final List<Stage> stages = new ArrayList<>();
  private int rows;

  /** All that is there at a moment. */
  private record Stage(
      long head, Map<String, byte[]> objects, Map<String, Instant> modified, Instant now) {}

  /**
   * One that grows, on a clock of its own.
   *
   * @param directory for its files
   */
  GrownReplica(Path directory) throws Exception {
    memory.page = 100;
    volume = Files.createDirectory(directory.resolve("volume"));
    ReplicatedDatabase database = database(volume, memory, memory);
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = connection.createStatement()) {
      statement.execute("ATTACH '" + database.file() + "' AS small (BLOCK_SIZE 16384)");
      statement.execute("CREATE TABLE small.t AS SELECT range AS a FROM range(10)");
    }
    database.open();
    note(database);
    for (int i = 0; i < 6; i++) {
      change(database);
      insert(database);
      insert(database);
    }
    String last = database.contents();
    database.stop();
    contents.put(head(memory), last);
    keep();
    // On another disk, so that nobody writes to those files any more.
    Path writer = Files.createDirectory(directory.resolve("writer"));
    ReplicatedDatabase later = database(writer, memory, memory);
    later.open();
    note(later);
    for (int stage = 0; stage < 2; stage++) {
      for (int i = 0; i < NEAR_HEAD; i++) {
        insert(later);
        if (i % 30 == 5) {
          change(later);
        }
      }
      keep();
    }
    later.stop();
  }

  /** A database on a clock. */
  static ReplicatedDatabase database(Path directory, ObjectStore replica, MemoryStore clock) {
    return ReplicatedDatabase.in(directory, unused -> replica)
        .withSyncInterval(Duration.ofMillis(20))
        .withOptions(options -> options.withClock(clock::now).withRollUpAfter(12));
  }

  /** Puts the files there as they were at the first moment; the database is the very same file. */
  void putVolume(Path to) throws IOException {
    put(to, (file, there) -> Files.createLink(there, file));
  }

  /** Copies the files there as they were at the first moment. */
  void copyVolume(Path to) throws IOException {
    put(to, Files::copy);
  }

  /** How a file comes somewhere. */
  private interface Way {
    Path put(Path file, Path there) throws IOException;
  }

  private void put(Path to, Way database) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(volume, "my.duckdb*")) {
      for (Path file : files) {
        Way way = file.endsWith("my.duckdb") ? database : Files::copy;
        Path unused = way.put(file, to.resolve(file.getFileName()));
      }
    }
  }

  private void change(ReplicatedDatabase database) throws Exception {
    memory.advance(Duration.ofHours(7));
    database.execute(
        "CREATE OR REPLACE TABLE u AS SELECT hash(range + " + rows++ + ") AS b FROM range(8000)");
    note(database);
    database.execute("CHECKPOINT");
    note(database);
  }

  private void insert(ReplicatedDatabase database) throws Exception {
    memory.advance(Duration.ofMinutes(3));
    database.execute("INSERT INTO t VALUES (" + rows++ + ")");
    note(database);
  }

  private void note(ReplicatedDatabase database) throws InterruptedException, SQLException {
    CommitReceipt receipt = database.awaitPosition();
    if (receipt == null) {
      database.awaitInSync();
    }
    long seq = receipt == null ? database.replicator().status().seq() : receipt.seq();
    contents.put(seq, database.contents());
    if (receipt != null) {
      times.put(seq, receipt.time());
    }
  }

  private void keep() {
    stages.add(
        new Stage(
            head(memory),
            new TreeMap<>(memory.objects),
            new TreeMap<>(memory.modified),
            memory.now()));
  }

  /** The last seq of a log. */
  static long head(ObjectStore store) {
    return new ReplicationLog(store).lastSeq(0);
  }

  /** The last seq at a moment. */
  long headAt(int moment) {
    return stages.get(moment).head();
  }

  /** What the database held at a seq. */
  String contentsAt(long seq) {
    return contents.floorEntry(seq).getValue();
  }

  /** When a seq was committed. */
  Instant time(long seq) {
    return times.get(seq);
  }

  /** The seqs of commits up to the first moment, ascending. */
  List<Long> early() {
    return List.copyOf(times.headMap(headAt(0), true).keySet());
  }

  /** Another one that is what this was at a moment. */
  MemoryStore at(int moment) {
    Stage stage = stages.get(moment);
    var copy = new MemoryStore();
    copy.page = memory.page;
    copy.objects.putAll(stage.objects());
    copy.modified.putAll(stage.modified());
    copy.advance(Duration.between(copy.now(), stage.now()));
    return copy;
  }

  /**
   * The writer has gone on to a moment, unless it was fenced.
   *
   * @param copy as this was at the moment before, whatever was deleted of that
   * @return whether it has
   */
  boolean goOn(MemoryStore copy, int moment) {
    Stage before = stages.get(moment - 1);
    if (copy.objects.containsKey(LogKeys.changeset(before.head() + 1))) {
      return false;
    }
    Stage stage = stages.get(moment);
    stage
        .objects()
        .forEach(
            (key, bytes) -> {
              if (!before.objects().containsKey(key)) {
                copy.objects.put(key, bytes);
                copy.modified.put(key, copy.now());
              }
            });
    copy.advance(Duration.between(before.now(), stage.now()));
    return true;
  }
}
