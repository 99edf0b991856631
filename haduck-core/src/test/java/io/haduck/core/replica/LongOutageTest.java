package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.haduck.core.internal.capture.UploadLimits;
import io.haduck.testing.FaultInjectingStore;
import io.haduck.testing.FaultInjectingStore.Fault;
import io.haduck.testing.FaultInjectingStore.Operation;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import javax.management.ObjectName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The store is gone for hours, by clocks that the test holds, while DuckDB goes on writing. A
 * longer one by {@code -Dhaduck.outage.rounds=5000}: each is a quarter of a minute.
 */
@Timeout(600)
class LongOutageTest {
  private static final Duration ROUND = Duration.ofSeconds(15);
  private static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");

  @TempDir Path directory;

  private final AtomicLong nanos = new AtomicLong();
  private FaultInjectingStore store;

  private ReplicatedDatabase open() throws SQLException {
    return open(Duration.ofMillis(200));
  }

  private ReplicatedDatabase open(Duration syncInterval) throws SQLException {
    ReplicatedDatabase database =
        ReplicatedDatabase.in(directory, files -> store = new FaultInjectingStore(files, 1))
            .withSyncInterval(syncInterval)
            .withOptions(
                options ->
                    options.withClock(() -> BEGIN.plusNanos(nanos.get())).withTicker(nanos::get));
    database.open();
    return database;
  }

