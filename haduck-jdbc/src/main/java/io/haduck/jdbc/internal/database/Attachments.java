package io.haduck.jdbc.internal.database;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.haduck.core.HaduckException;
import io.haduck.core.internal.duckdb.DatabaseFiles;
import io.haduck.jdbc.internal.sql.DatabaseNames;
import io.haduck.jdbc.internal.sql.SqlErrors;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * The databases that {@code ATTACH 'haduck:…'} has added to one DuckDB instance.
 *
 * <p>What is attached DuckDB knows, not the SQL text: it can fail in the middle, be rolled back, or
 * be run by others. So around every call that may change it, and after every one that failed,
 * DuckDB is asked what it has.
 *
 * <p>A database stays ours until DuckDB has closed its file: a transaction of another connection
 * may go on writing to one that was detached.
 *
 * <p>Safe for any thread. Looks are made one at a time, under a lock of their own, and never under
 * the instance's: DuckDB can make them wait for what other connections do. Lock order: {@code
 * looking}, then the instance's, which guards what is attached.
 */
public final class Attachments {
  private static final Logger log = LoggerFactory.getLogger(Attachments.class);

  /** What attaching needs of the instance. Any thread calls any of it. */
  interface Host {
    /** The database of a path if it is the main one; null if not. */
    @Nullable OpenDatabase main(Path path);

    /** Whether nobody but this connection can commit anything. */
    boolean isAlone(WrappedConnection connection);

    /** Lets checkpoints of haduck's own that are under way end; for a bounded time. */
    void giveWayToCheckpoint();

    /** A database was attached to the instance. */
    void attached(Connection duckdb);
  }

  private final ReentrantLock lock;
  private final ReentrantLock looking = new ReentrantLock();
  private final DatabaseRegistry registry;
  private final WrappedConnections connections;
  private final Host host;
  private final AttachedInDuckDb duckdb;

  /** Those that are attached by their paths in DuckDB, in their order; replaced under the lock. */
  private volatile Map<Path, OpenDatabase> attached = Map.of();

  /** Something was detached of which DuckDB has the file open still. */
  private volatile boolean detaching;

  /** DuckDB has closed the instance. */
  @GuardedBy("lock")
  private boolean over;

  /** Names in lower case, as of the last look. */
  private volatile Map<String, Path> names = Map.of();

  /**
   * Those of an instance that is not open yet.
   *
   * @param lock of the instance
   * @param connections to it
   */
  Attachments(
      ReentrantLock lock, DatabaseRegistry registry, WrappedConnections connections, Host host) {
    this.lock = lock;
    this.registry = registry;
    this.connections = connections;
    this.host = host;
    this.duckdb = new AttachedInDuckDb(connections::anyOpen);
  }

  /** Whether there is none. Costs next to nothing. */
  public boolean isEmpty() {
    return attached.isEmpty();
  }

  /** Those that are attached now. */
  public Iterable<OpenDatabase> all() {
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
    looking.lock();
    try {
      names = duckdb.paths(null);
    } catch (SQLException e) {
      log.debug("DuckDB does not say which databases are attached: {}", e.getMessage());
    } finally {
      looking.unlock();
    }
  }

  // --- for a call that may change it

  /** Who opens what is to be attached. */
  DatabaseRegistry registry() {
    return registry;
  }

  /** The instance. */
  Host host() {
    return host;
  }

  /** What DuckDB says of it. */
  AttachedInDuckDb duckdb() {
    return duckdb;
  }

  /** The database of a path if it is the main one or attached; null if not. */
  @Nullable OpenDatabase known(Path path) {
    OpenDatabase main = host.main(path);
    return main == null ? attached.get(path) : main;
  }

  /**
   * What a look has found.
   *
   * @param detached since the last one
   * @param failure of replicating what was attached; null if there is none
   */
  record Outcome(List<Closed> detached, @Nullable SQLException failure) {
    static final Outcome NOTHING = new Outcome(List.of(), null);
  }

  /**
   * Looks whether something is detached that was attached, which a rollback does too.
   *
   * @param through a connection of DuckDB's that is not busy; null for any
   */
  public void lookForDetached(@Nullable Connection through) {
    if (!isEmpty()) {
      reconcile(List.of(), List.of(), through).detached.forEach(Closed::free);
    }
  }

  /** Whether something was detached that DuckDB has open still. Costs next to nothing. */
  public boolean isDetaching() {
    return detaching;
  }

  /**
   * Looks which databases DuckDB has, and adds and removes accordingly.
   *
   * @param opening what a call may have attached
   * @param targets paths that it wanted to attach
   */
  Outcome reconcile(List<OpenDatabase> opening, List<Path> targets, @Nullable Connection through) {
    looking.lock();
    try {
      if (attached.isEmpty() && opening.isEmpty() && targets.isEmpty()) {
        return Outcome.NOTHING;
      }
      Map<String, Path> found;
      try {
        found = duckdb.paths(through);
      } catch (SQLException | RuntimeException e) {
        return unknown(opening, e, through);
      }
      names = found;
      SQLException failure = apply(opening, found, through);
      List<Closed> closed = dropClosed(found);
      for (Path target : targets) {
        if (failure == null && found.containsValue(target) && known(target) == null) {
          duckdb.detach(target, found, through);
          failure =
              new SQLException(
                  target
                      + " was detached by another call while this one attached it; it is detached. Attach it again",
                  SqlErrors.CANNOT_ATTACH);
        }
      }
      return new Outcome(closed, failure);
    } finally {
      looking.unlock();
    }
  }

