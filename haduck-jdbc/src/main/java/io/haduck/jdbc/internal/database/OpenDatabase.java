package io.haduck.jdbc.internal.database;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.haduck.core.DivergedException;
import io.haduck.core.FencedException;
import io.haduck.core.HaduckException;
import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.internal.duckdb.DuckDbLock;
import io.haduck.core.replica.ReplicationListeners;
import io.haduck.core.replica.ReplicatorStatus;
import io.haduck.core.restore.OpeningTrial;
import io.haduck.core.settings.Setting;
import io.haduck.core.settings.Settings;
import io.haduck.core.store.ReplicaLocation;
import io.haduck.jdbc.DatabaseRole;
import io.haduck.jdbc.DatabaseStatus;
import io.haduck.jdbc.internal.sql.ReplayRisk;
import io.haduck.jdbc.internal.url.DatabasePath;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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
  private static final Logger log = LoggerFactory.getLogger(OpenDatabase.class);

  private final Path path;
  private final Registry registry;
  private final DatabaseServices services;
  private final ReentrantLock lock = new ReentrantLock();
  private final ReplicationListeners listeners = new ReplicationListeners();
  private final DuckDbLock duckDbLock;

  @GuardedBy("lock")
  private @Nullable Settings settings;

  @GuardedBy("lock")
  private @Nullable HeldCheckpoints held;

  /** Null while DuckDB has the file closed, and where it is not to be asked for checkpoints. */
  private volatile @Nullable SoonCheckpoint soon;

  @GuardedBy("lock")
  private @Nullable ScheduledFuture<?> lingering;

  /** A DuckDB instance has the file open or is opening it, as far as we are told. */
  @GuardedBy("lock")
  private boolean used;

  @GuardedBy("lock")
  private boolean retired;

  /** The file has a write-ahead log that DuckDB replays when it opens it. */
  private volatile boolean replays;

  private volatile @Nullable Replication replication;

  /** What one database needs of all of them. Safe for any thread. */
  interface Registry {
    /**
     * Reserves a replica for a database; see {@code OpenDatabases}.
     *
     * @throws InvalidConfigurationException if another database of this JVM has it
     */
    void claim(
        OpenDatabase database, Settings settings, ReplicaLocation location, boolean attached);

    /** Gives its replica up. */
    void release(OpenDatabase database);

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
   * @param attached whether by ATTACH, and not as the main database of an instance
   * @param trial asked whether DuckDB can, before the replica is taken over
   * @return false if this object was retired meanwhile; ask the registry for another
   * @throws HaduckException if it cannot be opened; then nothing is left open
   */
  boolean open(DatabasePath named, Settings wanted, boolean attached, OpeningTrial trial) {
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
        openReplication(named, wanted, attached, trial);
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

  @GuardedBy("lock")
  private void openReplication(
      DatabasePath named, Settings wanted, boolean attached, OpeningTrial trial) {
    stopLingering();
    Replication current = replication;
    boolean reusable =
        current != null
            && wanted.equals(settings)
            && current.fenced() == null
            && current.isCurrent();
    if (!reusable) {
      endReplication();
      settings = wanted;
      current = makeReplication(named, wanted, attached, trial);
    }
    if (current != null) {
      current.databaseOpening();
    }
  }

  @GuardedBy("lock")
  private @Nullable Replication makeReplication(
      DatabasePath named, Settings wanted, boolean attached, OpeningTrial trial) {
    ReplicaLocation location = ReplicaPlacement.locate(named, wanted);
    if (location == null) {
      LocalOnly.say(path, wanted);
      return null;
    }
    registry.claim(this, wanted, location, attached);
    boolean claimed = false;
    try {
      registry.fencedReplicas().requireOurs(location); // after the claim, which may end another's
      Replication made = Replication.open(named, wanted, location, trial, services::isLastChance);
      made.listen(listeners);
      if (JvmEnd.hasBegun()) {
        made.hurry();
      }
      replication = made;
      claimed = true;
      registry.divergences().forget(path);
      log.info("{} is replicated to {}; {}", path, location, wanted);
      return made;
    } catch (DivergedException e) {
      registry.divergences().add(path, e);
      throw e;
    } finally {
      if (!claimed) {
        registry.release(this);
      }
    }
  }

  /**
   * DuckDB has opened the file.
   *
   * @param newHeld holds its automatic checkpoints
   * @param own gives connections to the instance
   * @throws HaduckException if it cannot be replicated; then let DuckDB close it, and {@link
   *     #abandon} it
   */
  void opened(HeldCheckpoints newHeld, OwnConnector own) {
    lock.lock();
    try {
      Replication current = replication;
      if (current != null) {
        held = newHeld;
        current.databaseOpened(newHeld);
        if (settings != null && settings.replayCheckpoint()) {
          soon = new SoonCheckpoint(path, current, newHeld, own, services);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Asks DuckDB for a checkpoint soon, if it is to be asked. Never waits. */
  void checkpointSoon(ReplayRisk risk) {
    SoonCheckpoint current = soon;
    if (current != null) {
      current.ask(risk);
    }
  }

  /** What asks for checkpoints of haduck's own; null while there can be none. */
  @Nullable SoonCheckpoint ownCheckpoint() {
    return soon;
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
    Replication current = replication;
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
      List<Setting<?>> different =
          DifferentSettings.between(wanted, Objects.requireNonNull(settings));
      if (!different.isEmpty()) {
        throw new InvalidConfigurationException(
            path
                + " is open in this JVM with other values of "
                + different.stream().map(Setting::qualifiedKey).collect(Collectors.joining(", "))
                + "; all connections to one database share them");
      }
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
      releaseHeld();
      Replication current = replication;
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
      return replication;
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
    releaseHeld();
    Replication current = replication;
    if (current != null) {
      current.databaseClosed();
    }
  }

  @GuardedBy("lock")
  private void releaseHeld() {
    SoonCheckpoint asked = soon;
    soon = null;
    if (asked != null) {
      asked.stop(); // whoever closes the file has waited for it, without any lock
    }
    HeldCheckpoints current = held;
    held = null;
    if (current != null) {
      current.releaseNow();
    }
  }

  @GuardedBy("lock")
  private void linger() {
    Settings known = settings;
    if (replication == null || known == null) {
      retire();
    } else if (!known.linger().isZero()) {
      lingering = services.later(this::lingerIsOver, known.linger().toMillis());
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
      Replication current = replication;
      if (retired || lingering == null || current == null || used) {
        return;
      }
      if (current.isCurrent()
          && current.fenced() == null
          && current.status().state() != ReplicatorStatus.State.IN_SYNC) {
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
      Replication current = replication;
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
      endReplication();
    } finally {
      registry.forget(this);
    }
  }

  @GuardedBy("lock")
  private void endReplication() {
    Replication current = replication;
    if (current == null) {
      return;
    }
    replication = null;
    try {
      if (JvmEnd.hasBegun()) {
        current.lastSending().tellUnsent(); // there may be no next opening
      }
      current.close();
    } catch (HaduckException e) {
      log.warn("closing the replication of {}: {}", path, e.getMessage());
    } finally {
      FencedException fenced = current.fenced();
      if (fenced != null) {
        registry.fencedReplicas().add(current.location(), fenced);
      }
      registry.release(this);
    }
  }

  // --- what others ask

  /** How it is replicated at this moment; null if it has no replica. */
  @Nullable Replication current() {
    return replication;
  }

  /** How it is replicated; empty in local-only mode. */
  public Optional<Replication> replication() {
    return Optional.ofNullable(replication);
  }

  /** Who is told how the replication goes. */
  public ReplicationListeners listeners() {
    return listeners;
  }

  /**
   * How it is doing. Takes no lock that is held while DuckDB is called.
   *
   * @param connections of the DuckDB instance that uses it
   */
  public DatabaseStatus status(int connections) {
    Optional<ReplicatorStatus> replicated = replication().map(Replication::status);
    DatabaseRole role = replicated.isPresent() ? DatabaseRole.WRITER : DatabaseRole.LOCAL_ONLY;
    return new DatabaseStatus(path, role, connections, duckDbLock.isLost(), replicated);
  }
}
