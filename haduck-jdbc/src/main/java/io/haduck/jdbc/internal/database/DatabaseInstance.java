package io.haduck.jdbc.internal.database;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.haduck.core.HaduckException;
import io.haduck.core.UnavailableException;
import io.haduck.core.settings.Settings;
import io.haduck.jdbc.DatabaseStatus;
import io.haduck.jdbc.ReplicationPendingException;
import io.haduck.jdbc.internal.sql.SqlErrors;
import io.haduck.jdbc.internal.sql.SqlKind;
import io.haduck.jdbc.internal.url.DatabasePath;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One DuckDB instance: its wrapped connections, its main database where that is a file of haduck's,
 * and what is attached to it. DuckDB opens it with the first connection and closes it with the
 * last; then this object has ended.
 *
 * <p>Safe for any thread. {@code lock} serialises connecting, and is held while the replica of the
 * main database is judged and restored and while DuckDB opens its file, but neither while DuckDB
 * closes a connection, which takes as long as what runs on it, nor while SQL of the user's runs or
 * anything waits for the store. Instead, nobody connects while all connections that there are are
 * being closed.
 */
public final class DatabaseInstance {
  private static final Logger log = LoggerFactory.getLogger(DatabaseInstance.class);

  private final @Nullable DatabasePath main;
  private final @Nullable Path mainPath;
  private final Registry registry;
  private final Wrapping wrapping;
  private final ReentrantLock lock = new ReentrantLock();

  /** The close of a connection has ended. */
  private final Condition closeEnded = lock.newCondition();

  private final Attachments attachments;
  private final InstanceDatabases databases;
  private final StreamedResults streams = new StreamedResults();

  private final WrappedConnections connections = new WrappedConnections();
  private final InstanceStatus status;
  private final MainOpening opening = new MainOpening(lock, this::anyFree);

  @GuardedBy("lock")
  private @Nullable UnavailableException unavailable;

  @GuardedBy("lock")
  private boolean wasConnected;

  @GuardedBy("lock")
  private boolean ended;

  /** Somebody had DuckDB's own connection, and may have made others from it. */
  private volatile boolean everUnwrapped;

  /** The databases were told that DuckDB is about to close them. */
  @GuardedBy("lock")
  private boolean closingTold;

  /** What DuckDB has closed with a connection that was closed behind our back. */
  @GuardedBy("lock")
  private List<Closed> closedBehind = List.of();

  /** It is looked now and then whether connections were closed behind our back. */
  private volatile boolean watched;

  /** What one instance needs of all of them. Safe for any thread. */
  interface Registry extends DatabaseRegistry {
    /** What SQL can ask. */
    StatusFunction statusFunction();

    /** An instance has ended. */
    void forget(DatabaseInstance instance);

    /** Connections of an instance may be closed behind our back from now on. */
    void watch(DatabaseInstance instance);

    /** They may not any more. */
    void unwatch(DatabaseInstance instance);

    /** DuckDB may have lost its lock on one of the databases; looks in a moment. */
    void lookAtLocks();

    /** Whether the file that DuckDB would open by this name has a replica, and is open. */
    boolean isReplicated(String database);
  }

  /** Makes what a user gets of one of DuckDB's connections. */
  @FunctionalInterface
  public interface Wrapping {
    /**
     * Wraps one.
     *
     * @param instance told of what it does
     * @param settings that it was opened with, which databases that it attaches inherit
     */
    WrappedConnection wrap(Connection duckdb, DatabaseInstance instance, Settings settings);
  }

  /**
   * An instance without a connection yet.
   *
   * @param main the path of its main database; null if that is none of haduck's
   */
  public DatabaseInstance(@Nullable DatabasePath main, Registry registry, Wrapping wrapping) {
    this.main = main;
    this.mainPath = main == null ? null : main.file();
    this.registry = registry;
    this.wrapping = wrapping;
    this.attachments = new Attachments(lock, registry, new Host());
    this.databases = new InstanceDatabases(mainPath, attachments);
    this.status = new InstanceStatus(registry.statusFunction(), this::statuses);
  }

  private final class Host implements Attachments.Host {
    @Override
    public Connection anyOpen() throws SQLException {
      return DatabaseInstance.this.anyOpen();
    }

    @Override
    public Connection anyFree() throws SQLException {
      return DatabaseInstance.this.anyFree();
    }