  /** A quarter of a minute passes, after which it is tried again. */
  private void pass(ReplicatedDatabase database) {
    long before = store.calls();
    await()
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(2))
        .atMost(Duration.ofSeconds(30))
        .until(
            () -> {
              nanos.addAndGet(ROUND.toNanos() / 5);
              database.replicator().changed();
              database.replicator().wakeWaiters();
              return store.calls() > before;
            });
  }

  /** What there is of us at one time. */
  private record Footprint(
      long objects, long heap, long threads, long descriptors, long record, long wal) {}

  private Footprint footprint(ReplicatedDatabase database) throws Exception {
    String histogram =
        (String)
            ManagementFactory.getPlatformMBeanServer()
                .invoke(
                    new ObjectName("com.sun.management:type=DiagnosticCommand"),
                    "gcClassHistogram",
                    new Object[] {new String[0]},
                    new String[] {String[].class.getName()});
    long objects = 0;
    long heap = 0;
    for (String line : histogram.lines().toList()) {
      String[] words = line.trim().split("\\s+", 4);
      if (words.length == 4 && words[3].startsWith("io.haduck.")) {
        objects += Long.parseLong(words[1]);
      } else if (words.length >= 3 && words[0].equals("Total")) {
        heap = Long.parseLong(words[2]);
      }
    }
    long threads =
        Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> thread.getName().startsWith("haduck"))
            .count();
    return new Footprint(
        objects,
        heap,
        threads,
        openDescriptors(),
        Files.size(database.file("my.duckdb.haduck")),
        Files.exists(database.file("my.duckdb.wal"))
            ? Files.size(database.file("my.duckdb.wal"))
            : 0);
  }

  private static long openDescriptors() throws IOException {
    try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
      return all.count();
    }
  }

  @Test
  void hoursWithoutTheStore_letNothingGrow_andAreCaughtUpAtOnce() throws Exception {
    int rounds = Integer.getInteger("haduck.outage.rounds", 400);
    try (var database = open()) {
      database.execute(
          "SET checkpoint_threshold = '1MB'",
          "CREATE TABLE t AS SELECT range AS a, range::VARCHAR AS b FROM range(1000)");
      database.checkpoint();
      database.awaitInSync();
      long commits = database.replicator().status().commits();
      long sent = store.bytesWritten();
      Instant began = BEGIN.plusNanos(nanos.get());
      store.outage(true);
      Footprint early = null;
      for (int round = 0; round < rounds; round++) {
        // What is there stays as large as it is, so that only what grows by itself does.
        database.execute(
            "UPDATE t SET b = md5((a + " + round + ")::VARCHAR) WHERE a % 3 = " + round % 3);
        pass(database);
        if (round == rounds / 4) {
          early = footprint(database);
        }
      }
      Footprint late = footprint(database);
      System.out.println(rounds + " rounds without a store, early " + early + ", late " + late);
      ReplicatorStatus status = database.replicator().status();
      assertThat(status.state()).isEqualTo(ReplicatorStatus.State.FAILING);
      assertThat(status.failingSince()).isBetween(began, began.plus(ROUND.multipliedBy(2)));
      assertThat(status.lastError()).contains("injected fault", "did not arrive");
      assertThat(status.lag()).isGreaterThan(ROUND.multipliedBy(rounds / 5));
      assertThat(status.missedIterations()).isZero();
      assertThat(store.bytesWritten()).isEqualTo(sent);

      assertThat(late.objects()).isLessThan(early.objects() + 500);
      assertThat(late.heap()).isLessThan(early.heap() + (8 << 20));
      assertThat(late.threads()).isLessThanOrEqualTo(early.threads() + 4);
      assertThat(late.descriptors()).isLessThanOrEqualTo(early.descriptors() + 3);
      assertThat(late.record()).isLessThan(80_000);
      assertThat(late.wal()).as("DuckDB checkpoints by itself").isLessThan(4 << 20);

      store.heal();
      pass(database);
      await()
          .until(
              () -> {
                nanos.addAndGet(ROUND.toNanos());
                database.replicator().wakeWaiters();
                return database.replicator().status().state() == ReplicatorStatus.State.IN_SYNC;
              });
      assertThat(database.replicator().status().failingSince()).isNull();
      assertThat(database.replicator().status().commits() - commits).isBetween(1L, 3L);
      assertThat(database.restoredContents()).isEqualTo(database.contents());
      try (Stream<Path> all = Files.walk(database.replica())) {
        assertThat(all.map(path -> path.getFileName().toString()))
            .noneMatch(name -> name.startsWith(".haduck-tmp"));
      }
    }
  }

  @Test
  void whileTimeStandsStill_nothingIsTriedAgain_howeverMuchHappens() throws Exception {
    try (var database = open()) {
      database.execute("CREATE TABLE t(a INTEGER)");
      database.checkpoint();
      database.awaitInSync();
      store.outage(true);
      database.execute("INSERT INTO t VALUES (1)");
      for (int round = 0; round < 8; round++) {
        pass(database);
      }
      await().until(() -> database.replicator().status().failingSince() != null);
      long calls = store.calls();
      for (int i = 0; i < 100; i++) {
        database.execute("INSERT INTO t VALUES (2)", "CHECKPOINT");
        SyncResult result =
            database
                .replicator()
                .await(database.replicator().position(), Duration.ofMillis(5), () -> false);
        assertThat(result.reached()).isFalse();
        assertThat(result.problem()).isNotNull();
      }
      // One more at most, which reads the log's last changeset five times before it gives up.
      assertThat(store.calls() - calls).as("calls while no time passed").isLessThanOrEqualTo(5);
      store.heal();
      pass(database);
    }
  }

  /** All segments arrive and the changeset does not, for hours. */
  @Test
  void segmentsOfACommitThatIsRefused_areSentOnce() throws Exception {
    try (var database = open()) {
      database.execute("CREATE TABLE t(a BIGINT, b UBIGINT)");
      database.checkpoint();
      database.awaitInSync();
      store.rate(Operation.PUT_IF_ABSENT, Fault.ERROR_BEFORE, 1);
      database.execute("INSERT INTO t SELECT range, hash(range) FROM range(3000000)", "CHECKPOINT");
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> database.replicator().status().state() == ReplicatorStatus.State.FAILING);
      long puts = store.calls(Operation.PUT);
      assertThat(puts).isPositive();
      for (int round = 0; round < 50; round++) {
        database.execute("INSERT INTO t VALUES (" + round + ", 0)");
        pass(database);
      }
      assertThat(store.calls(Operation.PUT)).isEqualTo(puts);
      store.heal();
      pass(database);
      database.awaitInSync();
      assertThat(database.restoredContents()).isEqualTo(database.contents());
    }
  }

  /** What arrived beside it is referred to, also what the WAL holds. */
  @Test
  void segmentsBesideOneThatFailed_areNotSentAgain() throws Exception {
    try (var database = open(Duration.ofHours(1))) {
      database.execute(
          "SET checkpoint_threshold = '1GB'", "CREATE TABLE t(a BIGINT, b UBIGINT, c UBIGINT)");
      database.checkpoint();
      database.awaitInSync();
      long before = store.bytesWritten();
      long committed = database.replicator().status().bytesSent();
      long segment = UploadLimits.forThisMachine().segmentBytes();
      long rows = 5 * segment / 2 / 16;
      // Not the first: others are on their way before it fails, which ends the capture.
      for (int attempt = 0; attempt < 4; attempt++) {
        store.failNext(
            (operation, key) -> operation == Operation.PUT && key.endsWith("-1.segment"),
            Fault.ERROR_BEFORE);
      }
      // Fewer than a row group has each, so that they go into the WAL.
      for (long at = 0; at < rows; at += 100_000) {
        database.executeUntold(
            "INSERT INTO t SELECT range, hash(range), hash(range + 1) FROM range("
                + at
                + ", "
                + (at + 100_000)
                + ")");
      }
      nanos.addAndGet(Duration.ofHours(1).toNanos());
      database.replicator().wakeWaiters();
      database.replicator().changed();
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> database.replicator().status().state() == ReplicatorStatus.State.FAILING);
      assertThat(store.bytesWritten() - before).as("sent at first").isGreaterThan(1 << 20);
      pass(database);
      database.awaitInSync();
      long useful = database.replicator().status().bytesSent() - committed;
      assertThat(store.bytesWritten() - before).isLessThan(useful + useful / 10);
      assertThat(database.restoredContents()).isEqualTo(database.contents());
    }
  }
}
