package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.haduck.core.DivergedException;
import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.StoreAccessException;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.retention.GarbageCollection;
import io.haduck.core.retention.RetentionSettings;
import io.haduck.core.retention.SweepOptions;
import io.haduck.core.retention.SweepReport;
import io.haduck.core.retention.SweepStatus;
import io.haduck.core.store.FileObjectStore;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.FaultInjectingStore;
import io.haduck.testing.FaultInjectingStore.Operation;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store that refuses deletions: with {@code gc=off} it sees none but the probe's. */
@Tag("compat")
class RefusedSweepTest {
  private static final RetentionSettings SHORT =
      new RetentionSettings(Duration.ofHours(1), Duration.ofHours(1), Map.of(), null, 1);
  private static final SweepOptions OFF = SweepOptions.OFF.withPolicy(SHORT);
  private static final SweepOptions ON =
      new SweepOptions(
          GarbageCollection.ON, Duration.ofMillis(1), SweepOptions.SHORTEST_GRACE, SHORT);

  @TempDir Path directory;
  private final List<String> deletions = new CopyOnWriteArrayList<>();
  private volatile boolean refuses = true;

  private ObjectStore refusing(ObjectStore store) {
    return new FaultInjectingStore(store, 1)
        .beforeCall(
            (operation, key) -> {
              if (operation == Operation.DELETE) {
                deletions.add(key);
                if (refuses) {
                  throw new StoreAccessException("deleting " + key + ": access denied (403)");
                }
              }
            });
  }

  private void commit(ReplicatedDatabase database, AgedReplica replica, int number)
      throws Exception {
    replica.advance(Duration.ofHours(5));
    database.execute(
        "CREATE OR REPLACE TABLE t AS SELECT hash(range + "
            + number
            + ")::VARCHAR AS a FROM range(130000)");
    if (number % 3 > 0) {
      database.checkpoint();
    } else {
      database.awaitPosition();
    }
  }

  @Test
  void writer_withoutSweeps_deletesNothingButItsProbe() throws Exception {
    var replica = new AgedReplica(directory.resolve("replica"));
    try (var database = replica.database(directory, OFF, this::refusing)) {
      database.open();
      for (int i = 0; i < 20; i++) {
        commit(database, replica, i);
        if (i % 7 == 6) {
          database.reopen();
        }
      }
      assertThat(database.replicator().status().sweep()).isEqualTo(SweepStatus.NONE);
    }
    assertThat(deletions).isNotEmpty().allMatch(key -> key.startsWith("probe/"));
    try (ObjectStore store = replica.store()) {
      assertThat(store.list(LogKeys.KEPT, "").objects()).isEmpty();
    }
  }

  @Test
  void writer_whoseSweepsAreRefused_saysSoAndGoesOn() throws Exception {
    var replica = new AgedReplica(directory.resolve("replica"));
    try (var database = replica.database(directory, ON, this::refusing)) {
      database.open();
      int commits = 0;
      while (database.replicator().status().sweep().problem() == null && commits < 60) {
        commit(database, replica, commits++);
        awaitSwept(database);
      }
      SweepStatus status = database.replicator().status().sweep();
      assertThat(status.problem())
          .contains("access denied (403)")
          .contains("s3:DeleteObject")
          .contains("haduck.gc=off");
      assertThat(status.deleted()).isZero();
      assertThat(deletions.stream().anyMatch(key -> !key.startsWith("probe/"))).isTrue();
      Set<String> objects = replica.objects();
      long head = replica.head();
      commit(database, replica, commits);
      assertThat(replica.head()).isGreaterThan(head);
      assertThat(replica.objects()).containsAll(objects);
      assertThat(database.restoredContents()).isEqualTo(database.contents());

      replica.advance(Duration.ofHours(5));
      try (ObjectStore store = replica.store()) {
        SweepReport would = ReplicaSweep.run(store, ON.withMode(GarbageCollection.DRY_RUN));
        SweepReport done = ReplicaSweep.run(store, ON);
        assertThat(done.deleted()).isEqualTo(would.deleted()).isPositive();
        assertThat(done.walFrom()).isEqualTo(would.walFrom());
      }
      assertThat(replica.objects().containsAll(objects)).isFalse();
      assertThat(database.restoredContents()).isEqualTo(database.contents());
    }
  }

