package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.haduck.core.follower.Follower;
import io.haduck.core.follower.FollowerOptions;
import io.haduck.core.follower.ShownDatabase;
import io.haduck.core.follower.WalReplay;
import io.haduck.core.internal.log.LiveObject;
import io.haduck.core.internal.log.LiveObjects;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.store.FileObjectStore;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.verify.Verifier;
import io.haduck.core.verify.VerifyProgress;
import io.haduck.testing.FaultInjectingStore;
import io.haduck.testing.FaultInjectingStore.Fault;
import io.haduck.testing.FaultInjectingStore.Operation;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Garbage at the head is emptied, and nothing that was there is lost. */
@Tag("compat")
class CompactionTest {
  private static final double ENOUGH = 1.5;

  @TempDir Path directory;
  private Random random = new Random(1);

  @BeforeEach
  void draw() {
    long seed = Long.getLong("haduck.seed", System.nanoTime());
    System.out.println("compactions with -Dhaduck.seed=" + seed);
    random = new Random(seed);
  }

  private void makeGarbage(SmallChanges changes) throws Exception {
    for (int i = 0; i < 12 || changes.share() <= 1.6; i++) {
      changes.change(random);
    }
  }

  /** What was written since it was looked at last may be garbage by now. */
  private static void awaitCompacted(SmallChanges changes) {
    await()
        .atMost(Duration.ofMinutes(1))
        .ignoreExceptionsInstanceOf(UncheckedIOException.class)
        .until(() -> share(changes) <= ENOUGH);
  }

