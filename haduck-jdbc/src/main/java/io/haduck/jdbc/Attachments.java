package io.haduck.jdbc;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.haduck.core.HaduckException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The databases that {@code ATTACH 'haduck:…'} has added to one DuckDB instance.
 *
 * <p>What is attached DuckDB knows, not the SQL text: it can fail in the middle, be rolled back, or
 * be run by others. So around every call that may change it, and after every one that failed,
 * DuckDB is asked what it has.
 *
 * <p>Safe for any thread. Everything is done under the instance's lock, but for what only looks at
 * {@code attached}.
 */
final class Attachments {
  private static final Logger log = LoggerFactory.getLogger(Attachments.class);

  /** Of what opening attached databases needs from their instance. */
  interface Host {
    /** One of DuckDB's connections that are open, under the lock; or fails. */
    Connection anyOpen() throws SQLException;

    /** The database of a path if it is the main one; null if not. */
    @Nullable OpenDatabase main(Path path);

    /** A database was attached to the instance. */
    void attached(Connection duckdb);
  }

  private final ReentrantLock lock;
  private final OpenDatabases registry;
  private final Host host;

  /** Those that are attached by their paths in DuckDB, in their order; replaced under the lock. */
  private volatile Map<Path, OpenDatabase> attached = Map.of();

  /** Names in lower case, as of the last look. */
  private volatile Map<String, Path> names = Map.of();

  Attachments(ReentrantLock lock, OpenDatabases registry, Host host) {
    this.lock = lock;
    this.registry = registry;
    this.host = host;
  }

  /** Whether there is none. Costs next to nothing. */
  boolean isEmpty() {
    return attached.isEmpty();
  }

  /** Those that are attached now. */
  Iterable<OpenDatabase> all() {
    return attached.values();
  }

  /**
   * The path of the database that has a name, replicated or not; null if there is none or it is in
   * memory.
   */
  @Nullable Path path(String name) {
    String key = DatabaseNames.key(name);
    Path known = names.get(key);
    if (known == null) {
      look();
      known = names.get(key);
    }
    return known;
  }

  /** Asks DuckDB for the names, as far as that is possible. */
  private void look() {
    lock.lock();
    try {
      names = inDuckDb();
    } catch (SQLException e) {
      log.debug("DuckDB does not say which databases are attached: {}", e.getMessage());
    } finally {
      lock.unlock();
    }
  }

  // --- around a call

  /** One call that may attach or detach databases. For one thread. */
  final class Call {
    private final List<OpenDatabase> opened = new ArrayList<>();
    private final boolean changes;
    private List<Closed> detached = List.of();
    private @Nullable SQLException failure;

    private Call(boolean changes) {
      this.changes = changes;
    }

    /** The call is over; never throws. What it has attached is replicated from now on. */
    void ended(boolean succeeded) {
      if (changes || !opened.isEmpty() || (!succeeded && !isEmpty())) {
        Outcome outcome = reconcile(opened);
        detached = outcome.detached;
        failure = outcome.failure;
      }
      if (!succeeded) {
        detached.forEach(Closed::free);
      }
    }

    /**
     * Waits for what DuckDB wrote while it detached databases, if durability says so.
     *
     * @throws ReplicationPendingException if it is not on the replica in time
     * @throws SQLException if something was attached that cannot be replicated, and was detached
     *     again
     */
    void finish(CallWait wait) throws SQLException {
      List<Closed> closed = detached;
      detached = List.of();
      Closed.await(closed, wait);
      if (failure != null) {
        throw failure;
      }
    }
  }

  /**
   * Opens the replicas of what a call is going to attach.
   *
   * @throws SQLException if one cannot be opened; then nothing is left open
   */
  Call begin(SqlCommand command) throws SQLException {
    var call = new Call(command.changesDatabases());
    if (command.attaches().isEmpty()) {
      return call;
    }
    boolean done = false;
    try {
      for (AttachTarget target : command.attaches()) {
        OpenDatabase known = known(target.path());
        if (known != null) {
          known.requireSame(target.settings()); // IF NOT EXISTS, or DuckDB says that it exists
        } else if (call.opened.stream().noneMatch(open -> open.path().equals(target.path()))) {
          call.opened.add(registry.open(target.path(), target.settings(), true));
        }
      }
      done = true;
      return call;
    } catch (HaduckException e) {
      throw SqlErrors.attaching(e);
    } finally {
      if (!done) {
        call.opened.forEach(OpenDatabase::abandon);
      }
    }
  }

