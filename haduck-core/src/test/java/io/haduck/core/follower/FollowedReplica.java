package io.haduck.core.follower;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.haduck.core.PositionToken;
import io.haduck.core.internal.log.LoadProgress;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.store.FileObjectStore;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A database with a replica, for tests that follow it. */
abstract class FollowedReplica {
  static final Duration MINUTE = Duration.ofMinutes(1);

  @TempDir Path directory;
  ReplicatedDatabase database;
  Path own;
  Path source;

  @BeforeEach
  void makeADatabase() throws Exception {
    own = Files.createDirectory(directory.resolve("own")).resolve("my.duckdb");
    source = Files.createDirectory(directory.resolve("source"));
    database = ReplicatedDatabase.in(source).withSyncInterval(Duration.ofMillis(20));
  }

  @AfterEach
  void close() throws Exception {
    database.close();
  }

  void write(String... statements) throws Exception {
    if (database.isClosed()) {
      database.open();
    }
    database.execute(statements);
    database.awaitPosition();
    database.awaitInSync();
  }

  FollowerOptions options() {
    return options(own);
  }

  FollowerOptions options(Path file) {
    return FollowerOptions.of(file, new FileObjectStore(database.replica()))
        .withPolling(Duration.ofMillis(10), Duration.ofMillis(100));
  }

  static void awaitHead(Follower follower, long seq) {
    await()
        .atMost(MINUTE)
        .untilAsserted(() -> assertThat(follower.status().shown().seq()).isEqualTo(seq));
  }

  long head() {
    return database.replicator().status().seq();
  }

  PositionToken token() {
    try (ObjectStore store = new FileObjectStore(database.replica())) {
      LogState head = new ReplicationLog(store).loadLatest(LoadProgress.NONE).orElseThrow();
      return new PositionToken(
          head.lineage(),
          head.epoch(),
          head.nonce(),
          head.identity().iteration(),
          head.wal().length());
    }
  }
}
