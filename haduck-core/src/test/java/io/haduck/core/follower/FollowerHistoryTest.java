package io.haduck.core.follower;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.haduck.core.store.FileObjectStore;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Random histories are followed under readers that hold long transactions and stream results:
 * whatever they see is a state that the writer committed. {@code -Dhaduck.follower.changesets=1000}
 * for more than a sample.
 */
@Tag("compat")
class FollowerHistoryTest {
  private static final Logger log = LoggerFactory.getLogger(FollowerHistoryTest.class);
  private static final int READERS = 3;
  private static final int EVERY = 20;

  /** DuckDB 1.4 and 1.5 do not replay each log read-only: docs/internals/followers.md. */
  private static final boolean REPLAYS_ALL = ShownDatabase.forThisDuckDb() == WalReplay.WHOLE;

  private final long seed = Long.getLong("haduck.seed", System.nanoTime());
  private final int changesets = Integer.getInteger("haduck.follower.changesets", 60);
  private final AtomicBoolean ended = new AtomicBoolean();
  private final Set<Long> seen = new TreeSet<>();
  private final AtomicLong reads = new AtomicLong();

  /** How often something newer was shown for which the writer waited. */
  private int awaited;

  private long lastSeq;

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(strings = {FollowedStorage.OLDEST, FollowedStorage.NEWEST})
  void history_followedUnderReaders_showsCommittedStatesOnly(String storageVersion)
      throws Exception {
    log.info("haduck.seed={}", seed);
    Path source = Files.createDirectory(directory.resolve("source"));
    Path own = Files.createDirectory(directory.resolve("own"));
    FollowedStorage.create(source.resolve("my.duckdb"), storageVersion);
    var table = new SealedTable(new Random(seed));
    ExecutorService threads = Executors.newCachedThreadPool();
    try (ReplicatedDatabase database =
            ReplicatedDatabase.in(source).withSyncInterval(Duration.ofMillis(20));
        var shown = new ShownDatabase()) {
      database.open();
      for (String sql : table.creation()) {
        database.execute(sql);
      }
      database.awaitInSync();
      var options =
          FollowerOptions.of(own.resolve("my.duckdb"), new FileObjectStore(database.replica()))
              .withPolling(Duration.ofMillis(10), Duration.ofMillis(50));
      try (Follower follower = Follower.open(options, shown)) {
        List<Future<?>> readers = new ArrayList<>();
        for (int reader = 0; reader < READERS; reader++) {
          int number = reader;
          readers.add(threads.submit(() -> read(shown, number)));
        }
        write(database, table, follower, readers);
        database.execute("CHECKPOINT"); // DuckDB 1.4 may not replay what is before, see the docs
        database.awaitInSync();
        long head = database.replicator().status().seq();
        await().atMost(Duration.ofMinutes(10)).until(() -> arrived(follower, head, readers));
        ended.set(true);
        for (Future<?> reader : readers) {
          reader.get();
        }
        // Readers may have held every copy until now.
        await().atMost(Duration.ofMinutes(10)).until(() -> follower.status().shown().seq() == head);
        try (Connection connection = shown.connect()) {
          assertThat(withoutIndexes(ReplicatedDatabase.contentsOf(connection)))
              .as("seed %s", seed)
              .isEqualTo(withoutIndexes(database.contents()));
        }
        log.info(
            FollowedStorage.figures(
                "history",
                storageVersion,
                seed,
                "%d changesets, %d shown, %d copies, %d reads of %d states"
                    .formatted(
                        head,
                        shown.shown().size(),
                        follower.status().copies(),
                        reads.get(),
                        seen.size())));
      }
      assertThat(shown.shown()).as("seed %s", seed).hasSizeGreaterThan(awaited);
      assertThat(awaited).as("seed %s", seed).isPositive();
    } finally {
      ended.set(true);
      threads.shutdown();
    }
  }

  private static boolean arrived(Follower follower, long head, List<Future<?>> readers)
      throws Exception {
    requireNoFailure(readers);
    return follower.status().headSeq() == head;
  }

  /** They read until the end, so one that is done has failed. */
  private static void requireNoFailure(List<Future<?>> readers) throws Exception {
    for (Future<?> reader : readers) {
      if (reader.isDone()) {
        reader.get();
      }
    }
  }

  private static String withoutIndexes(String contents) {
    return contents.replaceAll("index [^=]+=[^;]*;(, )?", "");
  }

  /** Waits for the follower now and then, or a busy machine would show it few states of many. */
  private void write(
      ReplicatedDatabase database, SealedTable table, Follower follower, List<Future<?>> readers)
      throws Exception {
    var random = new Random(seed + 1);
    long pause = EVERY;
    while (database.replicator().status().seq() < changesets) {
      for (String sql : table.next()) {
        database.execute(sql);
      }
      if (random.nextInt(3) == 0) {
        database.awaitPosition();
      }
      if (database.replicator().status().seq() >= pause) {
        pause = database.replicator().status().seq() + EVERY;
        awaitShown(follower, readers);
      }
    }
  }

  /** Until something newer is shown than the last time, or DuckDB does not open what is there. */
  private void awaitShown(Follower follower, List<Future<?>> readers) {
    long looks = follower.status().looks();
    await()
        .atMost(Duration.ofMinutes(10)) // readers may hold every copy, and a busy machine lets them
        .untilAsserted(
            () -> {
              requireNoFailure(readers);
              assertThat(isShown(follower) || (!REPLAYS_ALL && fails(follower, looks)))
                  .as("seed %s: newer than %s: %s", seed, lastSeq, follower.status())
                  .isTrue();
            });
    awaited += isShown(follower) ? 1 : 0;
    lastSeq = follower.status().shown().seq();
  }

  private boolean isShown(Follower follower) {
    return follower.status().shown().seq() > lastSeq;
  }

  private static boolean fails(Follower follower, long looks) {
    return follower.status().looks() > looks + 1
        && follower.status().state() == FollowerStatus.State.FAILING;
  }

  private void read(ShownDatabase shown, int number) {
    var random = new Random(seed + 10 + number);
    long last = -1;
    try (Connection connection = shown.connect()) {
      connection.setAutoCommit(false);
      while (!ended.get()) {
        long first = SealedTable.readSlowly(connection);
        if (first < last) {
          throw new IllegalStateException("went back from " + last + " to " + first);
        }
        for (int again = random.nextInt(number * 10 + 1); again > 0 && !ended.get(); again--) {
          long now = SealedTable.read(connection);
          if (now != first) {
            throw new IllegalStateException("one transaction saw " + first + " and " + now);
          }
        }
        connection.rollback();
        last = first;
        reads.incrementAndGet();
        synchronized (seen) {
          seen.add(first);
        }
      }
    } catch (java.sql.SQLException e) {
      throw new IllegalStateException("seed " + seed + ", reader " + number, e);
    }
  }
}
