package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.haduck.testing.FaultInjectingStore;
import io.haduck.testing.FaultInjectingStore.Fault;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A history that goes on while the store does not. */
class StoreFaultsTest {
  @TempDir Path directory;
  private FaultInjectingStore store;

  private ReplicatedDatabase open(long seed) throws SQLException {
    ReplicatedDatabase database =
        ReplicatedDatabase.in(directory, files -> store = new FaultInjectingStore(files, seed));
    database.open();
    return database;
  }

  @Test
  void history_onAStoreFullOfFaults_losesNothing() throws Exception {
    long seed = Long.getLong("haduck.seed", System.nanoTime() & 0xffff);
    System.out.println("faults with -Dhaduck.seed=" + seed);
    try (var database = open(seed)) {
      database.execute("CREATE TABLE t AS SELECT range AS a, range::VARCHAR AS b FROM range(1000)");
      database.checkpoint();
      for (Fault fault : Fault.values()) {
        store.rate(fault, fault == Fault.DELAY ? 0.3 : 0.2);
      }
      Set<String> committed = new HashSet<>();
      committed.add(database.contents());
      for (int round = 0; round < 15; round++) {
        database.execute(
            "INSERT INTO t SELECT range, sha256((range + "
                + round
                + ")::VARCHAR) FROM range("
                + (round % 5 == 4 ? 250_000 : 2000)
                + ")");
        committed.add(database.contents());
        database.execute("DELETE FROM t WHERE a % 50 = " + round);
        committed.add(database.contents());
        database.execute("CHECKPOINT");
        assertThat(database.restoredContents())
            .as("round %s, seed %s", round, seed)
            .isIn(committed);
        assertThat(database.replicator().fenced()).isNull();
      }
      store.heal();
      store.deliverLate();
      database.awaitInSync();
      assertThat(store.faults(Fault.ERROR_BEFORE) + store.faults(Fault.LOST_RESPONSE)).isPositive();
      assertThat(database.restoredContents()).isEqualTo(database.contents());
      WholeFile.of(database.file()).assertIs(WholeFile.headOf(database.replica()), "seed " + seed);
    }
  }

  @Test
  void outage_leavesLocalSqlAlone_andIsCaughtUpAtOnce() throws Exception {
    try (var database = open(1)) {
      database.execute("CREATE TABLE t AS SELECT range AS a, range::VARCHAR AS b FROM range(1000)");
      database.checkpoint();
      database.awaitInSync();
      long commits = database.replicator().status().commits();
      store.outage(true);
      int threads = 0;
      for (int round = 0; round < 30; round++) {
        database.execute(
            "INSERT INTO t SELECT range, sha256(range::VARCHAR) FROM range(5000)", "CHECKPOINT");
        if (round == 3) {
          await()
              .until(
                  () -> database.replicator().status().state() == ReplicatorStatus.State.FAILING);
          threads = haduckThreads();
        }
      }
      ReplicatorStatus failing = database.replicator().status();
      assertThat(failing.state()).isEqualTo(ReplicatorStatus.State.FAILING);
      assertThat(failing.failingSince()).isNotNull();
      assertThat(failing.missedIterations()).isZero();
      assertThat(haduckThreads()).isLessThanOrEqualTo(threads + 5); // one pool for uploads
      store.heal();
      database.awaitInSync();
      // What was being sent when it began, and one for all that came later.
      assertThat(database.replicator().status().commits() - commits).isBetween(1L, 2L);
      assertThat(database.restoredContents()).isEqualTo(database.contents());
    }
  }

  private static int haduckThreads() {
    return (int)
        Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> thread.getName().startsWith("haduck"))
            .count();
  }
}
