package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.DivergedException;
import io.haduck.core.Ticker;
import io.haduck.core.internal.kept.NameRecord;
import io.haduck.core.internal.kept.StateName;
import io.haduck.core.internal.log.LoadProgress;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.ReadableStates;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.internal.sweep.Sweep;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.restore.RestoreTarget;
import io.haduck.core.retention.GarbageCollection;
import io.haduck.core.retention.Period;
import io.haduck.core.retention.RetentionSettings;
import io.haduck.core.retention.SweepOptions;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.internal.Contents;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.UnaryOperator;

/**
 * A life of a replicated database whose replica is swept at random moments, of which the contents
 * at each commit are remembered; restores are compared with that.
 */
final class SweptHistory implements AutoCloseable {
  private final Random random;
  private final Path directory;
  private final HistoryOperations operations;
  private final AgedReplica replica;
  private final ReplicatedDatabase database;

  /** What the database held when this was the log's last seq. */
  private final NavigableMap<Long, String> contents = new TreeMap<>();

  private final Map<StateName, Long> points = new HashMap<>();
  private SweepOptions options;
  private int files;
  int sweeps;
  int compared;
  int refused;
  int staleVolumes;
  long deleted;

  SweptHistory(long seed, Path directory) throws SQLException {
    this.random = new Random(seed);
    this.directory = directory;
    this.operations = new HistoryOperations(seed);
    this.replica = new AgedReplica(directory.resolve("replica"));
    this.options = options();
    this.database = replica.database(directory, SweepOptions.OFF, UnaryOperator.identity());
    database.open();
  }

  private SweepOptions options() {
    Map<Period, Integer> keep = new EnumMap<>(Period.class);
    for (Period period : Period.values()) {
      keep.put(period, random.nextInt(3) == 0 ? random.nextInt(4) : 0);
    }
    Duration window = Duration.ofHours(2 + random.nextInt(40));
    return new SweepOptions(
        GarbageCollection.ON,
        Duration.ofHours(1),
        SweepOptions.SHORTEST_GRACE,
        new RetentionSettings(
            random.nextBoolean() ? window.multipliedBy(2) : window,
            window,
            keep,
            ZoneOffset.UTC,
            1 + random.nextInt(2)));
  }

  void run(int commits) throws Exception {
    for (int i = 0; i < commits; i++) {
      replica.advance(
          Duration.ofMinutes(
              random.nextInt(8) == 0 ? 600 + random.nextInt(2400) : 1 + random.nextInt(240)));
      commit();
      switch (random.nextInt(24)) {
        case 0, 1 -> point();
        case 2 -> unpoint();
        case 3 -> options = options();
        case 4, 5 -> sweepAndCheck();
        case 6 -> database.reopen();
        case 7 -> loseTheDisk();
        case 8 -> bringBackAStaleVolume();
        default -> {}
      }
    }
    for (int i = 0; i < 3; i++) {
      replica.advance(Duration.ofHours(3));
      sweepAndCheck();
    }
  }

  private void commit() throws Exception {
    for (int small = random.nextInt(5); small > 0; small--) {
      database.execute("CREATE OR REPLACE TABLE small AS SELECT " + random.nextInt(1000) + " AS a");
      database.awaitPosition();
    }
    for (String sql : operations.next(database.connection(), false).statements()) {
      try {
        database.execute(sql);
      } catch (SQLException e) {
        rollBack();
      }
    }
    if (random.nextInt(3) > 0) {
      database.execute("CHECKPOINT");
    }
    record();
  }

  private void rollBack() throws SQLException {
    try (Statement statement = database.connection().createStatement()) {
      statement.execute("ROLLBACK");
    } catch (SQLException e) {
      return; // no transaction was open
    }
  }

  private void record() throws Exception {
    database.awaitPosition();
    database.awaitInSync();
    contents.put(replica.head(), Contents.of(database.connection()));
  }

  private List<Long> existing(ReadableStates readable) {
    return contents.keySet().stream().filter(readable::contains).toList();
  }

