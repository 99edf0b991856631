package io.haduck.core.replica;

import io.haduck.core.RestorePolicy;
import io.haduck.core.Ticker;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.watch.FileWatcher;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;

/**
 * How to replicate one database.
 *
 * @param database its file, which need not exist
 * @param store of its replica; the replicator closes it
 * @param restorePolicy what to do when the file is missing and the replica is not
 * @param syncInterval how often to look when no event and no hint says so
 * @param openTimeout how long opening may wait for a store that does not answer
 * @param watcher of all databases of this JVM
 * @param clock wall time
 * @param ticker monotonic time
 */
public record ReplicatorOptions(
    Path database,
    ObjectStore store,
    RestorePolicy restorePolicy,
    Duration syncInterval,
    Duration openTimeout,
    FileWatcher watcher,
    InstantSource clock,
    Ticker ticker) {

  /**
   * The defaults: restore if missing, look every second, wait 30 s at opening, the system's clocks.
   */
  public static ReplicatorOptions of(Path database, ObjectStore store, FileWatcher watcher) {
    return new ReplicatorOptions(
        database,
        store,
        RestorePolicy.IF_MISSING,
        Duration.ofSeconds(1),
        Duration.ofSeconds(30),
        watcher,
        InstantSource.system(),
        Ticker.system());
  }

  /** The same with another policy. */
  public ReplicatorOptions withRestorePolicy(RestorePolicy policy) {
    return new ReplicatorOptions(
        database, store, policy, syncInterval, openTimeout, watcher, clock, ticker);
  }

  /** The same with other times. */
  public ReplicatorOptions withTimes(Duration newSyncInterval, Duration newOpenTimeout) {
    return new ReplicatorOptions(
        database, store, restorePolicy, newSyncInterval, newOpenTimeout, watcher, clock, ticker);
  }
}
