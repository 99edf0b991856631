package io.haduck.core.replica;

import io.haduck.core.Ticker;
import io.haduck.core.follower.FollowerCopy;
import io.haduck.core.internal.capture.RollUp;
import io.haduck.core.internal.compaction.CompactionRules;
import io.haduck.core.internal.opening.OpeningRequest;
import io.haduck.core.internal.opening.WrittenPath;
import io.haduck.core.internal.restoring.HandedImage;
import io.haduck.core.internal.upkeep.MetadataReview;
import io.haduck.core.lease.WriterLease;
import io.haduck.core.restore.OpeningTrial;
import io.haduck.core.retention.SweepOptions;
import io.haduck.core.settings.Compression;
import io.haduck.core.settings.OpeningPolicy;
import io.haduck.core.store.ObjectStore;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** How to replicate one database. Immutable. */
public final class ReplicatorOptions {
  private final Path database;
  private final ObjectStore store;
  private WrittenPath written;
  private WriterLease lease = WriterLease.none();
  private OpeningPolicy policy = OpeningPolicy.DEFAULT;
  private Duration syncInterval = Duration.ofSeconds(1);
  private Duration openTimeout = Duration.ofSeconds(30);
  private Duration scrubInterval = Duration.ofHours(24);
  private SweepOptions sweep = SweepOptions.OFF;
  private Compression compression = Compression.AUTO;
  private InstantSource clock = InstantSource.system();
  private Ticker ticker = Ticker.system();
  private @Nullable Long begunNanos;
  private OpeningTrial trial = OpeningTrial.none();
  private @Nullable HandedImage image;
  private int rollUpAfter = RollUp.DUE_AFTER;
  private long reviewFromBytes = MetadataReview.WORTHWHILE_BYTES;
  private CompactionRules compaction = CompactionRules.NEVER;

  private ReplicatorOptions(Path database, ObjectStore store) {
    this.database = database;
    this.store = store;
    this.written = new WrittenPath(database, true);
  }

  private ReplicatorOptions copy() {
    var copy = new ReplicatorOptions(database, store);
    copy.written = written;
    copy.lease = lease;
    copy.policy = policy;
    copy.syncInterval = syncInterval;
    copy.openTimeout = openTimeout;
    copy.scrubInterval = scrubInterval;
    copy.sweep = sweep;
    copy.compression = compression;
    copy.clock = clock;
    copy.ticker = ticker;
    copy.begunNanos = begunNanos;
    copy.trial = trial;
    copy.image = image;
    copy.rollUpAfter = rollUpAfter;
    copy.reviewFromBytes = reviewFromBytes;
    copy.compaction = compaction;
    return copy;
  }

  /**
   * Returns the defaults: no lease, no sweeps, a replica that serves any path, restore if missing,
   * observe every second, wait 30 s at opening, scrub once a day, compress as the store is fast,
   * the system's clocks.
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

  /**
   * Returns the same with a lease, which is taken when the replica is opened, unless it is held
   * already.
   *
   * @param newLease the replicator releases and closes it; not where opening fails, which releases
   *     it only
   */
  public ReplicatorOptions withLease(WriterLease newLease) {
    var copy = copy();
    copy.lease = newLease;
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
   * @param newSyncInterval how often to observe the files when no event and no hint says so
   * @param newOpenTimeout how long opening may wait for a store that does not answer, and any call
   *     of it take, but 5 s at least: what is not answered then is tried again, with more time
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

  /**
   * Returns the same, of which opening began then: the time that it may wait for a store counts
   * from there, and with it what it took to set up the store's client.
   *
   * @param newBegunNanos by {@link System#nanoTime}
   */
  public ReplicatorOptions withOpeningBegun(long newBegunNanos) {
    var copy = copy();
    copy.begunNanos = newBegunNanos;
    return copy;
  }

  /** Returns the same, deleting from the replica what its retention gives up. */
  public ReplicatorOptions withSweep(SweepOptions newSweep) {
    var copy = copy();
    copy.sweep = newSweep;
    return copy;
  }

  /** Returns the same, compressing otherwise what is sent. */
  public ReplicatorOptions withCompression(Compression newCompression) {
    var copy = copy();
    copy.compression = newCompression;
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
   * Returns the same, reading a header's metadata from another number of bytes on that a checkpoint
   * would read.
   */
  ReplicatorOptions withReviewFromBytes(long newReviewFromBytes) {
    var copy = copy();
    copy.reviewFromBytes = newReviewFromBytes;
    return copy;
  }

  /**
   * Returns the same, copying blocks out of objects that are garbage for the most part, so that a
   * sweep can delete these. As long as nobody sweeps, that would only make the replica larger.
   *
   * @param wanted asked again and again, by the replicating thread: whether somebody sweeps. By
   *     default nobody does
   */
  public ReplicatorOptions withCompaction(BooleanSupplier wanted) {
    var copy = copy();
    copy.compaction = compaction.when(wanted);
    return copy;
  }

  /** Returns the same, compacting by other rules. */
  ReplicatorOptions withCompaction(CompactionRules newRules) {
    var copy = copy();
    copy.compaction = newRules;
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

  /**
   * Returns the same, with a copy of the database that was {@linkplain
   * io.haduck.core.follower.Follower#giveAway given away}: where the database is to be restored,
   * and the copy is at the log's head, the copy is renamed to it. If it is not used it stays where
   * it is.
   */
  public ReplicatorOptions withCopy(FollowerCopy newCopy) {
    var copy = copy();
    copy.image =
        new HandedImage(newCopy.database(), newCopy.position().seq(), newCopy.position().digest());
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

  /** Who may write, and who waits. */
  WriterLease lease() {
    return lease;
  }

  /** Returns what opening may do of its own accord. */
  public OpeningPolicy policy() {
    return policy;
  }

  /** Returns how often to observe the files when no event and no hint says so. */
  public Duration syncInterval() {
    return syncInterval;
  }

  /**
   * Returns how long opening may wait for a store that does not answer, and closing for one that
   * does not answer any more.
   */
  Duration openTimeout() {
    return openTimeout;
  }

  /** What is deleted from the replica. */
  SweepOptions sweep() {
    return sweep;
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
        lease,
        policy,
        begunNanos == null ? ticker.nanos() : begunNanos,
        openTimeout,
        scrubInterval,
        compression,
        clock,
        ticker,
        trial,
        image,
        rollUpAfter,
        reviewFromBytes,
        compaction);
  }
}