  private void point() {
    List<Long> existing = existing(replica.readable());
    long seq = existing.get(random.nextInt(existing.size()));
    try (ObjectStore store = replica.store()) {
      LogState state = new ReplicationLog(store).loadAt(seq, LoadProgress.NONE).orElseThrow();
      NameRecord made =
          replica
              .names(store)
              .make(
                  NameRecord.point(
                      StateName.point("p" + points.size() + "-" + random.nextInt(10_000)),
                      state.position(),
                      state.time(),
                      replica.now(),
                      new UUID(random.nextLong(), random.nextLong())));
      points.put(made.name(), seq);
    }
  }

  private void unpoint() {
    if (!points.isEmpty()) {
      StateName point = points.keySet().iterator().next();
      points.remove(point);
      try (ObjectStore store = replica.store()) {
        assertThat(replica.names(store).delete(point)).isTrue();
      }
    }
  }

  private void loseTheDisk() throws Exception {
    database.stop();
    database.deleteLocalFiles();
    database.open();
    requireContents("disk lost");
  }

  /** The log goes on, and is swept, while a volume lies somewhere; then that is used again. */
  private void bringBackAStaleVolume() throws Exception {
    database.stop();
    Path aside = Files.createDirectory(directory.resolve("volume-" + ++files));
    List<Path> local = new ArrayList<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(directory, "my.duckdb*")) {
      all.forEach(local::add);
    }
    for (Path each : local) {
      Files.move(each, aside.resolve(each.getFileName()));
    }
    database.open();
    for (int i = 0; i < 5; i++) {
      replica.advance(Duration.ofHours(20));
      commit();
    }
    database.execute("CHECKPOINT");
    record();
    sweepAndCheck();
    replica.advance(Duration.ofHours(3));
    sweepAndCheck();
    database.stop();
    database.deleteLocalFiles();
    for (Path each : local) {
      Files.move(aside.resolve(each.getFileName()), each);
    }
    database.open();
    requireContents("a stale volume");
    staleVolumes++;
  }

  private void requireContents(String what) throws Exception {
    assertThat(Contents.of(database.connection()))
        .as(what)
        .isEqualTo(contents.lastEntry().getValue());
    record();
  }

  private void sweepAndCheck() throws Exception {
    Set<String> gone = replica.objects();
    try (ObjectStore store = replica.store()) {
      var sweep = new Sweep(store, options, AgedReplica.RETRIES, Ticker.system(), () -> false);
      assertThat(sweep.run()).isPresent();
    }
    sweeps++;
    gone.removeAll(replica.objects());
    deleted += gone.size();
    check("sweep " + sweeps + " at head " + replica.head());
  }

  private void check(String what) throws Exception {
    ReadableStates readable = replica.readable();
    points.forEach(
        (point, seq) -> assertThat(readable.contains(seq)).as("%s: %s", what, point).isTrue());
    for (long seq : contents.keySet()) {
      if (!readable.contains(seq)) {
        if (random.nextInt(4) == 0) {
          requireRefused(what, seq);
        }
      } else if (seq <= readable.walFrom() || random.nextInt(8) == 0) {
        requireRestorable(what, seq);
      }
    }
    requireRestorable(what, contents.lastKey());
  }

  private void requireRestorable(String what, long seq) throws Exception {
    Path place = Files.createDirectory(directory.resolve("restored"));
    Path restored = place.resolve(database.file().getFileName());
    restore(seq, restored);
    try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + restored)) {
      assertThat(Contents.of(plain)).as("%s: seq %s", what, seq).isEqualTo(contents.get(seq));
    }
    compared++;
    try (DirectoryStream<Path> all = Files.newDirectoryStream(place)) {
      for (Path each : all) {
        Files.delete(each);
      }
    }
    Files.delete(place);
  }

  private void requireRefused(String what, long seq) {
    Path restored = directory.resolve("refused.duckdb");
    assertThatThrownBy(() -> restore(seq, restored))
        .as("%s: seq %s was given up", what, seq)
        .isInstanceOf(DivergedException.class)
        .hasMessageContaining("does not keep seq " + seq + " any more");
    assertThat(restored).doesNotExist();
    refused++;
  }

  private void restore(long seq, Path to) {
    try (ObjectStore store = replica.store()) {
      Restorer.create().restore(RestoreRequest.latest(store, to).at(new RestoreTarget.AtSeq(seq)));
    }
  }

  @Override
  public void close() throws SQLException {
    database.close();
  }
}