    @Override
    public @Nullable OpenDatabase main(Path path) {
      return path.equals(mainPath) ? databases.main() : null;
    }

    @Override
    public void giveWayToCheckpoint() {
      databases.ownCheckpoints().giveWay();
    }

    @Override
    public boolean isAlone(WrappedConnection connection) {
      return !everUnwrapped && connections.isLastOpen(connection);
    }

    @Override
    public void attached(Connection duckdb) {
      status.register(duckdb);
    }
  }

  // --- connecting

  /**
   * Adds a connection, opening the databases if it is the first. What SQL the user wants to be run
   * first may take long: so it is run without the lock, while a connection without it keeps the
   * database open.
   *
   * @return null if this object has ended meanwhile; ask the registry for another
   */
  @Nullable WrappedConnection connect(Settings wanted, DuckDbConnector duckdb) throws SQLException {
    if (!duckdb.runsInitialSql()) {
      return given(connectNow(wanted, duckdb), false);
    }
    WrappedConnection keeping = given(connectNow(wanted, duckdb.withoutInitialSql()), false);
    if (keeping == null) {
      return null;
    }
    try {
      return given(adopt(duckdb.connect(), wanted), true);
    } finally {
      closeUnused(keeping);
    }
  }

  /** Gives a connection out, once the replica has what it must have by then. */
  private @Nullable WrappedConnection given(
      @Nullable WrappedConnection connection, boolean ranInitialSql) throws SQLException {
    OpenDatabase database = databases.main();
    Replication current = database == null ? null : database.current();
    if (connection == null || current == null) {
      return connection;
    }
    boolean ready = false;
    try {
      current.afterConnecting(ranInitialSql);
      ready = true;
      return connection;
    } finally {
      if (!ready) {
        closeUnused(connection);
      }
    }
  }

  /** Adds a connection that was made while another one was open. */
  private WrappedConnection adopt(Connection connection, Settings settings) {
    lock.lock();
    try {
      return add(connection, settings);
    } finally {
      lock.unlock();
    }
  }

  private void closeUnused(WrappedConnection connection) {
    List<Closed> closed = new ArrayList<>();
    try {
      closeLocally(connection, closed);
    } catch (SQLException e) {
      log.debug("closing a connection to {} that was not given out", mainPath, e);
    } finally {
      closed.forEach(Closed::free);
    }
  }

  /** Who comes after all were closed behind our back ends the instance, and what it does itself. */
  private void awaitOwnCheckpointsOfClosed() {
    OwnCheckpoints own = OwnCheckpoints.NONE;
    lock.lock();
    try {
      connections.forgetClosed();
      if (!ended && wasConnected && connections.isEmpty()) {
        own = databases.ownCheckpoints();
        own.stop();
      }
    } finally {
      lock.unlock();
    }
    own.awaitEnd();
  }

