package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.internal.capture.RollUp;
import io.haduck.core.internal.log.Changeset;
import io.haduck.core.internal.log.ChangesetKind;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.restore.RestoreResult;
import io.haduck.core.restore.RestoreTarget;
import io.haduck.core.store.FileObjectStore;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.internal.ReplicatedDatabase;
import io.haduck.testing.internal.Workload;
import io.haduck.testing.internal.WorkloadCheck;
import io.haduck.testing.internal.WorkloadShape;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Captures made while writers of every kind are at work: each opens in plain DuckDB, is a state
 * that was committed, and holds all that had been acknowledged before. More by {@code
 * -Dhaduck.captures=500}; the same writers again by {@code -Dhaduck.seed=…}, though not the same
 * interleaving.
 */
@Tag("compat")
@Timeout(value = 1, unit = TimeUnit.HOURS) // as many as asked for
class WalCapturesTest {
  private static final int WRITERS = 4;

  @TempDir Path directory;

  private final int captures = Integer.getInteger("haduck.captures", 14);
  private final long seed = Long.getLong("haduck.seed", new Random().nextInt(1_000_000));
  private final AtomicLongArray acknowledged = new AtomicLongArray(WRITERS);

  /** By seq: what each writer had been told when its capture began. */
  private final TreeMap<Long, long[]> promised = new TreeMap<>();

  private static boolean isVersion14(Connection connection) throws SQLException {
    return connection.getMetaData().getDatabaseProductVersion().contains("1.4.");
  }

  @Test
  void captures_underAWorkload_areCommittedStates() throws Exception {
    run(";storage_compatibility_version=v1.0.0", RollUp.DUE_AFTER, 1);
  }

  @Test
  void captures_ofTheNewestStorageVersion_areCommittedStates() throws Exception {
    run(";storage_compatibility_version=latest", RollUp.DUE_AFTER, 1);
  }

  @Test
  void captures_withRollUpsAndRestarts_areCommittedStates() throws Exception {
    run("", 3, 4);
  }

  private void run(String urlOptions, int rollUpAfter, int sessions) throws Exception {
    System.out.println("captures of -Dhaduck.seed=" + seed + " -Dhaduck.captures=" + captures);
    try (var database =
        ReplicatedDatabase.in(directory)
            .withUrlOptions(urlOptions)
            .withSyncInterval(Duration.ofMillis(20))
            .withOptions(options -> options.withRollUpAfter(rollUpAfter))) {
      database.open();
      Workload.prepare(database.connection(), WRITERS);
      boolean readers = !isVersion14(database.connection());
      for (int session = 1; session <= sessions; session++) {
        work(database, session, captures * session / sessions, readers);
        database.awaitInSync();
        promise(database.replicator().status().seq(), acknowledgedNow());
        if (session % 2 == 1 && session < sessions) {
          database.abandon(); // commits stay in the WAL of an open DuckDB
          database.open();
          Workload.prepare(database.connection(), WRITERS);
        } else if (session < sessions) {
          database.reopen();
          Workload.prepare(database.connection(), WRITERS);
        }
      }
      assertThat(WorkloadCheck.violations(database.connection(), acknowledgedNow()))
          .as("seed %s: DuckDB itself", seed)
          .isEmpty();
    }
    restoreAll(rollUpAfter);
  }