  /** DuckDB does not say: what may be attached is taken to be, since it may be written to. */
  private Outcome unknown(
      List<OpenDatabase> opening, Exception problem, @Nullable Connection through) {
    log.atLevel(opening.isEmpty() ? Level.DEBUG : Level.WARN)
        .log(
            "DuckDB does not say which databases are attached; those that a call wanted to attach are replicated all the"
                + " same: {}",
            problem.getMessage());
    for (OpenDatabase database : opening) {
      boolean done = false;
      try {
        done = attach(database, through);
      } catch (HaduckException e) {
        log.debug("{} is not attached", database.path(), e);
      }
      if (!done) {
        database.abandon();
      }
    }
    return Outcome.NOTHING;
  }

  private @Nullable SQLException apply(
      List<OpenDatabase> opening, Map<String, Path> found, @Nullable Connection through) {
    SQLException failure = null;
    for (OpenDatabase database : opening) {
      boolean done = false;
      try {
        done = found.containsValue(database.path()) && attach(database, through);
      } catch (HaduckException e) {
        failure = SqlErrors.attaching(e);
        duckdb.detach(database.path(), found, through);
      }
      if (!done) {
        database.abandon();
      }
    }
    return failure;
  }

  /** False if the instance is closed. */
  private boolean attach(OpenDatabase database, @Nullable Connection through) {
    lock.lock();
    try {
      if (over) {
        return false;
      }
      opened(database, through);
      var now = new LinkedHashMap<>(attached);
      now.put(database.path(), database);
      attached = Collections.unmodifiableMap(now);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Those that DuckDB has neither attached nor open any more. */
  private List<Closed> dropClosed(Map<String, Path> found) {
    lock.lock();
    try {
      var now = new LinkedHashMap<Path, OpenDatabase>();
      var gone = new ArrayList<OpenDatabase>();
      boolean waiting = false;
      for (OpenDatabase database : attached.values()) {
        boolean there = found.containsValue(database.path());
        if (!there && !isOpenStill(database)) {
          gone.add(database);
        } else {
          waiting |= !there;
          now.put(database.path(), database);
        }
      }
      attached = Collections.unmodifiableMap(now);
      detaching = waiting;
      return gone.stream().map(Closed::of).toList();
    } finally {
      lock.unlock();
    }
  }

  /** So does a checkpoint of ours that is under way; on some systems nothing else tells. */
  private static boolean isOpenStill(OpenDatabase detached) {
    SoonCheckpoint own = detached.ownCheckpoint();
    return (own != null && own.isRunning()) || isOpenStill(detached.path());
  }

  /** A transaction that has used it keeps it open, and may commit to it. */
  static boolean isOpenStill(Path path) {
    try {
      return DatabaseFiles.descriptorsInThisProcess(path).orElse(0) > 0;
    } catch (IOException e) {
      log.debug("cannot tell whether {} is open", path, e);
      return false;
    }
  }

  @GuardedBy("lock")
  private void opened(OpenDatabase database, @Nullable Connection through) {
    database.duckDbLock().opened();
    database.opened(
        new DuckDbCheckpointHold(lock, database.services().scheduler(), connections::anyFree),
        new OwnConnector(lock, connections::anyFree));
    try (DuckDBConnection own = duckdb.duplicate(through)) {
      if (database.replays()) {
        ReplayedIndexes.bindAll(own, database.path());
      }
      host.attached(own);
      WalLimit.keep(database, own);
      if (database.replication().filter(Replication::restoredUntold).isPresent()) {
        RestoredTables.tell(own, database.path());
      }
    } catch (SQLException e) {
      log.debug("SQL cannot ask for the status", e);
    }
  }

  // --- with the instance

  /**
   * DuckDB is about to close the instance.
   *
   * @param alone whether nobody can commit anything any more before it does
   * @return whether it should close it without a checkpoint; see {@link OpenDatabase#closing}
   */
  public boolean closing(boolean alone) {
    lock.lock();
    try {
      boolean overtaken = false;
      for (OpenDatabase database : attached.values()) {
        overtaken |= database.closing(alone);
      }
      return overtaken;
    } finally {
      lock.unlock();
    }
  }

  /** DuckDB has closed the instance, and with it all that was attached. */
  List<Closed> closed() {
    lock.lock();
    try {
      over = true;
      detaching = false;
      Map<Path, OpenDatabase> before = attached;
      attached = Map.of();
      names = Map.of();
      return before.values().stream().map(Closed::of).toList();
    } finally {
      lock.unlock();
    }
  }
}
