package io.haduck.core.follower;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.haduck.core.internal.concurrent.Backoff;
import io.haduck.core.internal.local.FileSteps;
import io.haduck.core.internal.local.LocalFiles;
import io.haduck.core.store.FileObjectStore;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A follower ends before each of its changes to a file, and begins again with what lies there. What
 * was written stays, as when a process is killed. {@code -Dhaduck.follower.kills=100} for more than
 * a sample.
 */
@Tag("compat")
class FollowerKilledTest {
  private static final Logger log = LoggerFactory.getLogger(FollowerKilledTest.class);

  private final long seed = Long.getLong("haduck.seed", System.nanoTime());
  private final int kills = Integer.getInteger("haduck.follower.kills", 8);
  private final Random random = new Random(seed);
  private final Set<String> killedBefore = new TreeSet<>();

  @TempDir Path directory;

  /** Ends a life. */
  private static final class Killed extends Error {
    private static final long serialVersionUID = 1L;
  }

  private final class Kill implements FileSteps {
    private int left;

    Kill(int left) {
      this.left = left;
    }

    @Override
    public void before(String change) {
      if (left-- == 0) {
        killedBefore.add(change);
        throw new Killed();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {FollowedStorage.OLDEST, FollowedStorage.NEWEST})
  void follower_killedBeforeAnyStep_comesBackWhole(String storageVersion) throws Exception {
    log.info("haduck.seed={}", seed);
    Path source = Files.createDirectory(directory.resolve("source"));
    Path own = Files.createDirectory(directory.resolve("own"));
    FollowedStorage.create(source.resolve("my.duckdb"), storageVersion);
    var table = new SealedTable(new Random(seed));
    try (ReplicatedDatabase database =
            ReplicatedDatabase.in(source).withSyncInterval(Duration.ofMillis(20));
        ObjectStore store = new FileObjectStore(database.replica())) {
      database.open();
      for (String sql : table.creation()) {
        database.execute(sql);
      }
      int killed = 0;
      int lives = 0;
      while (killed < kills) {
        lives++;
        killed += live(database, table, store, own) ? 1 : 0;
      }
      log.info(
          FollowedStorage.figures(
              "killed",
              storageVersion,
              seed,
              "%d lives, %d kills, before: %s".formatted(lives, killed, killedBefore)));
    }
    assertThat(killedBefore).hasSizeGreaterThan(Math.min(8, kills / 4));
  }

  /** Returns whether it was killed. */
  private boolean live(ReplicatedDatabase database, SealedTable table, ObjectStore store, Path own)
      throws Exception {
    boolean killed = false;
    try (var shown = new ShownDatabase()) {
      change(database, table);
      Following following = following(store, own, shown, new Kill(random.nextInt(45)));
      try {
        following.begin();
        following.start();
        for (int round = 0; round < 4; round++) {
          assertThat(following.status(false).problem())
              .as("seed %s", seed)
              .matches(problem -> problem == null || doesNotReplayAll());
          change(database, table);
          following.round(false);
        }
      } catch (Killed e) {
        killed = true;
      }
    }
    if (doesNotReplayAll()) {
      database.execute("CHECKPOINT");
      database.awaitPosition();
      database.awaitInSync();
    }
    try (var shown = new ShownDatabase()) {
      Following following = following(store, own, shown, FileSteps.untold());
      following.begin();
      assertThatCode(following::start).as("seed %s", seed).doesNotThrowAnyException();
      assertThat(following.shown().position()).isEqualTo(following.head().position());
      try (Connection connection = shown.connect()) {
        assertThat(SealedTable.read(connection)).as("seed %s", seed).isEqualTo(table.number());
      }
    }
    return killed;
  }

  /** DuckDB 1.4 writes when it replays more than a row group: docs/internals/followers.md. */
  private static boolean doesNotReplayAll() {
    return ShownDatabase.forThisDuckDb() == WalReplay.WITHOUT_INDEXES;
  }

  private void change(ReplicatedDatabase database, SealedTable table) throws Exception {
    for (int change = random.nextInt(4); change >= 0; change--) {
      for (String sql : table.next()) {
        database.execute(sql);
      }
    }
    database.awaitPosition();
    database.awaitInSync();
  }

  private static Following following(
      ObjectStore store, Path own, ShownDatabase shown, FileSteps steps) throws Exception {
    Path directory = Files.createDirectories(own.resolve("my.duckdb.haduck-follower"));
    return new Following(
        FollowerOptions.of(own.resolve("my.duckdb"), store)
            .withSteps(steps)
            .withClocks(() -> 0, InstantSource.fixed(Instant.EPOCH)),
        LocalFiles.of(own.resolve("my.duckdb")),
        directory.toRealPath(),
        shown,
        () -> new Backoff(Duration.ofMillis(1), Duration.ofMillis(10), new Random(1)));
  }
}