  private void work(ReplicatedDatabase database, int session, int atLeast, boolean readers)
      throws Exception {
    var shape = new WorkloadShape(WRITERS, true, !readers, 60);
    var workload =
        new Workload(
            database::connect,
            shape,
            seed * 100 + session,
            (writer, n) -> {
              acknowledged.set(writer, n);
              database.replicator().changed();
            },
            e -> false);
    var random = new Random(seed + session);
    var open = new StreamingReaders();
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try {
      CompletableFuture<Void> working =
          CompletableFuture.runAsync(
              () -> {
                try {
                  workload.run(Long.MAX_VALUE);
                } catch (Exception e) {
                  throw new AssertionError("seed " + seed + ": the workload failed", e);
                }
              },
              thread);
      while (promised.size() < atLeast && !working.isDone()) {
        long[] before = acknowledgedNow();
        database.awaitPosition();
        promise(database.replicator().status().seq(), before);
        if (readers && random.nextInt(10) == 0) {
          // Not always: version 2 hardly checkpoints while one is open.
          if (open.size() < 2 && random.nextBoolean()) {
            open.open(database.connect(), "bulk" + random.nextInt(WRITERS));
          } else {
            open.closeAll();
          }
        }
      }
      workload.stop();
      working.join();
    } finally {
      workload.stop();
      open.closeAll();
      thread.shutdownNow();
    }
    System.out.println("session " + session + ": " + workload);
  }

  private void promise(long seq, long[] numbers) {
    promised.put(seq, numbers);
  }

  private long[] acknowledgedNow() {
    long[] numbers = new long[WRITERS];
    for (int writer = 0; writer < WRITERS; writer++) {
      numbers[writer] = acknowledged.get(writer);
    }
    return numbers;
  }

  private void restoreAll(int rollUpAfter) throws Exception {
    long begun = System.nanoTime();
    int withWal = 0;
    var kinds = new TreeMap<String, Integer>();
    List<String> wrong = new ArrayList<>();
    try (ObjectStore store = new FileObjectStore(directory.resolve("replica"))) {
      long head = WholeFile.headOf(directory.resolve("replica")).position().seq();
      long count = Math.min(head, captures);
      var log = new ReplicationLog(store);
      for (long seq = 1; seq <= head; seq++) {
        Changeset changeset = log.read(seq).orElseThrow().changeset();
        boolean rolledUp = changeset.kind() == ChangesetKind.WAL && changeset.isSelfContained();
        kinds.merge(rolledUp ? "rolled up" : changeset.kind().toString(), 1, Integer::sum);
      }
      for (long each = 1; each <= count; each++) {
        long seq = head * each / count;
        Path place = Files.createDirectory(directory.resolve("restored-" + seq));
        Path file = place.resolve("a.duckdb");
        RestoreResult restored =
            Restorer.create()
                .restore(RestoreRequest.latest(store, file).at(new RestoreTarget.AtSeq(seq)));
        withWal += restored.walBytes() > 0 ? 1 : 0;
        Map.Entry<Long, long[]> promise = promised.floorEntry(seq);
        long[] needed = promise == null ? new long[WRITERS] : promise.getValue();
        try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + file)) {
          for (String violation : WorkloadCheck.violations(plain, needed)) {
            wrong.add("seq " + seq + ": " + violation);
          }
        } catch (SQLException e) {
          wrong.add("seq " + seq + ": " + e);
        }
        delete(place);
      }
      System.out.println(
          count
              + " captures of "
              + kinds
              + " restored, "
              + withWal
              + " with a WAL, in "
              + (System.nanoTime() - begun) / 1_000_000
              + " ms, DuckDB "
              + version()
              + ", seed "
              + seed);
      assertThat(withWal).isPositive();
      assertThat(kinds).containsKeys("CHECKPOINT", "WAL");
      if (rollUpAfter < RollUp.DUE_AFTER) {
        assertThat(kinds).containsKey("rolled up");
      }
    }
    assertThat(wrong).as("seed %s", seed).isEmpty();
  }

  private static String version() throws SQLException {
    try (Connection memory = DriverManager.getConnection("jdbc:duckdb:")) {
      return memory.getMetaData().getDatabaseProductVersion();
    }
  }

  private static void delete(Path place) throws Exception {
    try (DirectoryStream<Path> all = Files.newDirectoryStream(place)) {
      for (Path each : all) {
        Files.delete(each);
      }
    }
    Files.delete(place);
  }
}