  private @Nullable WrappedConnection connectNow(Settings wanted, DuckDbConnector duckdb)
      throws SQLException {
    awaitOwnCheckpointsOfClosed();
    lock.lock();
    try {
      UnavailableException failed = unavailable;
      if (failed != null) {
        throw failed; // of the one that this call waited for
      }
      while (!ended && connections.areClosing()) {
        closeEnded.awaitUninterruptibly(); // DuckDB may be closing the file
      }
      if (ended) {
        return null;
      }
      connections.forgetClosed();
      if (wasConnected && connections.isEmpty()) {
        end().forEach(Closed::free); // all were closed behind our back
        return null;
      }
      WrappedConnection connection = null;
      try {
        connection = connections.isEmpty() ? first(wanted, duckdb) : another(wanted, duckdb);
        return connection;
      } finally {
        if (connection == null && connections.isEmpty()) {
          end();
        }
      }
    } catch (UnavailableException e) {
      // Who waited for this meanwhile would wait as long again, one after the other.
      unavailable = ended ? e : null;
      throw SqlErrors.connecting(e);
    } catch (HaduckException e) {
      throw SqlErrors.connecting(e);
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private WrappedConnection another(Settings wanted, DuckDbConnector duckdb) throws SQLException {
    OpenDatabase database = databases.main();
    if (database != null) {
      database.requireSame(wanted);
    }
    databases.beforeCall();
    return add(duckdb.connect(), wanted);
  }

  @GuardedBy("lock")
  private WrappedConnection first(Settings wanted, DuckDbConnector duckdb) throws SQLException {
    if (main == null) {
      return add(duckdb.connect(), wanted);
    }
    OpenDatabase database = registry.open(main, wanted, false, new DuckDbTrial(duckdb::connectTo));
    boolean opened = false;
    try {
      Connection connection = opening.open(database, duckdb);
      databases.opened(database);
      opened = true;
      MainOpening.tellRestored(connection, database);
      status.register(connection);
      return add(connection, wanted);
    } finally {
      if (!opened) {
        database.abandon();
      }
    }
  }

  private Connection anyOpen() throws SQLException {
    return orFail(connections.anyOpen());
  }

  private Connection anyFree() throws SQLException {
    return orFail(connections.anyFree());
  }

  private Connection orFail(@Nullable Connection found) throws SQLException {
    if (found == null) {
      throw new SQLException(
          (mainPath == null ? "the database" : mainPath)
              + " is closed, or all its connections are busy");
    }
    return found;
  }

  @GuardedBy("lock")
  private WrappedConnection add(Connection connection, Settings settings) {
    WrappedConnection wrapped = wrapping.wrap(connection, this, settings);
    connections.add(wrapped);
    wasConnected = true;
    if (KnownConnection.mayVanish()) {
      watch();
    }
    databases.afterCall(SqlKind.CHECKPOINTS); // initial SQL may have done anything
    return wrapped;
  }

  // --- closing

  /**
   * Closes a wrapped connection, which may be the last of its instance.
   *
   * @throws ReplicationPendingException after DuckDB has closed it, if what was written had to be
   *     on the replica by now and is not
   */
  public void close(WrappedConnection connection) throws SQLException {
    List<Closed> closed = new ArrayList<>();
    boolean done = false;
    try {
      closeLocally(connection, closed);
      done = true;
    } finally {
      if (!done) {
        closed.forEach(Closed::free);
      }
    }
    Closed.await(closed, CallWait.uncancelled());
  }

  /** Adds the databases that DuckDB has closed with the connection. */
  private void closeLocally(WrappedConnection connection, List<Closed> closed) throws SQLException {
    WrappedConnections.Closing closing = beginClosing(connection);
    try {
      connection.delegate().close();
    } finally {
      endClosing(connection, closing, closed);
    }
    if (closed.isEmpty() && (connection.mayHaveAttached() || attachments.isDetaching())) {
      attachments.lookForDetached(null); // closing has rolled an open transaction back
    }
  }

  /** Before DuckDB closes a connection: the last one begins what the end of the instance takes. */
  private WrappedConnections.Closing beginClosing(WrappedConnection connection) {
    WrappedConnections.Closing closing;
    OwnCheckpoints own;
    lock.lock();
    try {
      closing = connections.beginClosing(connection);
      if (!closing.mayBeLast()) {
        return closing;
      }
      own = databases.ownCheckpoints();
      own.stop();
    } finally {
      lock.unlock();
    }
    own.awaitEnd(); // nobody connects meanwhile, since this one is being closed
    boolean withoutCheckpoint;
    lock.lock();
    try {
      closingTold = true;
      boolean last = closing == WrappedConnections.Closing.LAST;
      withoutCheckpoint =
          closing(last && !everUnwrapped && !connection.activity().runsMoreThanOne());
    } finally {
      lock.unlock();
    }
    if (withoutCheckpoint) {
      ClosingCheckpoint.disable(connection.delegate());
    }
    return closing;
  }

  /** DuckDB has closed the connection, or failed to. */
  private void endClosing(
      WrappedConnection connection, WrappedConnections.Closing closing, List<Closed> closed) {
    lock.lock();
    try {
      boolean known = closing != WrappedConnections.Closing.UNKNOWN;
      if (known) {
        connections.remove(connection);
      }
      if (known && !ended && closingTold && connections.areClosed()) {
        closed.addAll(end());
      } else if (ended) {
        closed.addAll(closedBehind); // of this connection's own, perhaps
        closedBehind = List.of();
      } else {
        databases.afterCall(SqlKind.CHECKPOINTS);
        if (known && connections.areClosed()) {
          watch(); // the others were closed behind our back meanwhile
        }
      }
      closeEnded.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * DuckDB is about to close the instance.
   *
   * @param alone whether nobody can commit anything any more before it does
   * @return whether it should do so without a checkpoint
   */
  @GuardedBy("lock")
  private boolean closing(boolean alone) {
    boolean overtaken = attachments.closing(alone);
    OpenDatabase database = databases.main();
    return (database != null && database.closing(alone)) || overtaken;
  }

  /** DuckDB has closed the instance, as far as wrapped connections tell. */
  @GuardedBy("lock")
  private List<Closed> end() {
    ended = true;
    connections.clear();
    closeEnded.signalAll();
    var closed = new ArrayList<Closed>();
    OpenDatabase database = databases.main();
    if (database != null) {
      closed.add(Closed.of(database));
    }
    closed.addAll(attachments.closed());
    registry.forget(this);
    return closed;
  }

  // --- closed behind our back

  /** Somebody has DuckDB's connection, or what leads to it, and may close it behind our back. */
  public void unwrapped() {
    everUnwrapped = true;
    watch();
  }

  private void watch() {
    if (!watched) {
      watched = true;
      registry.watch(this);
    }
  }

  /**
   * Looks whether connections were closed behind our back, and takes the instance to be closed when
   * the last one was. Waits for nothing: if it is being opened or closed right now, the next look
   * tells.
   *
   * @return what is to be done about it, which may wait for the store; empty if nothing is
   */
  public Optional<Runnable> lookForClosed() {
    if (!lock.tryLock()) {
      return Optional.empty();
    }
    try {
      List<KnownConnection> closed = connections.forgetClosed();
      if (!ended && wasConnected && connections.isEmpty()) {
        return closedByOthers();
      }
      watched = false;
      if (ended || !connections.mayCloseUnseen()) {
        registry.unwatch(this);
      } else {
        watched = true;
      }
      boolean detached = closed.stream().anyMatch(KnownConnection::mayHaveAttached);
      return detached && !ended && !attachments.isEmpty()
          ? Optional.of(() -> attachments.lookForDetached(null))
          : Optional.empty();
    } finally {
      lock.unlock();
    }
  }

  /** Of an instance that is watched: whether all was closed, and that was not acted upon yet. */
  boolean isClosedByOthers() {
    return connections.isNoneOpen();
  }

  /** DuckDB goes on while a duplicate is open that we do not see, and may write. */
  @GuardedBy("lock")
  private Optional<Runnable> closedByOthers() {
    OwnCheckpoints own = databases.ownCheckpoints();
    own.stop();
    if (own.areRunning()) {
      return Optional.empty(); // DuckDB has its file open
    }
    closing(false); // a connection of our own would keep it open
    if (databases.anyOpenInThisProcess()) {
      return Optional.empty();
    }
    List<Closed> closed = end();
    closedBehind = closed;
    return closed.isEmpty() ? Optional.empty() : Optional.of(() -> Closed.awaitOrWarn(closed));
  }

  // --- what its connections ask

  /** Its databases, which are told of every call and waited for. */
  public InstanceDatabases databases() {
    return databases;
  }

  /** What haduck has attached to it. */
  public Attachments attachments() {
    return attachments;
  }

  /** A call may have made DuckDB lose its lock on a file; looks in a moment, and never waits. */
  public void lookAtLocks() {
    registry.lookAtLocks();
  }

  /** Whether the file that DuckDB would open by this name has a replica, and is open. */
  public boolean isReplicated(String database) {
    return registry.isReplicated(database);
  }

  /** Whether DuckDB may run a statement only while its result is read. */
  public boolean mayStream() {
    return streams.inUse(this::anyOpen);
  }

  /** A text may have switched that on, for any connection. */
  public void noteStreaming() {
    streams.note();
  }

  /** What may still commit something, in words; null if nothing may, or nothing is replicated. */
  @Nullable String busy(EndingJvm jvm) {
    return databases.replications().isEmpty() ? null : connections.busy(jvm);
  }

  // --- what the facade asks

  /** The main database; empty if it lives in memory, or is only read. */
  public Optional<OpenDatabase> main() {
    return Optional.ofNullable(databases.main());
  }

  /**
   * A database of haduck's by its name in SQL; empty if there is none of that name.
   *
   * @param name null for the one that the name of a table without a database means
   */
  public Optional<OpenDatabase> database(WrappedConnection connection, @Nullable String name)
      throws SQLException {
    if (name == null) {
      return attachments.isEmpty() ? main() : databases.find(connection.delegate().getCatalog());
    }
    return databases.find(name);
  }

  /**
   * How the databases are doing, the main one first. Takes no lock that is held while DuckDB is
   * called.
   */
  public List<DatabaseStatus> statuses() {
    return databases.statuses(connections.count());
  }
}