  private @Nullable OpenDatabase known(Path path) {
    OpenDatabase main = host.main(path);
    return main == null ? attached.get(path) : main;
  }

  /**
   * What a look has found.
   *
   * @param detached since the last one
   * @param failure of replicating what was attached; null if there is none
   */
  private record Outcome(List<Closed> detached, @Nullable SQLException failure) {
    static final Outcome NOTHING = new Outcome(List.of(), null);
  }

  /** Looks whether something is detached that was attached, which a rollback does too. */
  void lookForDetached() {
    if (!isEmpty()) {
      reconcile(List.of()).detached.forEach(Closed::free);
    }
  }

  /**
   * Looks which databases DuckDB has, and adds and removes accordingly.
   *
   * @param opening what a call may have attached
   */
  private Outcome reconcile(List<OpenDatabase> opening) {
    lock.lock();
    try {
      if (attached.isEmpty() && opening.isEmpty()) {
        return Outcome.NOTHING;
      }
      Map<String, Path> found = inDuckDb();
      names = found;
      var now = new LinkedHashMap<>(attached);
      now.keySet().retainAll(found.values());
      var gone = new HashMap<>(attached);
      gone.keySet().removeAll(now.keySet());
      SQLException failure = null;
      for (OpenDatabase database : opening) {
        if (!found.containsValue(database.path())) {
          database.abandon();
          continue;
        }
        try {
          opened(database);
          now.put(database.path(), database);
        } catch (HaduckException e) {
          failure = SqlErrors.attaching(e);
          detach(database, found);
        }
      }
      attached = Collections.unmodifiableMap(now);
      return new Outcome(gone.values().stream().map(Closed::of).toList(), failure);
    } catch (SQLException e) {
      // The instance is closed, or DuckDB has invalidated it.
      log.debug("DuckDB does not say which databases are attached: {}", e.getMessage());
      opening.forEach(OpenDatabase::abandon);
      return Outcome.NOTHING;
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void opened(OpenDatabase database) throws SQLException {
    database.opened(new HeldCheckpoints(lock, database.housekeeping().scheduler(), host::anyOpen));
    host.attached(host.anyOpen());
  }

  /** Takes back what cannot be replicated. */
  @GuardedBy("lock")
  private void detach(OpenDatabase database, Map<String, Path> found) {
    try (DuckDBConnection own = host.anyOpen().unwrap(DuckDBConnection.class).duplicate();
        Statement statement = own.createStatement()) {
      for (Map.Entry<String, Path> name : found.entrySet()) {
        if (name.getValue().equals(database.path())) {
          statement.execute("DETACH " + DatabaseNames.quoted(name.getKey()));
        }
      }
    } catch (SQLException e) {
      log.error(
          "{} is attached, cannot be replicated, and cannot be detached: {}",
          database.path(),
          e.getMessage());
    } finally {
      database.abandon();
    }
  }

  /** Paths of the databases in files, by their names. On a connection of our own. */
  @GuardedBy("lock")
  private Map<String, Path> inDuckDb() throws SQLException {
    var found = new HashMap<String, Path>();
    try (DuckDBConnection own = host.anyOpen().unwrap(DuckDBConnection.class).duplicate();
        Statement statement = own.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT database_name, path FROM duckdb_databases() WHERE path IS NOT NULL AND NOT readonly")) {
      while (rows.next()) {
        found.put(DatabaseNames.key(rows.getString(1)), Path.of(rows.getString(2)));
      }
    }
    return found;
  }

  // --- with the instance

  /** DuckDB is about to close the instance. */
  void closing() {
    lock.lock();
    try {
      attached.values().forEach(OpenDatabase::closing);
    } finally {
      lock.unlock();
    }
  }

  /** DuckDB has closed the instance, and with it all that was attached. */
  List<Closed> closed() {
    lock.lock();
    try {
      Map<Path, OpenDatabase> before = attached;
      attached = Map.of();
      names = Map.of();
      return before.values().stream().map(Closed::of).toList();
    } finally {
      lock.unlock();
    }
  }
}
