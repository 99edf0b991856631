package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.haduck.core.UnavailableException;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.store.FileObjectStore;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.FaultInjectingStore;
import io.haduck.testing.FaultInjectingStore.Fault;
import io.haduck.testing.FaultInjectingStore.Operation;
import io.haduck.testing.internal.ChildJvm;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A writer that ends in the middle of its work. */
@Timeout(value = 1, unit = TimeUnit.HOURS) // as many as asked for
class CaptureKilledTest {
  @TempDir Path directory;

  /** Lets a number of calls pass, then none: the store as a killed process would leave it. */
  private static final class CutOff {
    private final AtomicInteger left;
    private final boolean carriedOut;

    CutOff(int calls, boolean carriedOut) {
      this.left = new AtomicInteger(calls);
      this.carriedOut = carriedOut;
    }

    ObjectStore around(ObjectStore store) {
      var cut = new FaultInjectingStore(store, 1);
      cut.beforeCall(
          (operation, key) -> {
            if (left.get() < 0 || (!carriedOut && left.decrementAndGet() < 0)) {
              throw new UnavailableException("killed before " + operation + " of " + key);
            }
          });
      cut.afterCall(
          (operation, key) -> {
            if (carriedOut && left.decrementAndGet() < 0) {
              throw new UnavailableException("killed after " + operation + " of " + key);
            }
          });
      return cut;
    }

    boolean happened() {
      return left.get() < 0;
    }
  }

  /** By a store without faults, but of the same name: a record names its replica. */
  private ReplicatedDatabase healthy() throws Exception {
    ReplicatedDatabase database =
        ReplicatedDatabase.in(directory, store -> new FaultInjectingStore(store, 1));
    database.open();
    return database;
  }

  @Test
  void capture_stoppedAtEachStoreCall_leavesACommitAndGoesOn() throws Exception {
    Path root = directory;
    for (boolean carriedOut : new boolean[] {false, true}) {
      boolean happened = true;
      int calls = 0;
      for (; happened; calls++) {
        directory = Files.createDirectory(root.resolve(calls + "-" + carriedOut));
        try (var whole = healthy()) {
          whole.execute(
              "CREATE TABLE t AS SELECT range AS a, 'row ' || range AS b FROM range(20000)");
          whole.checkpoint();
        }
        happened = stopAfter(calls, carriedOut);
      }
      assertThat(calls).as("store calls of an opening and a capture").isGreaterThan(5);
    }
  }