  private static double share(SmallChanges changes) {
    try {
      return changes.share();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void assertHead(SmallChanges changes) throws Exception {
    changes.database.awaitInSync();
    assertThat(changes.database.restoredContents()).isEqualTo(changes.database.contents());
  }

  @Test
  void smallChanges_leaveLittleGarbage_andEverySeqIsWhatItWas() throws Exception {
    try (SmallChanges changes = SmallChanges.begin(directory, store -> store)) {
      makeGarbage(changes);
      double before = changes.share();
      assertThat(changes.moved()).isZero();
      changes.compacts.set(true);
      changes.change(random);
      awaitCompacted(changes);
      System.out.printf(
          "share %.2f before, %.2f after, %,d bytes moved%n",
          before, changes.share(), changes.moved());
      for (int i = 0; i < 12; i++) {
        changes.change(random);
      }
      changes.database.awaitInSync();
      assertThat(changes.moved()).isPositive();
      assertThat(changes.assertAllRestorable()).as("compactions").isPositive();
      assertVerified(changes);
      changes.database.reopen();
      assertHead(changes);
      changes.change(random);
      changes.database.stop();
      WholeFile.of(changes.database.file())
          .assertIs(WholeFile.headOf(changes.database.replica()), "closed");
    }
  }

  private static void assertVerified(SmallChanges changes) {
    try (ObjectStore store = new FileObjectStore(changes.database.replica())) {
      assertThat(Verifier.create().run(store, VerifyProgress.none()).findings()).isEmpty();
    }
  }

  @Test
  void anIdleDatabase_isCompactedNoFurther_andAsksForNothing() throws Exception {
    var counted = new FaultInjectingStore[1];
    try (SmallChanges changes =
        SmallChanges.begin(directory, store -> counted[0] = new FaultInjectingStore(store, 1))) {
      makeGarbage(changes);
      changes.compacts.set(true);
      changes.change(random);
      awaitCompacted(changes);
      changes.database.awaitInSync();
      var calls = new AtomicLong();
      await()
          .atMost(Duration.ofSeconds(30))
          .pollInterval(Duration.ofSeconds(3))
          .until(() -> calls.getAndSet(counted[0].calls()) == counted[0].calls());
      long moved = changes.moved();
      changes.compacts.set(false);
      for (int i = 0; i < 12; i++) {
        changes.change(random);
      }
      assertThat(changes.moved()).as("nobody sweeps").isEqualTo(moved);
    }
  }

  @Test
  void followers_goOverIt() throws Exception {
    Path own = Files.createDirectory(directory.resolve("own")).resolve("my.duckdb");
    Path source = Files.createDirectory(directory.resolve("source"));
    try (SmallChanges changes = SmallChanges.begin(source, store -> store);
        ShownDatabase shown = new ShownDatabase(WalReplay.WHOLE);
        Follower follower =
            Follower.open(
                FollowerOptions.of(own, new FileObjectStore(changes.database.replica()))
                    .withPolling(Duration.ofMillis(10), Duration.ofMillis(100)),
                shown)) {
      changes.compacts.set(true);
      for (int round = 0; round < 4; round++) {
        for (int i = 0; i < 6; i++) {
          changes.change(random);
        }
        changes.database.awaitInSync();
        await()
            .atMost(Duration.ofMinutes(1))
            .until(
                () ->
                    follower.status().shown().seq()
                        == changes.database.replicator().status().seq());
        try (Connection connection = shown.connect()) {
          assertThat(ReplicatedDatabase.contentsOf(connection))
              .isEqualTo(changes.database.contents());
        }
        assertThat(follower.status().problem()).isNull();
      }
      assertThat(changes.moved()).isPositive();
    }
  }

  /** Stops who writes the first segment until it may go on. */
  private static final class Pause {
    final AtomicBoolean armed = new AtomicBoolean();
    final CountDownLatch reached = new CountDownLatch(1);
    final CountDownLatch over = new CountDownLatch(1);

    ObjectStore in(ObjectStore store) {
      return new FaultInjectingStore(store, 1)
          .afterCall(
              (operation, key) -> {
                if (operation == Operation.PUT
                    && key.startsWith("segment/")
                    && armed.compareAndSet(true, false)) {
                  reached.countDown();
                  try {
                    assertThat(over.await(1, TimeUnit.MINUTES)).isTrue();
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                }
              });
    }

    void reach(SmallChanges changes, Random random) throws Exception {
      changes.compacts.set(true);
      armed.set(true);
      changes.change(random);
      assertThat(reached.await(1, TimeUnit.MINUTES)).isTrue();
    }
  }

  @Test
  void checkpoint_whileBlocksAreMoved_doesNotWait_andTheyAreMovedAgain() throws Exception {
    var pause = new Pause();
    try (SmallChanges changes = SmallChanges.begin(directory, pause::in)) {
      makeGarbage(changes);
      pause.reach(changes, random);
      changes.database.execute("INSERT INTO t VALUES (-1, 2, 3)");
      changes.commit();
      changes.database.execute("CHECKPOINT");
      changes.commit();
      long seq = changes.database.replicator().status().seq();
      pause.over.countDown();
      awaitCompacted(changes);
      changes.change(random);
      assertHead(changes);
      assertThat(changes.database.replicator().status().seq()).isGreaterThan(seq);
      assertThat(changes.assertAllRestorable()).isPositive();
      assertThat(segmentsThatNothingNames(changes)).isNotEmpty();
    }
  }

  @Test
  void commits_whileBlocksAreMoved_doNotWait_andTheBlocksAreUsed() throws Exception {
    var pause = new Pause();
    try (SmallChanges changes = SmallChanges.begin(directory, pause::in)) {
      makeGarbage(changes);
      pause.reach(changes, random);
      for (int i = 0; i < 3; i++) {
        changes.database.execute("INSERT INTO t VALUES (-1, 2, 3)");
        changes.commit();
      }
      pause.over.countDown();
      awaitCompacted(changes);
      assertHead(changes);
      assertThat(changes.assertAllRestorable()).isPositive();
    }
  }

  @Test
  void anotherWriter_whileBlocksAreMoved_fencesIt_andNothingNamesTheSegment() throws Exception {
    var pause = new Pause();
    SmallChanges changes = SmallChanges.begin(directory, pause::in);
    makeGarbage(changes);
    pause.reach(changes, random);
    String theirs;
    Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
    try (var other = ReplicatedDatabase.open(elsewhere, changes.database.replica())) {
      other.execute("INSERT INTO t VALUES (-2, 2, 3)");
      other.checkpoint();
      theirs = other.contents();
      LogState head = WholeFile.headOf(changes.database.replica());
      pause.over.countDown();
      await().until(() -> changes.database.replicator().fenced() != null);
      assertThat(WholeFile.headOf(changes.database.replica()).position())
          .isEqualTo(head.position());
    }
    assertThat(segmentsThatNothingNames(changes)).isNotEmpty();
    changes.database.abandon();
    changes.database.closeDuckDb();
    assertThat(changes.database.restoredContents()).isEqualTo(theirs);
  }

  private static List<String> segmentsThatNothingNames(SmallChanges changes) throws IOException {
    Path replica = changes.database.replica();
    LogState head = WholeFile.headOf(replica);
    List<String> named = LiveObjects.of(head).stream().map(LiveObject::key).toList();
    try (Stream<Path> files = Files.list(replica.resolve("segment"))) {
      return files
          .map(file -> replica.relativize(file).toString())
          .filter(key -> !named.contains(key))
          .toList();
    }
  }

  @Test
  void faultsOfAnyKind_loseNothing() throws Exception {
    var faulty = new FaultInjectingStore[1];
    try (SmallChanges changes =
        SmallChanges.begin(
            directory, store -> faulty[0] = new FaultInjectingStore(store, random.nextLong()))) {
      changes.compacts.set(true);
      faulty[0]
          .rate(Fault.ERROR_BEFORE, 0.1)
          .rate(Fault.LOST_RESPONSE, 0.1)
          .rate(Fault.LATE, 0.05)
          .rate(Fault.DUPLICATE, 0.05);
      for (int i = 0; i < 40; i++) {
        changes.change(random);
      }
      faulty[0].heal();
      faulty[0].deliverLate();
      changes.change(random);
      assertHead(changes);
      changes.assertAllRestorable();
      assertVerified(changes);
    }
  }
}
