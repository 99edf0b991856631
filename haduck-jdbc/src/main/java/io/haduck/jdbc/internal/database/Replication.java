package io.haduck.jdbc.internal.database;

import io.haduck.core.CommitMark;
import io.haduck.core.DatabasePosition;
import io.haduck.core.FencedException;
import io.haduck.core.HaduckException;
import io.haduck.core.PositionToken;
import io.haduck.core.follower.AwaitOutcome;
import io.haduck.core.replica.CheckpointHold;
import io.haduck.core.replica.ReplicationListener;
import io.haduck.core.replica.Replicator;
import io.haduck.core.replica.ReplicatorStatus;
import io.haduck.core.replica.SyncResult;
import io.haduck.core.settings.Durability;
import io.haduck.core.settings.Settings;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.ObjectStoreProvider;
import io.haduck.core.store.ReplicaLocation;
import io.haduck.jdbc.ReplicationPendingException;
import io.haduck.jdbc.internal.sql.SqlErrors;
import io.haduck.jdbc.internal.sql.SqlKind;
import io.haduck.jdbc.internal.url.DatabasePath;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The replicator of one database as JDBC needs it: waits in terms of JDBC's errors. Safe for any
 * thread, but for {@link #databaseOpening}, {@link #databaseOpened} and {@link #databaseClosed},
 * which are called one at a time.
 */
public final class Replication {
  private static final Logger log = LoggerFactory.getLogger(Replication.class);

  /**
   * Calls that are no checkpoint look at the file at most this often: a look costs a few
   * microseconds.
   */
  private static final long LOOK_EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  /** Calls that only read as far as their words tell, which may be many more. */
  private static final long LOOK_AFTER_READS_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private final Replicator replicator;
  private final ReplicaLocation location;
  private final Durability durability;
  private final Duration syncTimeout;
  private final AtomicBoolean toldRestored = new AtomicBoolean();
  private final Duration shutdownTimeout;
  private final LastSending lastSending;
  private final HandingOver handingOver;
  private final ToldPositions toldPositions;
  private final BooleanSupplier lastChance;
  private volatile long lookedNanos;

  /** The replica is known to have a first changeset. */
  private volatile boolean based;

  private Replication(
      Replicator replicator,
      ReplicaLocation location,
      Settings settings,
      BooleanSupplier lastChance) {
    this.replicator = replicator;
    this.location = location;
    this.durability = settings.durability();
    this.syncTimeout = settings.syncTimeout();
    this.shutdownTimeout = settings.shutdownTimeout();
    this.lastChance = lastChance;
    this.lastSending = new LastSending(replicator, location);
    this.handingOver = new HandingOver(replicator, syncTimeout);
    this.toldPositions =
        new ToldPositions(() -> ObjectStoreProvider.openStore(location, settings.storeSettings()));
    this.lookedNanos = System.nanoTime() - LOOK_EVERY_NANOS;
  }

  /**
   * Judges the local file, restores it if it is missing, and takes the log over. DuckDB must not
   * have the file open.
   *
   * @param lastChance whether the JVM is about to end, so that whoever commits must wait
   */
  static Replication open(
      DatabasePath database,
      Settings settings,
      ReplicaLocation location,
      DatabaseOpening opening,
      BooleanSupplier lastChance) {
    Replicator replicator = ReplicatorOpening.open(database, settings, location, opening);
    var made = new Replication(replicator, location, settings, lastChance);
    replicator.duty().handOverOnRequest(made.handingOver::onRequest);
    return made;
  }

  /** Whether opening it has restored the database; true once, for who says what was restored. */
  boolean restoredUntold() {
    return replicator.restored().isPresent() && toldRestored.compareAndSet(false, true);
  }

  /** See {@link Replicator#isCurrent}. */
  boolean isCurrent() {
    return replicator.isCurrent();
  }

  /** See {@link Replicator#databaseOpening}. */
  void databaseOpening() {
    replicator.databaseOpening();
  }

  /** See {@link Replicator#databaseOpened}. */
  void databaseOpened(CheckpointHold hold) {
    replicator.databaseOpened(hold);
  }

  /** See {@link Replicator#databaseFailedToOpen}. */
  void databaseFailedToOpen() {
    replicator.databaseFailedToOpen();
  }

  /** See {@link Replicator#databaseClosing}. */
  void databaseClosing(boolean alone) {
    replicator.databaseClosing(alone);
  }

  ReplicaLocation location() {
    return location;
  }

  /** See {@link Replicator#databaseClosed}. */
  void databaseClosed() {
    replicator.databaseClosed();
  }

  /** Something may have changed; looks now if it is likely a checkpoint, else now and then. */
  void changed(SqlKind likely) {
    long now = System.nanoTime();
    long every = likely.onlyReads() ? LOOK_AFTER_READS_NANOS : LOOK_EVERY_NANOS;
    if (likely == SqlKind.CHECKPOINTS || now - lookedNanos >= every) {
      lookedNanos = now;
      replicator.changed();
    }
  }

  /**
   * Fails once another writer has taken over.
   *
   * @throws SQLException of class 08
   */
  void requireNotFenced() throws SQLException {
    FencedException refusal = handingOver.refusal();
    FencedException fenced = refusal == null ? fenced() : refusal;
    if (fenced != null) {
      throw SqlErrors.fenced(fenced);
    }
  }

  @Nullable FencedException fenced() {
    return replicator.fenced();
  }

  /** Gives the database to another process. */
  public HandingOver handingOver() {
    return handingOver;
  }

  /**
   * Fails if another writer has taken over by the end of a call that nothing waits for.
   *
   * @throws SQLException with SQLState 08007
   */
  public void requireNotFencedAfter() throws SQLException {
    FencedException fenced = fenced();
    if (fenced != null) {
      throw SqlErrors.fencedCommit(
          "what this call has committed, if anything, is not known to be in the history that won",
          fenced);
    }
  }

  /** Whether it is fenced since it was given to another process. */
  boolean wasHandedOver() {
    return replicator.duty().isHandedOver();
  }

  /** Of the lease that it had or has; null if it had none. */
  @Nullable String leaseSession() {
    return replicator.duty().leaseSession();
  }

  Durability durability() {
    return durability;
  }

  public Duration syncTimeout() {
    return syncTimeout;
  }

  public ReplicatorStatus status() {
    return replicator.status();
  }

  /**
   * What became of a position that a writer of the replica has told of, this one or one before it.
   *
   * @param timeout for asking the replica, where that is needed
   * @throws SQLException of class 08 if another writer has taken over
   */
  public AwaitOutcome outcome(PositionToken position, Duration timeout) throws SQLException {
    requireNotFenced();
    return toldPositions.outcome(status(), position, timeout);
  }

  /** Opens its replica once more, for who asks it something; the caller closes it. */
  public ObjectStore openStore() {
    return toldPositions.openStore(syncTimeout);
  }

  void wakeWaiters() {
    replicator.wakeWaiters();
  }

  /**
   * Where the local database is.
   *
   * @throws ReplicationPendingException if it cannot be read
   */
  public DatabasePosition position(CallWait wait) throws SQLException {
    try {
      return replicator.position();
    } catch (HaduckException e) {
      throw new Unreached(location, wait.doubtful()).pending(String.valueOf(e.getMessage()), e);
    }
  }

  /** Where the local database is, to be compared with a later moment; null if that fails. */
  @Nullable CommitMark mark() {
    try {
      return replicator.mark();
    } catch (HaduckException e) {
      log.debug("{} cannot be looked at", replicator.database(), e);
      return null;
    }
  }

  /**
   * Lets a long capture finish reading, so that the checkpoint to come does not make it begin
   * again.
   */
  void awaitCaptureRead(CallWait wait) {
    long begun = System.nanoTime();
    try {
      replicator.awaitCaptureRead(wait.left(syncTimeout));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the checkpoint goes on: it is what the caller asked for
    } finally {
      wait.waitedSince(begun);
    }
  }

  /** Waits for what a call may have committed, if durability says so or the JVM is about to end. */
  void awaitCommitted(SqlKind likely, CallWait wait) throws SQLException {
    boolean waits =
        switch (durability) {
          case ASYNC -> false;
          case CHECKPOINT -> likely == SqlKind.CHECKPOINTS;
          case COMMIT -> !likely.onlyReads();
        };
    if (waits) {
      await(wait);
    } else if (likely != SqlKind.READS && lastChance.getAsBoolean()) {
      lastSending.send(wait.left(syncTimeout));
    }
  }

  /** Waits for everything that is committed now. */
  public void await(CallWait wait) throws SQLException {
    DatabasePosition position = position(wait);
    if (!replicator.holds(position)) {
      long begun = System.nanoTime();
      try {
        await(position, wait);
      } finally {
        wait.waitedSince(begun);
      }
    }
  }

  /**
   * Where commits wait for the replica, waits after connecting until it holds the database at all,
   * and what initial SQL may have committed.
   *
   * @throws SQLException of class 08 if it does not in time
   */
  void afterConnecting(boolean initialSql) throws SQLException {
    if (durability != Durability.COMMIT || (!initialSql && hasBase())) {
      return;
    }
    try {
      await(CallWait.uncancelled());
    } catch (ReplicationPendingException e) {
      throw new SQLTransientConnectionException(
          "with durability=commit a connection is given out once the replica holds the database: "
              + e.getMessage(),
          SqlErrors.CANNOT_CONNECT,
          e);
    }
  }

  private boolean hasBase() {
    if (!based) {
      based = replicator.status().seq() > 0;
    }
    return based;
  }

  /** Tells a listener from now on; see {@link Replicator#listen}. */
  void listen(ReplicationListener listener) {
    replicator.listen(listener);
  }

  /** Waits for what closing the file wrote, if durability says so or the JVM is about to end. */
  void afterLastClose(CallWait wait) throws SQLException {
    if (durability != Durability.ASYNC) {
      await(wait);
    } else if (lastChance.getAsBoolean()) {
      lastSending.send(wait.left(syncTimeout));
    }
  }

  /** Whether it is about to end, so that whoever commits must wait, whatever durability says. */
  boolean isLastChance() {
    return lastChance.getAsBoolean();
  }

  /** How long the end of the JVM may be put off for this database. */
  Duration shutdownTimeout() {
    return shutdownTimeout;
  }

  /** What is left to send when the JVM ends. */
  LastSending lastSending() {
    return lastSending;
  }

  /** See {@link Replicator#hurry}. */
  void hurry() {
    replicator.hurry();
  }

  /** See {@link Replicator#isAwaited}. */
  public boolean isAwaited() {
    return replicator.isAwaited();
  }

  /**
   * Waits until a position of the database is on the replica, for as long as a call may.
   *
   * @throws ReplicationPendingException if it is not there in time
   * @throws SQLException of class 08 if it never will be, since another writer has taken over
   */
  private void await(DatabasePosition position, CallWait wait) throws SQLException {
    await(position, wait.left(syncTimeout), wait);
  }

  /**
   * As {@link #await(DatabasePosition, CallWait)}, within another limit.
   *
   * @param wait who cancels it, and how certain it is that what is waited for is committed
   */
  public SyncResult await(DatabasePosition position, Duration limit, CallWait wait)
      throws SQLException {
    SyncResult result;
    try {
      result = replicator.await(position, limit, wait::cancelled);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Unreached(location, wait.doubtful()).interrupted(e);
    }
    if (result.reached()) {
      return result;
    }
    throw new Unreached(location, wait.doubtful())
        .failure(result, fenced(), limit, wait.cancelled());
  }

  /** See {@link Replicator#close}. */
  void close() {
    replicator.close();
  }
}
