package io.haduck.core.replica;

import io.haduck.core.internal.concurrent.Backoff;
import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.kept.KeptStates;
import io.haduck.core.internal.kept.Manifests;
import io.haduck.core.internal.kept.Names;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.internal.log.ReadableStates;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.retention.SweepOptions;
import io.haduck.core.store.FileObjectStore;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.AgedStore;
import io.haduck.testing.AgedStore.Times;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;

/**
 * A replica in a directory, on a clock that leaps: that of the store, and of the writer. Safe for
 * any thread.
 */
final class AgedReplica {
  static final Retries RETRIES =
      Retries.of(3, () -> new Backoff(Duration.ofMillis(1), Duration.ofMillis(2), new Random(1)));

  private volatile Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private final Times times = new Times(() -> now, Duration.ofDays(-10_000));
  private final Path place;

  AgedReplica(Path place) {
    this.place = place;
  }

  void advance(Duration time) {
    now = now.plus(time);
  }

  Instant now() {
    return now;
  }

  Path place() {
    return place;
  }

  ObjectStore store() {
    return aged(new FileObjectStore(place));
  }

  /** A store over the same place, on the same clock. */
  ObjectStore aged(ObjectStore store) {
    return new AgedStore(store, times);
  }

  /**
   * A database that is replicated there.
   *
   * @param decorate its store
   */
  ReplicatedDatabase database(
      Path directory, SweepOptions sweep, UnaryOperator<ObjectStore> decorate) {
    return ReplicatedDatabase.in(directory, store -> decorate.apply(aged(store)))
        .withSyncInterval(Duration.ofHours(1))
        .withOptions(options -> options.withClock(() -> now).withSweep(sweep));
  }

  Names names(ObjectStore store) {
    return new Names(store, new Manifests(store, RETRIES), RETRIES);
  }

  /** The states that exist. */
  ReadableStates readable() {
    try (ObjectStore store = store()) {
      return KeptStates.read(new Manifests(store, RETRIES), names(store));
    }
  }

  long head() {
    try (ObjectStore store = store()) {
      return new ReplicationLog(store).lastSeq(0);
    }
  }

  /** The keys of all changesets, segments and snapshots. */
  Set<String> objects() {
    Set<String> keys = new TreeSet<>();
    try (ObjectStore store = store()) {
      for (String prefix : List.of(LogKeys.CHANGESETS, LogKeys.SEGMENTS, LogKeys.SNAPSHOTS)) {
        store.list(prefix, "").objects().forEach(it -> keys.add(it.key()));
      }
    }
    return keys;
  }
}
