package io.haduck.core.internal.opening;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.HaduckException;
import io.haduck.core.LocalFileException;
import io.haduck.core.internal.concurrent.Backoff;
import io.haduck.core.internal.fetch.RangeFetcher;
import io.haduck.core.internal.local.LocalFiles;
import io.haduck.core.internal.local.LocalRecord;
import io.haduck.core.internal.log.LoadProgress;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.settings.OpeningPolicy;
import io.haduck.core.store.FileObjectStore;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A replicated database that was closed, to be opened again when something has happened to it. */
abstract class OpenedAgain {
  static final String NO_CHECKPOINT = "PRAGMA disable_checkpoint_on_shutdown";

  @TempDir Path directory;
  ReplicatedDatabase database;

  /** The WAL as it was before the last of the commits that the log has. */
  byte[] firstCommits = new byte[0];

  /** What the database held when it was closed. */
  String before = "";

  @BeforeEach
  void makeAReplicatedDatabase() throws Exception {
    database = ReplicatedDatabase.open(directory);
    database.execute("CREATE TABLE t AS SELECT range AS a FROM range(1000)");
    database.checkpoint();
    database.stop();
  }

  @AfterEach
  void close() throws Exception {
    database.close();
  }

  /** Leaves commits in the WAL, all of which the log has, and one of which names blocks. */
  void leaveAWal() throws Exception {
    database.open();
    database.execute(NO_CHECKPOINT, "INSERT INTO t VALUES (1)");
    database.awaitPosition();
    firstCommits = Files.readAllBytes(wal());
    database.execute("CREATE TABLE bulk AS SELECT range AS a FROM range(300000)");
    database.execute("INSERT INTO t VALUES (2)");
    database.awaitPosition();
    before = database.contents();
    database.stop();
    assertThat(Files.size(wal())).isGreaterThan(firstCommits.length);
  }

  Path wal() {
    return database.file("my.duckdb.wal");
  }

  /** The replica takes what is committed from here on, and a restore of it holds the same. */
  void goesOn() throws Exception {
    if (database.isClosed()) {
      database.open();
    }
    database.execute("INSERT INTO t VALUES (100)");
    database.awaitPosition();
    assertThat(database.restoredContents()).isEqualTo(database.contents());
    database.checkpoint();
    assertThat(database.restoredContents()).isEqualTo(database.contents());
  }

  LocalRecord record() throws IOException {
    return LocalRecord.read(database.file("my.duckdb.haduck")).orElseThrow();
  }

  /** Returns what the local files are found to be, and opens nothing. */
  Verdict verdict() throws IOException {
    try (ObjectStore store = new FileObjectStore(directory.resolve("replica"))) {
      var log = new ReplicationLog(store);
      return new Reconciliation(
              LocalFiles.of(database.file()),
              store,
              log,
              new RangeFetcher(
                  store,
                  () -> new Backoff(Duration.ofMillis(1), Duration.ofMillis(1), new Random())),
              OpeningPolicy.DEFAULT)
          .judge(
              LocalRecord.read(database.file("my.duckdb.haduck")),
              log.loadLatest(LoadProgress.NONE))
          .verdict();
    }
  }

  /** Opening fails, and leaves the file as it is. */
  void refuses(Class<? extends HaduckException> type, String message) throws IOException {
    byte[] before =
        Files.exists(database.file("my.duckdb"))
            ? Files.readAllBytes(database.file("my.duckdb"))
            : new byte[0];
    assertThatThrownBy(database::open).isInstanceOf(type).hasMessageContaining(message);
    if (before.length > 0) {
      assertThat(Files.readAllBytes(database.file("my.duckdb"))).isEqualTo(before);
    } else {
      assertThat(Files.exists(database.file("my.duckdb")))
          .isEqualTo(type == LocalFileException.class && message.equals("empty file"));
    }
  }
}