  @Test
  void sweep_fromOutside_ofNothingOrOff_saysSo() {
    try (ObjectStore store = new FileObjectStore(directory.resolve("elsewhere"))) {
      assertThatThrownBy(() -> ReplicaSweep.run(store, ON))
          .isInstanceOf(DivergedException.class)
          .hasMessageContaining("nothing was ever replicated there");
      assertThat(directory.resolve("elsewhere")).doesNotExist();
      assertThatThrownBy(() -> ReplicaSweep.run(store, OFF))
          .isInstanceOf(InvalidConfigurationException.class)
          .hasMessageContaining("gc=off");
    }
  }

  /** Each commit begins a sweep, but for the next ten minutes after one that failed. */
  private static void awaitSwept(ReplicatedDatabase database) {
    await()
        .until(
            () -> {
              SweepStatus status = database.replicator().status().sweep();
              return status.last() != null || status.problem() != null;
            });
  }

  @Test
  void sweep_fromOutside_byAStoresClock_thatIsFarAhead_isRefused() throws Exception {
    Path replica = directory.resolve("replica");
    try (var database = ReplicatedDatabase.open(directory, replica)) {
      database.execute("CREATE TABLE t AS SELECT 1 AS a");
      database.checkpoint();
    }
    try (ObjectStore store = new FileObjectStore(replica)) {
      for (GarbageCollection mode : List.of(GarbageCollection.ON, GarbageCollection.DRY_RUN)) {
        assertThatThrownBy(
                () ->
                    ReplicaSweep.run(
                        store,
                        SweepOptions.DEFAULT.withMode(mode),
                        () -> Instant.now().minus(Duration.ofHours(2))))
            .isInstanceOf(StoreAccessException.class)
            .hasMessageContaining("ahead of this machine's")
            .hasMessageContaining("nothing is deleted");
      }
      assertThat(store.list("kept/", "").objects()).isEmpty();
      assertThat(store.list("probe/", "").objects()).isEmpty();
    }
  }

  /** The clock of a directory stands still where nothing is written to it. */
  @Test
  void sweep_fromOutside_ofAnIdleReplica_knowsThatTimePasses() throws Exception {
    Path replica = directory.resolve("replica");
    try (var database = ReplicatedDatabase.open(directory, replica)) {
      database.execute("CREATE TABLE t AS SELECT 1 AS a");
      database.checkpoint();
    }
    try (ObjectStore store = new FileObjectStore(replica)) {
      SweepReport first = ReplicaSweep.run(store, SweepOptions.DEFAULT);
      await().until(() -> ReplicaSweep.run(store, SweepOptions.DEFAULT).at().isAfter(first.at()));
      assertThat(store.list("probe/", "").objects()).isEmpty();
    }
  }

  /** It may write what sweeps need, and no probe. */
  @Test
  void sweep_fromOutside_whoseProbeIsRefused_goesByListings() throws Exception {
    Path replica = directory.resolve("replica");
    try (var database = ReplicatedDatabase.open(directory, replica)) {
      database.execute("CREATE TABLE t AS SELECT 1 AS a");
      database.checkpoint();
    }
    try (ObjectStore store =
        new FaultInjectingStore(new FileObjectStore(replica), 1)
            .beforeCall(
                (operation, key) -> {
                  if (key.startsWith("probe/")) {
                    throw new StoreAccessException("writing " + key + ": access denied (403)");
                  }
                })) {
      assertThat(ReplicaSweep.run(store, SweepOptions.DEFAULT).announced()).isNotNull();
    }
  }
}
