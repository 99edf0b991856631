package io.haduck.jdbc.internal.database;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.haduck.core.HaduckException;
import io.haduck.core.LeaseHeldException;
import io.haduck.core.UnavailableException;
import io.haduck.core.settings.Settings;
import io.haduck.jdbc.DatabaseStatus;
import io.haduck.jdbc.internal.sql.SqlErrors;
import io.haduck.jdbc.internal.url.DatabasePath;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One DuckDB instance: its wrapped connections, its main database where that is a file of haduck's,
 * and what is attached to it. DuckDB opens it with the first connection and closes it with the
 * last; then this object has ended.
 *
 * <p>Safe for any thread. The lock of its {@link InstanceLife} serialises connecting, and is held
 * while the replica of the main database is judged and restored and while DuckDB opens its file,
 * but neither while DuckDB closes a connection, nor while SQL of the user's runs or anything waits
 * for the store.
 */
public final class DatabaseInstance {
  private static final Logger log = LoggerFactory.getLogger(DatabaseInstance.class);

  private final @Nullable DatabasePath main;
  private final @Nullable Path mainPath;
  private final Registry registry;
  private final Wrapping wrapping;
  private final WrappedConnections connections;
  private final Attachments attachments;
  private final InstanceDatabases databases;
  private final InstanceLife life;
  private final MainOpening opening;
  private final StreamedResults streams = new StreamedResults();
  private final InstanceStatus status;

  /** Follows the main database until it is promoted; null where nothing does. */
  private volatile @Nullable StandingBy standing;

  /** Why the first connection could not be opened, for those who waited for it. */
  @GuardedBy("life.lock")
  private @Nullable HaduckException unavailable;

  /** What one instance needs of all of them. Safe for any thread. */
  interface Registry extends DatabaseRegistry, InstanceLife.Registry {
    /** What SQL can ask. */
    StatusFunction statusFunction();

    /** An instance has ended. */
    void forget(DatabaseInstance instance);

    /** DuckDB may have lost its lock on one of the databases; looks in a moment. */
    void lookAtLocks();

    /** Whether the file that DuckDB would open by this name has a replica, and is open. */
    boolean isReplicated(String database);

    /** Whether this JVM is the writer of a database, which is open or lingers. */
    boolean isWritten(Path path);
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
    var lock = new ReentrantLock();
    this.connections =
        new WrappedConnections(main == null ? "the database" : main.file().toString());
    this.attachments = new Attachments(lock, registry, connections, new Host());
    this.databases = new InstanceDatabases(mainPath, attachments);
    this.life = new InstanceLife(lock, connections, attachments, databases, registry, this::ended);
    this.opening = new MainOpening(lock, connections::anyFree);
    this.status = new InstanceStatus(registry.statusFunction(), this::statuses);
  }

  private void ended() {
    StandingBy ending = standing;
    if (ending != null) {
      ending.ended(); // before anybody begins the next one
    }
    registry.forget(this);
  }

  private final class Host implements Attachments.Host {
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
      return life.isAlone(connection);
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
    life.lock.lock();
    try {
      return add(connection, settings);
    } finally {
      life.lock.unlock();
    }
  }

  private void closeUnused(WrappedConnection connection) {
    List<Closed> closed = new ArrayList<>();
    try {
      life.close(connection, closed);
    } catch (SQLException e) {
      log.debug("closing a connection to {} that was not given out", mainPath, e);
    } finally {
      closed.forEach(Closed::free);
    }
  }

  private @Nullable WrappedConnection connectNow(Settings wanted, DuckDbConnector duckdb)
      throws SQLException {
    life.awaitOwnCheckpointsOfClosed();
    life.lock.lock();
    try {
      HaduckException failed = unavailable;
      if (failed != null) {
        throw failed; // of the one that this call waited for
      }
      if (!life.awaitConnectable()) {
        return null;
      }
      boolean done = false;
      try {
        WrappedConnection connection =
            connections.isEmpty() ? first(wanted, duckdb) : another(wanted, duckdb);
        done = true;
        return connection;
      } finally {
        if (!done) {
          life.failedToConnect();
        }
      }
    } catch (UnavailableException | LeaseHeldException e) {
      // Who waited for this meanwhile would wait as long again, one after the other.
      unavailable = life.hasEnded() ? e : null;
      throw SqlErrors.connecting(e);
    } catch (HaduckException e) {
      throw SqlErrors.connecting(e);
    } finally {
      life.lock.unlock();
    }
  }

  @GuardedBy("life.lock")
  private WrappedConnection another(Settings wanted, DuckDbConnector duckdb) throws SQLException {
    StandingBy ours = standing;
    OpenDatabase database = databases.main();
    if (ours != null) {
      ours.requireSame(wanted);
    } else if (database != null) {
      database.requireSame(wanted);
    }
    databases.beforeCall();
    return add(ours == null ? duckdb.connect() : ours.connect(), wanted);
  }

  @GuardedBy("life.lock")
  private WrappedConnection first(Settings wanted, DuckDbConnector duckdb) throws SQLException {
    if (main == null) {
      return add(duckdb.connect(), wanted);
    }
    StandingBy.Beginning standby = duckdb.standby();
    if (standby == null) {
      return firstToWrite(main, wanted, duckdb, true);
    }
    var site = new MainPromotion(main, wanted, registry, life, databases, opening);
    StandingBy begun = registry.isWritten(main.file()) ? null : standby.begin(wanted, site);
    for (boolean again = false; ; again = true) {
      try {
        return begun == null ? firstToWrite(main, wanted, duckdb, again) : first(wanted, begun);
      } catch (LeaseHeldException e) { // another one was faster, or has died before it wrote
        begun = OthersBeginning.await(() -> standby.begin(wanted, site), wanted.leaseTtl());
        if (begun == null && again) {
          throw e;
        }
      }
    }
  }

  @GuardedBy("life.lock")
  private WrappedConnection firstToWrite(
      DatabasePath file, Settings wanted, DuckDbConnector duckdb, boolean waits)
      throws SQLException {
    var how = DatabaseOpening.main(new DuckDbTrial(duckdb::connectTo));
    OpenDatabase database = registry.open(file, wanted, waits ? how : how.atOnce());
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

  @GuardedBy("life.lock")
  private WrappedConnection first(Settings wanted, StandingBy begun) throws SQLException {
    boolean done = false;
    try {
      Connection connection = begun.connect();
      standing = begun;
      status.register(connection);
      WrappedConnection added = add(connection, wanted);
      done = true;
      return added;
    } finally {
      if (!done) {
        standing = null;
        begun.ended();
      }
    }
  }

  @GuardedBy("life.lock")
  private WrappedConnection add(Connection connection, Settings settings) {
    WrappedConnection wrapped = wrapping.wrap(connection, this, settings);
    life.connected(wrapped);
    return wrapped;
  }

  // --- what its connections ask

  /** How it lives: closes connections, and is told that one may be closed behind our back. */
  public InstanceLife life() {
    return life;
  }

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

  /** What follows the main database until it is promoted; null where nothing does. */
  public @Nullable StandingBy standing() {
    return standing;
  }

  /** Whether the main database is only followed yet. */
  public boolean isStandby() {
    StandingBy ours = standing;
    return ours != null && !ours.isPromoted();
  }

  /** Whether DuckDB may run a statement only while its result is read. */
  public boolean mayStream() {
    return streams.inUse(connections::anyOpen);
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
    StandingBy ours = standing;
    return ours == null || ours.isPromoted()
        ? databases.statuses(connections.count())
        : List.of(ours.status(connections.count()));
  }
}
