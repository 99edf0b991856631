package io.haduck.jdbc;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.haduck.core.HaduckException;
import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.Setting;
import io.haduck.core.Settings;
import io.haduck.core.replica.ReplicationListeners;
import io.haduck.core.replica.ReplicatorStatus;
import io.haduck.core.store.ReplicaLocation;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One database file of this JVM: its connections, and its replication if it has one.
 *
 * <p>Its life: connections open DuckDB with the first of them and close it with the last; the
 * replication is opened before DuckDB and outlives it by {@code linger}; then the database is
 * retired and forgotten.
 *
 * <p>Safe for any thread. {@code lock} serialises connecting, closing and retiring, and is held
 * while the replica is judged and restored and while DuckDB opens and closes the file, but never
 * while anything waits for the store to take what was written. Lock order: {@code lock}, then the
 * registry's monitor.
 */
final class OpenDatabase extends ReplicatedCalls {
  private static final Logger log = LoggerFactory.getLogger(OpenDatabase.class);

  private final Path path;
  private final OpenDatabases registry;
  private final ReentrantLock lock = new ReentrantLock();
  private final ReplicationListeners listeners = new ReplicationListeners();

  /** Changed under the lock. */
  private final List<HaduckConnection> connections = new CopyOnWriteArrayList<>();

  @GuardedBy("lock")
  private @Nullable Settings settings;

  @GuardedBy("lock")
  private @Nullable HeldCheckpoints held;

  @GuardedBy("lock")
  private @Nullable ScheduledFuture<?> lingering;

  /** DuckDB has the file open, as far as wrapped connections tell. */
  @GuardedBy("lock")
  private boolean opened;

  @GuardedBy("lock")
  private boolean retired;

  private volatile @Nullable Replication replication;

  OpenDatabase(Path path, OpenDatabases registry) {
    this.path = path;
    this.registry = registry;
  }

  Path path() {
    return path;
  }

  // --- connecting

  /**
   * Adds a connection, opening the database if it is the first.
   *
   * @return null if this object was retired meanwhile; ask the registry for another
   */
  @Nullable HaduckConnection connect(Settings wanted, DuckDbConnector duckdb) throws SQLException {
    HaduckConnection connection = connectNow(wanted, duckdb);
    Replication current = replication;
    if (connection == null || current == null) {
      return connection;
    }
    boolean ready = false;
    try {
      current.afterConnecting(duckdb.runsInitialSql());
      ready = true;
      return connection;
    } finally {
      if (!ready) {
        closeUnused(connection);
      }
    }
  }

  private void closeUnused(HaduckConnection connection) {
    try {
      closeLocally(connection);
    } catch (SQLException e) {
      log.debug("closing a connection to {} that was not given out", path, e);
    } finally {
      retireIfLingerIsOver();
    }
  }