  /** False if the writer got to its end before. */
  private boolean stopAfter(int calls, boolean carriedOut) throws Exception {
    String context = "cut off after " + calls + " calls, carried out: " + carriedOut;
    String before = restoredContents();
    var cutOff = new CutOff(calls, carriedOut);
    ReplicatedDatabase database =
        ReplicatedDatabase.in(directory, cutOff::around).withOpenTimeout(Duration.ofMillis(100));
    try {
      database.open();
    } catch (UnavailableException e) {
      assertThat(cutOff.happened()).as(context).isTrue();
      assertThat(restoredContents()).as(context).isEqualTo(before);
      goesOn(context, before);
      return true;
    }
    // Large enough for segments at every second call.
    database.execute(
        "INSERT INTO t SELECT range, md5((range + "
            + calls
            + ")::VARCHAR) || sha256(range::VARCHAR) FROM range("
            + (calls % 2 == 0 ? 300_000 : 1000)
            + ")",
        "CHECKPOINT");
    String after = database.contents();
    await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () -> {
              ReplicatorStatus.State state = database.replicator().status().state();
              return state == ReplicatorStatus.State.FAILING
                  || state == ReplicatorStatus.State.IN_SYNC;
            });
    database.abandon();
    database.closeDuckDb();
    assertThat(restoredContents()).as(context).isIn(before, after);
    goesOn(context, after);
    return cutOff.happened();
  }

  /** The same file is opened again, by a store that works. */
  private void goesOn(String context, String expected) throws Exception {
    try (var again = healthy()) {
      again.awaitInSync();
      assertThat(again.contents()).as(context).isEqualTo(expected);
      assertThat(restoredContents()).as(context).isEqualTo(expected);
      WholeFile.of(again.file()).assertIs(WholeFile.headOf(again.replica()), context);
    }
  }

  @Test
  void firstCapture_stoppedAfterItsBaseLanded_goesOn() throws Exception {
    var cutOff = new CutOff(Integer.MAX_VALUE, true);
    ReplicatedDatabase database =
        ReplicatedDatabase.in(
            directory,
            store -> {
              var faulty = (FaultInjectingStore) cutOff.around(store);
              return faulty.afterCall(
                  (operation, key) -> {
                    if (key.startsWith("log/") && operation == Operation.PUT_IF_ABSENT) {
                      faulty.outage(true);
                      throw new UnavailableException("killed after " + key);
                    }
                  });
            });
    database.open();
    database.execute("CREATE TABLE t AS SELECT range AS a FROM range(1000)", "CHECKPOINT");
    await().until(() -> database.replicator().status().state() == ReplicatorStatus.State.FAILING);
    database.abandon();
    database.closeDuckDb();
    try (var again = healthy()) {
      again.awaitInSync();
      assertThat(again.restoredContents()).isEqualTo(again.contents()).contains("1000 rows");
    }
  }

  @Test
  void opening_whoseLastIntentLandsLate_goesOn() throws Exception {
    try (var whole = healthy()) {
      whole.execute("CREATE TABLE t AS SELECT range AS a FROM range(1000)");
      whole.checkpoint();
    }
    // The store is slow with the last PUT of a process that is killed meanwhile.
    var slow = new FaultInjectingStore[1];
    ReplicatedDatabase killed =
        ReplicatedDatabase.in(directory, store -> slow[0] = new FaultInjectingStore(store, 1));
    killed.open();
    slow[0].failNext(
        (operation, key) -> {
          boolean last = operation == Operation.PUT_IF_ABSENT;
          if (last) {
            slow[0].outage(true); // for the calls after this one
          }
          return last;
        },
        Fault.LATE);
    killed.execute("INSERT INTO t SELECT range FROM range(5000)", "CHECKPOINT");
    await().until(() -> killed.replicator().status().state() == ReplicatorStatus.State.FAILING);
    killed.abandon();
    killed.closeDuckDb();
    assertThat(slow[0].faults(Fault.LATE)).isEqualTo(1);
    ReplicatedDatabase again =
        ReplicatedDatabase.in(
            directory,
            store ->
                new FaultInjectingStore(store, 1)
                    .beforeCall(
                        (operation, key) -> {
                          if (operation == Operation.PUT_IF_ABSENT) {
                            slow[0].deliverLate();
                          }
                        }));
    again.open();
    again.awaitInSync();
    assertThat(again.restoredContents()).isEqualTo(again.contents()).contains("6000 rows");
    again.close();
  }

  @Test
  void writer_killedAtRandomMoments_losesNothingAcknowledged() throws Exception {
    int kills = Integer.getInteger("haduck.kills", 4);
    long seed = Long.getLong("haduck.seed", System.nanoTime() & 0xffff);
    System.out.println("kills with -Dhaduck.seed=" + seed);
    var random = new Random(seed);
    long acknowledged = 0;
    for (int kill = 0; kill < kills; kill++) {
      try (var child = ChildJvm.start("-Xmx256m", Writer.class, directory.toString())) {
        child.awaitLine("OPEN");
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(1500)));
        for (String line : child.kill()) {
          if (line.startsWith("ACK ")) {
            acknowledged = Long.parseLong(line.substring(4));
          }
        }
      }
      if (acknowledged > 0) {
        assertAcknowledged(acknowledged, "seed " + seed + ", kill " + kill);
      } else if (hasLog()) {
        assertThat(restoredContents()).isNotEmpty();
      }
    }
    assertThat(acknowledged).isPositive();
    goesOnAfterKills();
  }

  private void goesOnAfterKills() throws Exception {
    try (var again = ReplicatedDatabase.in(directory)) {
      again.open();
      again.checkpoint();
      again.awaitInSync();
      assertThat(restoredContents()).isEqualTo(again.contents());
      WholeFile.of(again.file()).assertIs(WholeFile.headOf(again.replica()), "after all kills");
    }
  }

  private boolean hasLog() {
    try (var store = new FileObjectStore(directory.resolve("replica"))) {
      return !store.list("log/", "").objects().isEmpty();
    }
  }

  private void assertAcknowledged(long acknowledged, String context) throws Exception {
    try (Connection restored = restored();
        Statement statement = restored.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT count(*), coalesce(max(n), 0), coalesce(sum(length(filler)), 0) FROM acks")) {
      rows.next();
      assertThat(rows.getLong(1)).as(context).isEqualTo(rows.getLong(2));
      assertThat(rows.getLong(1)).as(context).isGreaterThanOrEqualTo(acknowledged);
      assertThat(rows.getLong(3)).as(context).isEqualTo(rows.getLong(1) * 64);
    }
  }

  /** Numbers rows, acknowledges them when they are on the replica, and makes other changes. */
  static final class Writer {
    public static void main(String[] arguments) throws Exception {
      ReplicatedDatabase database = ReplicatedDatabase.in(Path.of(arguments[0]));
      database.open();
      database.execute(
          "CREATE TABLE IF NOT EXISTS acks(n BIGINT, filler VARCHAR)",
          "CREATE TABLE IF NOT EXISTS other(a BIGINT, b VARCHAR)");
      System.out.println("OPEN");
      var random = new Random();
      while (true) {
        String next = "(SELECT coalesce(max(n), 0) FROM acks)";
        database.execute("INSERT INTO acks SELECT " + next + " + 1, sha256(" + next + "::VARCHAR)");
        if (random.nextInt(4) == 0) {
          database.execute(
              "CREATE OR REPLACE TABLE other AS SELECT range AS a, sha256(range::VARCHAR) AS b FROM range("
                  + random.nextInt(400_000)
                  + ")");
        }
        long last;
        try (Statement statement = database.connection().createStatement();
            ResultSet rows = statement.executeQuery("SELECT max(n) FROM acks")) {
          rows.next();
          last = rows.getLong(1);
        }
        database.checkpoint();
        System.out.println("ACK " + last);
      }
    }
  }

  private String restoredContents() throws Exception {
    try (Connection restored = restored()) {
      return ReplicatedDatabase.contentsOf(restored);
    }
  }

  private Connection restored() throws Exception {
    Path restored =
        Files.createTempDirectory(directory, "restored").resolve(UUID.randomUUID() + ".duckdb");
    try (var store = new FileObjectStore(directory.resolve("replica"))) {
      Restorer.create().restore(RestoreRequest.latest(store, restored));
    }
    return DriverManager.getConnection("jdbc:duckdb:" + restored);
  }
}
