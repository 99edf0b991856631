package io.haduck.core.follower;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.haduck.core.LocalFileException;
import io.haduck.core.PositionToken;
import io.haduck.core.UnavailableException;
import io.haduck.core.store.FileObjectStore;
import io.haduck.testing.FaultInjectingStore;
import io.haduck.testing.FaultInjectingStore.Operation;
import java.sql.Connection;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A follower is closed while its store is slow; nobody waits for that, and nothing is left half.
 */
@Tag("compat")
class EndedFollowerTest extends FollowedReplica {
  /** The common pool of newer JDKs has one thread where there are two processors. */
  private static final Executor THREADS = task -> new Thread(task, "ended-follower").start();

  private final CountDownLatch answered = new CountDownLatch(1);
  private final CountDownLatch asked = new CountDownLatch(1);

  private final AtomicBoolean slow = new AtomicBoolean();
  private final AtomicBoolean interrupted = new AtomicBoolean();

  /** Does not answer some requests, once {@link #slow}. */
  private FaultInjectingStore slowStore(Predicate<Operation> which, boolean hearsInterrupts) {
    var store = new FaultInjectingStore(new FileObjectStore(database.replica()), 1);
    store.beforeCall(
        (operation, key) -> {
          if (slow.get() && which.test(operation)) {
            asked.countDown();
            awaitAnswer(hearsInterrupts);
          }
        });
    return store;
  }

  /** What a changeset brings, and not its head. */
  private static boolean fetches(Operation operation) {
    return operation == Operation.GET_RANGE
        && Thread.currentThread().getName().startsWith("haduck-restore");
  }

  private void awaitAnswer(boolean hearsInterrupts) {
    while (answered.getCount() > 0) {
      try {
        answered.await();
      } catch (InterruptedException e) {
        interrupted.set(true);
        if (hearsInterrupts) {
          Thread.currentThread().interrupt(); // as the S3 store does
          throw new UnavailableException("interrupted", e);
        }
      }
    }
  }

  private FollowerOptions optionsOf(FaultInjectingStore store) {
    return FollowerOptions.of(own, store).withPolling(Duration.ofMillis(10), Duration.ofMillis(20));
  }

  private static void close(Follower follower) {
    assertThat(CompletableFuture.runAsync(follower::close, THREADS))
        .as("closing waits for the store")
        .succeedsWithin(MINUTE);
  }

  @Test
  void close_whileALookIsNotAnswered_interruptsIt() throws Exception {
    write("CREATE TABLE t AS SELECT 1 AS a");
    try (var shown = new ShownDatabase()) {
      var follower = Follower.open(optionsOf(slowStore(Operation::reads, true)), shown);
      slow.set(true);
      asked.await();
      close(follower);
      assertThat(follower.status().state()).isEqualTo(FollowerStatus.State.CLOSED);
      await().atMost(MINUTE).untilTrue(interrupted);
      slow.set(false);
    }
    try (var shown = new ShownDatabase();
        Follower again = Follower.open(options(), shown)) {
      assertThat(shown.number("SELECT count(*) FROM t")).isEqualTo(1);
      assertThat(again.status().problem()).isNull();
    }
  }

  @Test
  void close_whileACopyIsWritten_leavesNoneThatCountsAsWhole() throws Exception {
    var table = new SealedTable(new Random(7));
    write(table.creation().toArray(String[]::new));
    try (var shown = new ShownDatabase()) {
      var follower = Follower.open(optionsOf(slowStore(EndedFollowerTest::fetches, true)), shown);
      await().atMost(MINUTE).until(() -> follower.status().copies() == 2);
      slow.set(true);
      for (int i = 0; i < 20; i++) {
        write(table.next().toArray(String[]::new));
      }
      asked.await();
      close(follower);
      slow.set(false);
      assertThat(wholeCopies()).as("the one that is shown").isEqualTo(1);
    }
    if (ShownDatabase.forThisDuckDb() == WalReplay.WITHOUT_INDEXES) {
      write("CHECKPOINT"); // DuckDB 1.4 may not replay what is before
    }
    try (var shown = new ShownDatabase();
        Follower again = Follower.open(options(), shown);
        Connection connection = shown.connect()) {
      awaitHead(again, head());
      assertThat(SealedTable.read(connection)).isEqualTo(table.number());
    }
  }

  private long wholeCopies() throws Exception {
    long whole = 0;
    for (int number = 1; number <= 2; number++) {
      var journal =
          new CopyJournal(
              own.resolveSibling("my.duckdb.haduck-follower/" + number + "/haduck-journal"));
      whole += journal.read().orElseThrow().isWhole() ? 1 : 0;
    }
    return whole;
  }

  /** What does not hear of it, such as a network file system, comes to its end by itself. */
  @Test
  void close_ofWhatHearsNoInterrupt_doesNotWait_andTheNextOneDoes() throws Exception {
    write("CREATE TABLE t AS SELECT 1 AS a");
    try (var shown = new ShownDatabase()) {
      var follower = Follower.open(optionsOf(slowStore(Operation::reads, false)), shown);
      slow.set(true);
      asked.await();
      close(follower);
    }
    try (var shown = new ShownDatabase()) {
      assertThatThrownBy(
              () ->
                  Follower.open(options().withWaiting(Duration.ofMillis(50), Duration.ZERO), shown))
          .isInstanceOf(LocalFileException.class)
          .hasMessageContaining("haduck-follower/lock");
      CompletableFuture<Follower> next =
          CompletableFuture.supplyAsync(() -> Follower.open(options(), shown), THREADS);
      answered.countDown();
      try (Follower again = next.get()) {
        assertThat(shown.number("SELECT count(*) FROM t")).isEqualTo(1);
        assertThat(again.status().problem()).isNull();
      }
    }
  }

  @Test
  void endedFollower_whoWaitsForAPosition_isToldThatItIsNotThere() throws Exception {
    write("CREATE TABLE t AS SELECT 1 AS a");
    try (var shown = new ShownDatabase()) {
      var follower = Follower.open(optionsOf(slowStore(Operation::reads, true)), shown);
      write("INSERT INTO t VALUES (2)");
      awaitHead(follower, head());
      var position = token();
      var later =
          new PositionToken(
              position.lineage(),
              position.epoch(),
              position.writer(),
              position.iteration(),
              position.walOffset() + 1);
      var outcome =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return follower.await(later, Duration.ofHours(1));
                } catch (InterruptedException e) {
                  throw new IllegalStateException(e);
                }
              },
              THREADS);
      slow.set(true);
      asked.await();
      close(follower);
      assertThat(outcome).succeedsWithin(MINUTE).isEqualTo(AwaitOutcome.TIMED_OUT);
    }
  }
}