  private @Nullable HaduckConnection connectNow(Settings wanted, DuckDbConnector duckdb)
      throws SQLException {
    lock.lock();
    try {
      if (retired) {
        return null;
      }
      HaduckConnection connection = null;
      try {
        connection = connectLocked(wanted, duckdb);
        return connection;
      } finally {
        if (connection == null && connections.isEmpty() && replication == null) {
          retire(); // nothing was opened: leave no trace
        }
      }
    } catch (HaduckException e) {
      throw SqlErrors.connecting(e);
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private HaduckConnection connectLocked(Settings wanted, DuckDbConnector duckdb)
      throws SQLException {
    forgetClosed();
    if (connections.isEmpty()) {
      noteClosed();
      return openFirst(wanted, duckdb);
    }
    requireSame(wanted);
    beforeCall();
    return add(duckdb.connect());
  }

  /** Connections that were closed behind our back, by {@code unwrap}. */
  @GuardedBy("lock")
  private void forgetClosed() throws SQLException {
    for (HaduckConnection connection : List.copyOf(connections)) {
      if (connection.delegate().isClosed()) {
        connections.remove(connection);
      }
    }
  }

  @GuardedBy("lock")
  private void requireSame(Settings wanted) {
    List<Setting> different = wanted.differences(Objects.requireNonNull(settings));
    if (!different.isEmpty()) {
      throw new InvalidConfigurationException(
          path
              + " is open in this JVM with other values of "
              + different.stream().map(Setting::qualifiedKey).collect(Collectors.joining(", "))
              + "; all connections to one database share them");
    }
  }

  @GuardedBy("lock")
  private HaduckConnection openFirst(Settings wanted, DuckDbConnector duckdb) throws SQLException {
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
      current = openReplication(wanted);
    }
    HaduckConnection first = null;
    try {
      first = add(openDuckDb(current, duckdb));
      return first;
    } finally {
      if (first == null) {
        endReplication();
      }
    }
  }

  @GuardedBy("lock")
  private @Nullable Replication openReplication(Settings wanted) {
    ReplicaLocation location = Replication.locate(path, wanted);
    if (location == null) {
      log.info("{} is local only: neither haduck.replica nor haduck.s3.bucket is set", path);
      return null;
    }
    registry.claim(this, wanted, location);
    boolean claimed = false;
    try {
      Replication made = Replication.open(path, wanted, location, registry.watcher());
      made.listen(listeners);
      replication = made;
      claimed = true;
      log.info("{} is replicated to {}; {}", path, location, wanted);
      return made;
    } finally {
      if (!claimed) {
        registry.release(this);
      }
    }
  }

  @GuardedBy("lock")
  private Connection openDuckDb(@Nullable Replication current, DuckDbConnector duckdb)
      throws SQLException {
    if (current == null) {
      Connection connection = duckdb.connect();
      opened = true;
      registry.statusFunction().register(connection, this::status);
      return connection;
    }
    current.databaseOpening();
    Connection connection = ReplayHint.connect(duckdb, path);
    opened = true;
    try {
      held = new HeldCheckpoints(lock, registry.scheduler(), this::anyOpen);
      current.databaseOpened(held);
      registry.statusFunction().register(connection, this::status);
      return connection;
    } catch (RuntimeException e) {
      connection.close();
      noteClosed();
      throw e;
    }
  }

  private Connection anyOpen() throws SQLException {
    lock.lock();
    try {
      if (connections.isEmpty()) {
        throw new SQLException(path + " is closed");
      }
      return connections.get(0).delegate();
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private HaduckConnection add(Connection connection) {
    var wrapped = new HaduckConnection(connection, this);
    connections.add(wrapped);
    afterCall(SqlKind.CHECKPOINTS); // initial SQL may have done anything
    return wrapped;
  }

  // --- closing

  @Override
  public void close(HaduckConnection connection) throws SQLException {
    Replication current = closeLocally(connection);
    if (current != null) {
      try {
        current.afterLastClose();
      } finally {
        retireIfLingerIsOver();
      }
    }
  }

  /** Returns the replication if the database is closed with this connection, and null if not. */
  private @Nullable Replication closeLocally(HaduckConnection connection) throws SQLException {
    lock.lock();
    try {
      boolean known = connections.remove(connection);
      forgetClosed();
      if (!known || !connections.isEmpty()) {
        try {
          connection.delegate().close();
        } finally {
          afterCall(SqlKind.CHECKPOINTS);
        }
        return null;
      }
      Replication current = replication;
      releaseHeld();
      try {
        connection.delegate().close();
      } finally {
        noteClosed();
        linger();
      }
      return current;
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void noteClosed() {
    if (!opened) {
      return;
    }
    opened = false;
    releaseHeld();
    Replication current = replication;
    if (current != null) {
      current.databaseClosed();
    }
  }

  @GuardedBy("lock")
  private void releaseHeld() {
    HeldCheckpoints current = held;
    held = null;
    if (current != null) {
      current.releaseNow();
    }
  }

  // --- lingering and retiring

  @GuardedBy("lock")
  private void linger() {
    Settings known = settings;
    if (replication == null || known == null) {
      retire();
    } else if (!known.linger().isZero()) {
      lingering =
          registry
              .scheduler()
              .schedule(this::lingerIsOver, known.linger().toMillis(), TimeUnit.MILLISECONDS);
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
      if (retired || lingering == null || current == null || !connections.isEmpty()) {
        return;
      }
      if (current.fenced() == null && current.status().state() != ReplicatorStatus.State.IN_SYNC) {
        linger(); // it goes on trying to send what a caller was told is pending
        return;
      }
      retire();
    } finally {
      lock.unlock();
    }
  }

  /** With no linger, or once fenced, the file and its lock are free when the last close returns. */
  private void retireIfLingerIsOver() {
    lock.lock();
    try {
      Replication current = replication;
      if (current != null && (lingering == null || current.fenced() != null)) {
        retireIfIdle();
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Retires the database if nobody is connected to it. What was not sent is sent when it is opened
   * again.
   *
   * @return false if it has connections, or is being connected to or closed right now
   */
  boolean retireIfIdle() {
    if (!lock.tryLock()) {
      return false;
    }
    try {
      if (!connections.isEmpty()) {
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
      current.close();
    } catch (HaduckException e) {
      log.warn("closing the replication of {}: {}", path, e.getMessage());
    } finally {
      registry.release(this);
    }
  }

  // --- what the facade asks

  @Override
  @Nullable Replication current() {
    return replication;
  }

  @Override
  public ReplicationListeners listeners() {
    return listeners;
  }

  @Override
  public DatabaseStatus status() {
    Optional<ReplicatorStatus> replicated = replication().map(Replication::status);
    DatabaseRole role = replicated.isPresent() ? DatabaseRole.WRITER : DatabaseRole.LOCAL_ONLY;
    return new DatabaseStatus(path, role, connections.size(), replicated);
  }
}
