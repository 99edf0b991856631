package io.haduck.core.replica;

import io.haduck.core.Ticker;
import io.haduck.core.internal.capture.RollUp;
import io.haduck.core.internal.opening.OpeningRequest;
import io.haduck.core.internal.opening.WrittenPath;
import io.haduck.core.restore.OpeningTrial;
import io.haduck.core.settings.OpeningPolicy;
import io.haduck.core.store.ObjectStore;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;

/** How to replicate one database. Immutable. */
public final class ReplicatorOptions {
  private final Path database;
  private final ObjectStore store;
  private WrittenPath written;
  private OpeningPolicy policy = OpeningPolicy.DEFAULT;
  private Duration syncInterval = Duration.ofSeconds(1);
  private Duration openTimeout = Duration.ofSeconds(30);
  private Duration scrubInterval = Duration.ofHours(24);
  private InstantSource clock = InstantSource.system();
  private Ticker ticker = Ticker.system();
  private OpeningTrial trial = OpeningTrial.none();
  private int rollUpAfter = RollUp.DUE_AFTER;

  private ReplicatorOptions(Path database, ObjectStore store) {
    this.database = database;
    this.store = store;
    this.written = new WrittenPath(database, true);
  }

  private ReplicatorOptions copy() {
    var copy = new ReplicatorOptions(database, store);
    copy.written = written;
    copy.policy = policy;
    copy.syncInterval = syncInterval;
    copy.openTimeout = openTimeout;
    copy.scrubInterval = scrubInterval;
    copy.clock = clock;
    copy.ticker = ticker;
    copy.trial = trial;
    copy.rollUpAfter = rollUpAfter;
    return copy;
  }

  /**
   * Returns the defaults: a replica that serves any path, restore if missing, look every second,
   * wait 30 s at opening, scrub once a day, the system's clocks.
   *
   * @param database its file, which need not exist
   * @param store of its replica; the replicator closes it
   */
  public static ReplicatorOptions of(Path database, ObjectStore store) {
    return new ReplicatorOptions(database, store);
  }

  /**
   * Returns the same database, named otherwise: what the log says of which database it is.
   *
   * @param path by which the user names it
   * @param named whether somebody gave it its name in the replica; if not, it is that of the file,
   *     and only a log of this path is taken
   */
  public ReplicatorOptions withWritten(Path path, boolean named) {
    var copy = copy();
    copy.written = new WrittenPath(path, named);
    return copy;
  }

  /** Returns the same with another policy: what opening may do of its own accord. */
  public ReplicatorOptions withPolicy(OpeningPolicy newPolicy) {
    var copy = copy();
    copy.policy = newPolicy;
    return copy;
  }

  /**
   * Returns the same with other times.
   *
   * @param newSyncInterval how often to look when no event and no hint says so
   * @param newOpenTimeout how long opening may wait for a store that does not answer
   */
  public ReplicatorOptions withTimes(Duration newSyncInterval, Duration newOpenTimeout) {
    var copy = copy();
    copy.syncInterval = newSyncInterval;
    copy.openTimeout = newOpenTimeout;
    return copy;
  }

  /**
   * Returns the same, comparing all blocks with the replica's at another interval.
   *
   * @param newScrubInterval zero for never
   */
  public ReplicatorOptions withScrubInterval(Duration newScrubInterval) {
    var copy = copy();
    copy.scrubInterval = newScrubInterval;
    return copy;
  }

  /** Returns the same by another clock for what takes time. */
  ReplicatorOptions withTicker(Ticker newTicker) {
    var copy = copy();
    copy.ticker = newTicker;
    return copy;
  }

  /** Returns the same with another clock for the times of commits. */
  ReplicatorOptions withClock(InstantSource newClock) {
    var copy = copy();
    copy.clock = newClock;
    return copy;
  }

  /** Returns the same, rolling the WAL up after another number of changesets. */
  ReplicatorOptions withRollUpAfter(int newRollUpAfter) {
    var copy = copy();
    copy.rollUpAfter = newRollUpAfter;
    return copy;
  }

  /**
   * Returns the same, asking whether DuckDB opens the database, before the log is taken over, where
   * it may not.
   */
  public ReplicatorOptions withTrial(OpeningTrial newTrial) {
    var copy = copy();
    copy.trial = newTrial;
    return copy;
  }

  /** Its file. */
  public Path database() {
    return database;
  }

  /** Of its replica. */
  public ObjectStore store() {
    return store;
  }

  /** Returns what opening may do of its own accord. */
  public OpeningPolicy policy() {
    return policy;
  }

  /** Returns how often to look when no event and no hint says so. */
  public Duration syncInterval() {
    return syncInterval;
  }

  /** Wall time. */
  InstantSource clock() {
    return clock;
  }

  /** Monotonic time. */
  Ticker ticker() {
    return ticker;
  }

  OpeningRequest opening() {
    return new OpeningRequest(
        database,
        written,
        store,
        policy,
        openTimeout,
        scrubInterval,
        clock,
        ticker,
        trial,
        rollUpAfter);
  }
}
