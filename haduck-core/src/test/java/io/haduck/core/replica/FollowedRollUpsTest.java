package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.haduck.core.follower.Follower;
import io.haduck.core.follower.FollowerOptions;
import io.haduck.core.follower.ShownDatabase;
import io.haduck.core.follower.WalReplay;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.restore.RestoreTarget;
import io.haduck.core.settings.OpeningPolicy;
import io.haduck.core.store.FileObjectStore;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A follower goes over roll-ups, thinned history, other writers and rewinds. */
@Tag("compat")
class FollowedRollUpsTest {
  @TempDir Path directory;
  private ReplicatedDatabase database;
  private ShownDatabase shown;
  private Path own;

  @BeforeEach
  void open() throws Exception {
    own = Files.createDirectory(directory.resolve("own")).resolve("my.duckdb");
    database =
        ReplicatedDatabase.in(Files.createDirectory(directory.resolve("source")))
            .withSyncInterval(Duration.ofMillis(20))
            .withOptions(options -> options.withRollUpAfter(4));
    database.open();
    database.execute("CREATE TABLE t AS SELECT range AS a FROM range(1000)");
    database.awaitInSync();
    shown = new ShownDatabase(WalReplay.WHOLE); // no indexes here
  }

  @AfterEach
  void close() throws Exception {
    shown.close();
    database.close();
  }

  private Follower follow() {
    return Follower.open(
        FollowerOptions.of(own, new FileObjectStore(database.replica()))
            .withPolling(Duration.ofMillis(10), Duration.ofMillis(100)),
        shown);
  }

  private void reopenShown() throws Exception {
    shown.close();
    shown = new ShownDatabase(WalReplay.WHOLE);
  }

  private void write(int commits) throws Exception {
    for (int i = 0; i < commits; i++) {
      database.execute(
          i % 9 == 8
              ? "INSERT INTO t SELECT range FROM range(123000)"
              : "INSERT INTO t VALUES (" + i + ")");
      database.awaitPosition();
    }
    database.awaitInSync();
  }

  private void assertFollowed(Follower follower) throws Exception {
    await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> follower.status().shown().seq() == database.replicator().status().seq());
    try (Connection connection = shown.connect()) {
      assertThat(ReplicatedDatabase.contentsOf(connection)).isEqualTo(database.contents());
    }
    assertThat(follower.status().problem()).isNull();
  }

  @Test
  void rollUps_areFollowed() throws Exception {
    try (Follower follower = follow()) {
      for (int round = 0; round < 4; round++) {
        write(7);
        assertFollowed(follower);
      }
    }
  }

  @Test
  void copyAtASeqThatWasThinnedOut_isComparedAndGoesOn() throws Exception {
    write(3);
    long from;
    try (Follower follower = follow()) {
      assertFollowed(follower);
      from = follower.status().shown().seq();
    }
    // Without blocks, to which the checkpoint would refer.
    for (int i = 0; i < 20; i++) {
      write(1);
    }
    database.execute("CHECKPOINT");
    database.awaitPosition();
    long to = database.replicator().status().seq();
    for (long seq = 2; seq < to; seq++) {
      Path object = database.replica().resolve(LogKeys.changeset(seq));
      if (seq >= from && Files.exists(object)) {
        Files.delete(object);
      }
    }
    write(3);
    reopenShown();
    try (Follower follower = follow()) {
      assertFollowed(follower);
    }
  }

  @Test
  void anotherWriter_isFollowed() throws Exception {
    try (Follower follower = follow()) {
      for (int round = 0; round < 3; round++) {
        write(3);
        database.reopen();
        write(2);
        assertFollowed(follower);
      }
      assertThat(follower.status().shown().epoch()).isEqualTo(4);
    }
  }

  @Test
  void rewind_isFollowed() throws Exception {
    database.execute("PRAGMA disable_checkpoint_on_shutdown");
    write(3);
    database.checkpoint();
    write(3);
    database.awaitInSync();
    final long point = database.replicator().status().seq();
    String contents = database.contents();
    try (Follower follower = follow()) {
      write(5);
      database.checkpoint();
      write(2);
      assertFollowed(follower);
      database.stop();
      database.deleteLocalFiles();
      try (ObjectStore store = new FileObjectStore(database.replica())) {
        Restorer.create()
            .restore(
                RestoreRequest.latest(store, database.file()).at(new RestoreTarget.AtSeq(point)));
      }
      database.withPolicy(OpeningPolicy.DEFAULT.rewinding());
      database.open();
      database.withPolicy(OpeningPolicy.DEFAULT);
      database.awaitInSync();
      assertThat(database.contents()).isEqualTo(contents);
      assertFollowed(follower);
      write(3);
      assertFollowed(follower);
    }
  }
}
