package io.haduck.core.replica;

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
 * @param written how the user named it: what the log says of which database it is
 * @param store of its replica; the replicator closes it
 * @param policy what opening may do of its own accord
 * @param syncInterval how often to look when no event and no hint says so
 * @param openTimeout how long opening may wait for a store that does not answer
 * @param scrubInterval how often all blocks are compared with the replica's; zero for never
 * @param watcher of all databases of this JVM
 * @param clock wall time
 * @param ticker monotonic time
 * @param trial asked before the log is taken over, where DuckDB may not be able to open the
 *     database
 */
public record ReplicatorOptions(
    Path database,
    WrittenPath written,
    ObjectStore store,
    OpeningPolicy policy,
    Duration syncInterval,
    Duration openTimeout,
    Duration scrubInterval,
    FileWatcher watcher,
    InstantSource clock,
    Ticker ticker,
    OpeningTrial trial) {

  /**
   * The defaults: a replica that serves any path, restore if missing, look every second, wait 30 s
   * at opening, scrub once a day, the system's clocks.
   */
  public static ReplicatorOptions of(Path database, ObjectStore store, FileWatcher watcher) {
    return new ReplicatorOptions(
        database,
        new WrittenPath(database, true),
        store,
        OpeningPolicy.DEFAULT,
        Duration.ofSeconds(1),
        Duration.ofSeconds(30),
        Duration.ofHours(24),
        watcher,
        InstantSource.system(),
        Ticker.system(),
        OpeningTrial.none());
  }

  /** The same database, named otherwise. */
  public ReplicatorOptions withWritten(WrittenPath newWritten) {
    return new ReplicatorOptions(
        database,
        newWritten,
        store,
        policy,
        syncInterval,
        openTimeout,
        scrubInterval,
        watcher,
        clock,
        ticker,
        trial);
  }

  /** The same with another policy. */
  public ReplicatorOptions withPolicy(OpeningPolicy newPolicy) {
    return new ReplicatorOptions(
        database,
        written,
        store,
        newPolicy,
        syncInterval,
        openTimeout,
        scrubInterval,
        watcher,
        clock,
        ticker,
        trial);
  }

  /** The same with other times. */
  public ReplicatorOptions withTimes(Duration newSyncInterval, Duration newOpenTimeout) {
    return new ReplicatorOptions(
        database,
        written,
        store,
        policy,
        newSyncInterval,
        newOpenTimeout,
        scrubInterval,
        watcher,
        clock,
        ticker,
        trial);
  }

  /** The same, scrubbing at another interval. */
  public ReplicatorOptions withScrubInterval(Duration newScrubInterval) {
    return new ReplicatorOptions(
        database,
        written,
        store,
        policy,
        syncInterval,
        openTimeout,
        newScrubInterval,
        watcher,
        clock,
        ticker,
        trial);
  }

  /** The same by another clock for what takes time. */
  ReplicatorOptions withTicker(Ticker newTicker) {
    return new ReplicatorOptions(
        database,
        written,
        store,
        policy,
        syncInterval,
        openTimeout,
        scrubInterval,
        watcher,
        clock,
        newTicker,
        trial);
  }

  /** The same with another clock for the times of commits. */
  ReplicatorOptions withClock(InstantSource newClock) {
    return new ReplicatorOptions(
        database,
        written,
        store,
        policy,
        syncInterval,
        openTimeout,
        scrubInterval,
        watcher,
        newClock,
        ticker,
        trial);
  }

  /** The same, asking whether DuckDB opens the database. */
  public ReplicatorOptions withTrial(OpeningTrial newTrial) {
    return new ReplicatorOptions(
        database,
        written,
        store,
        policy,
        syncInterval,
        openTimeout,
        scrubInterval,
        watcher,
        clock,
        ticker,
        newTrial);
  }
}
