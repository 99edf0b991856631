package io.haduck.jdbc.internal.database;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.haduck.core.HaduckException;
import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.internal.duckdb.DuckDbLock;
import io.haduck.core.replica.ReplicationListeners;
import io.haduck.core.replica.ReplicatorStatus;
import io.haduck.core.settings.Settings;
import io.haduck.jdbc.DatabaseRole;
import io.haduck.jdbc.DatabaseStatus;
import io.haduck.jdbc.internal.sql.ReplayRisk;
import io.haduck.jdbc.internal.url.DatabasePath;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One database file of this JVM, and its replication if it has one.
 *
 * <p>Its life: {@link #open} before DuckDB opens the file, {@link #opened} after it, {@link
 * #closed} when DuckDB has closed it. The replication outlives that by {@code linger}; then the
 * database is retired and forgotten. At most one DuckDB instance uses it, as its main database or
 * attached.
 *
 * <p>Safe for any thread. {@code lock} is held while the replica is judged and restored, but never
 * while anything waits for the store to take what was written. Lock order: that of a {@link
 * DatabaseInstance}, then {@code lock}, then the registry's monitor.
 */
public final class OpenDatabase {
  private final Path path;
  private final Registry registry;
  private final DatabaseServices services;
  private final ReentrantLock lock = new ReentrantLock();
  private final DuckDbLock duckDbLock;

  /** Changed under {@code lock}. */
  private final CurrentReplication replication;

  /** Null while DuckDB has the file closed, and where it has no replica. Changed under the lock. */
  private volatile @Nullable InDuckDb inDuckDb;

  @GuardedBy("lock")
  private @Nullable ScheduledFuture<?> lingering;

  /** A DuckDB instance has the file open or is opening it, as far as we are told. */
  @GuardedBy("lock")
  private boolean used;

  @GuardedBy("lock")
  private boolean retired;

  /** The file has a write-ahead log that DuckDB replays when it opens it. */
  private volatile boolean replays;

  /** What one database needs of all of them. Safe for any thread. */
  interface Registry {
    /** What a database may do to its claim to a replica. */
    CurrentReplication.Claim claim(OpenDatabase database);

    /** It was retired. */
    void forget(OpenDatabase database);

    /** What this JVM must not take back. */
    FencedReplicas fencedReplicas();

    /** What a person has to decide, and was told. */
    ToldDivergences divergences();
  }

  OpenDatabase(Path path, Registry registry, DatabaseServices services) {
    this.path = path;
    this.duckDbLock = new DuckDbLock(path);
    this.registry = registry;
    this.services = services;
    this.replication =
        new CurrentReplication(
            path,
            registry.claim(this),
            registry.fencedReplicas(),
            registry.divergences(),
            services::isLastChance);
  }

  public Path path() {
    return path;
  }

  DatabaseServices services() {
    return services;
  }

  /** DuckDB's lock on the file while an instance has it open. */
  DuckDbLock duckDbLock() {
    return duckDbLock;
  }

  // --- opening

  /**
   * DuckDB is about to open the file: judges and restores it.
   *
   * @param named the path, also as it was written
   * @return false if this object was retired meanwhile; ask the registry for another
   * @throws HaduckException if it cannot be opened; then nothing is left open
   */
  boolean open(DatabasePath named, Settings wanted, DatabaseOpening opening) {
    lock.lock();
    try {
      if (retired) {
        return false;
      }
      if (used) {
        throw new InvalidConfigurationException(
            path
                + " is open in this JVM already, in another DuckDB instance or by another ATTACH; DuckDB opens a file"
                + " once. DETACH it there, or close the connections to it");
      }
      boolean done = false;
      try {
        stopLingering();
        replication.open(named, wanted, opening);
        replays = ReplayedIndexes.mayReplay(path);
        used = true;
        done = true;
        return true;
      } finally {
        if (!done) {
          retire(); // nothing was opened: leave no trace
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * DuckDB has opened the file.
   *
   * @param hold holds its automatic checkpoints
   * @param own gives connections to the instance
   * @throws HaduckException if it cannot be replicated; then let DuckDB close it, and {@link
   *     #abandon} it
   */
  void opened(DuckDbCheckpointHold hold, OwnConnector own) {
    lock.lock();
    try {
      Replication current = replication.get();
      if (current != null) {
        inDuckDb = new InDuckDb(hold, new SoonCheckpoint(path, current, hold, own, services));
        current.databaseOpened(hold); // may ask for the hold at once, and fail
      }
    } finally {
      lock.unlock();
    }
  }

  /** Asks DuckDB for a checkpoint soon, if it is to be asked. Never waits. */
  void checkpointSoon(ReplayRisk risk) {
    SoonCheckpoint current = ownCheckpoint();
    if (current != null && replication.mayCheckpoint()) {
      current.ask(risk);
    }
  }

  /** What asks for checkpoints of haduck's own; null while there can be none. */
  @Nullable SoonCheckpoint ownCheckpoint() {
    InDuckDb current = inDuckDb;
    return current == null ? null : current.soon();
  }

  /** After how many commits DuckDB shall checkpoint it; 0 if that is left to DuckDB. */
  long walCommits() {
    return replication.walCommits();
  }

  /** Whether DuckDB replays a write-ahead log when it opens the file. */
  boolean replays() {
    return replays;
  }

  /** It was replayed, and is in the file: nothing of it is left to replay. */
  void replayed() {
    replays = ReplayedIndexes.mayReplay(path);
  }

  /** DuckDB did not open the file: the next opening tries that before it takes the replica over. */
  void failedToOpen() {
    Replication current = replication.get();
    if (current != null) {
      current.databaseFailedToOpen();
    }
  }

  /** DuckDB did not open the file, or had to close it at once. */
  void abandon() {
    lock.lock();
    try {
      noteClosed();
      retire();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Another connection wants it.
   *
   * @throws InvalidConfigurationException if with other settings
   */
  void requireSame(Settings wanted) {
    lock.lock();
    try {
      replication.requireSame(wanted);
    } finally {
      lock.unlock();
    }
  }

  // --- closing, lingering and retiring

  /**
   * DuckDB is about to close the file: puts its settings back.
   *
   * @param alone whether nobody can commit anything any more before it is closed
   * @return whether it should close it without a checkpoint, since another writer has the replica
   */
  boolean closing(boolean alone) {
    lock.lock();
    try {
      leaveDuckDb();
      Replication current = replication.get();
      if (!used || current == null) {
        return false;
      }
      current.databaseClosing(alone);
      return current.fenced() != null;
    } finally {
      lock.unlock();
    }
  }

  /**
   * DuckDB has closed the file, or at least nobody uses it any more whom we know of.
   *
   * @return the replication that lingers, to wait for; null if there is none
   */
  @Nullable Replication closed() {
    lock.lock();
    try {
      noteClosed();
      linger();
      return replication.get();
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void noteClosed() {
    if (!used) {
      return;
    }
    used = false;
    duckDbLock.closed();
    leaveDuckDb();
    Replication current = replication.get();
    if (current != null) {
      current.databaseClosed();
    }
  }

  @GuardedBy("lock")
  private void leaveDuckDb() {
    InDuckDb current = inDuckDb;
    inDuckDb = null;
    if (current != null) {
      current.end();
    }
  }

  @GuardedBy("lock")
  private void linger() {
    Duration linger = replication.linger();
    if (linger == null) {
      retire();
    } else if (!linger.isZero()) {
      lingering = services.later(this::lingerIsOver, linger.toMillis());
    }
  }

  @GuardedBy("lock")
  private void stopLingering() {
    ScheduledFuture<?> scheduled = lingering;
    lingering = null;
    if (scheduled != null) {
      scheduled.cancel(false);
    }
  }

  private void lingerIsOver() {
    lock.lock();
    try {
      if (retired || lingering == null || replication.get() == null || used) {
        return;
      }
      if (replication.isSending()) {
        linger(); // it goes on trying to send what a caller was told is pending
        return;
      }
      retire();
    } finally {
      lock.unlock();
    }
  }

  /** With no linger, or once fenced, the file and its lock are free when the last close returns. */
  void retireIfLingerIsOver() {
    lock.lock();
    try {
      Replication current = replication.get();
      boolean free = lingering == null && !services.sendsAtExit();
      if (current != null && (free || current.fenced() != null)) {
        retireIfIdle();
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Retires the database if nobody uses it. What was not sent is sent when it is opened again.
   *
   * @return false if it is used, or is being opened or closed right now
   */
  boolean retireIfIdle() {
    if (!lock.tryLock()) {
      return false;
    }
    try {
      if (used) {
        return false;
      }
      retire();
      return true;
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void retire() {
    if (retired) {
      return;
    }
    retired = true;
    stopLingering();
    try {
      replication.end();
    } finally {
      registry.forget(this);
    }
  }

  // --- what others ask

  /** How it is replicated at this moment; null if it has no replica. */
  @Nullable Replication current() {
    return replication.get();
  }

  /** How it is replicated; empty in local-only mode. */
  public Optional<Replication> replication() {
    return Optional.ofNullable(replication.get());
  }

  /** Who is told how the replication goes. */
  public ReplicationListeners listeners() {
    return replication.listeners();
  }

  /**
   * How it is doing. Takes no lock that is held while DuckDB is called.
   *
   * @param connections of the DuckDB instance that uses it
   */
  public DatabaseStatus status(int connections) {
    Optional<ReplicatorStatus> replicated = replication().map(Replication::status);
    DatabaseRole role = replicated.isPresent() ? DatabaseRole.WRITER : DatabaseRole.LOCAL_ONLY;
    return new DatabaseStatus(
        path, role, connections, duckDbLock.isLost(), replicated, Optional.empty());
  }
}
