package io.haduck.jdbc.internal.database;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.haduck.core.HaduckException;
import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.LocalFileException;
import io.haduck.core.settings.Settings;
import io.haduck.core.store.ReplicaLocation;
import io.haduck.jdbc.DatabaseStatus;
import io.haduck.jdbc.internal.url.DatabasePath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The databases of this JVM that are open or linger, by the one path of each.
 *
 * <p>Safe for any thread; the monitor is held for moments only, and no database's lock is taken
 * while holding it.
 */
public final class OpenDatabases
    implements JvmShutdown.Databases, DatabaseInstance.Registry, OpenDatabase.Registry {
  private final DatabaseInstance.Wrapping wrapping;
  private final StatusFunction statusFunction = new StatusFunction();
  private final Unreplicated unreplicated = new Unreplicated();
  private final FencedReplicas fencedReplicas = new FencedReplicas();
  private final ToldDivergences divergences = new ToldDivergences();

  @GuardedBy("this")
  private final Map<Path, OpenDatabase> databases = new HashMap<>();

  private final ReplicaClaims claims = new ReplicaClaims();

  /** Those that several connections may share, by what their URLs name. */
  @GuardedBy("this")
  private final Map<String, DatabaseInstance> instances = new HashMap<>();

  /** All of them; those that nobody refers to any more vanish. */
  @GuardedBy("this")
  private final Set<DatabaseInstance> allInstances = Collections.newSetFromMap(new WeakHashMap<>());

  private final UnwrappedInstances unwrapped = new UnwrappedInstances();

  @GuardedBy("this")
  private @Nullable Housekeeping housekeeping;

  public OpenDatabases(DatabaseInstance.Wrapping wrapping) {
    this.wrapping = wrapping;
  }

  /** What SQL can ask. */
  @Override
  public StatusFunction statusFunction() {
    return statusFunction;
  }

  /** As {@link StatusFunction#register}, for an instance that is none of these. */
  public void offerStatus(Connection duckdb, Supplier<List<DatabaseStatus>> status) {
    statusFunction.register(duckdb, status);
  }

  /** Who says which databases are not replicated. */
  public Unreplicated unreplicated() {
    return unreplicated;
  }

  /** What this JVM must not take back. */
  @Override
  public FencedReplicas fencedReplicas() {
    return fencedReplicas;
  }

  /** What a person has to decide, and was told. */
  @Override
  public ToldDivergences divergences() {
    return divergences;
  }

  // --- connecting

  /** Connects to a database in a file, opening it if nobody else has. */
  public WrappedConnection connect(DatabasePath path, Settings settings, DuckDbConnector duckdb)
      throws SQLException {
    return connect(path.file().toString(), path, settings, duckdb);
  }

  /**
   * Connects to a database that is none of haduck's: in memory, elsewhere, or only read.
   *
   * @param shared what connections to the same DuckDB instance have in common; null if nobody
   *     shares it
   */
  public WrappedConnection connectPlain(
      @Nullable String shared, Settings settings, DuckDbConnector duckdb) throws SQLException {
    return connect(shared, null, settings, duckdb);
  }

  private WrappedConnection connect(
      @Nullable String shared,
      @Nullable DatabasePath main,
      Settings settings,
      DuckDbConnector duckdb)
      throws SQLException {
    unwrapped.look();
    while (true) {
      WrappedConnection connection = instance(shared, main).connect(settings, duckdb);
      if (connection != null) {
        return connection;
      }
    }
  }

  private synchronized DatabaseInstance instance(
      @Nullable String shared, @Nullable DatabasePath main) {
    DatabaseInstance instance =
        shared == null
            ? new DatabaseInstance(main, this, wrapping)
            : instances.computeIfAbsent(shared, key -> new DatabaseInstance(main, this, wrapping));
    allInstances.add(instance);
    return instance;
  }

  /** An instance has ended. */
  @Override
  public synchronized void forget(DatabaseInstance instance) {
    instances.values().remove(instance);
    allInstances.remove(instance);
    unwrapped.remove(instance.life());
  }

  /** Connections of an instance may be closed behind our back from now on. */
  @Override
  public void watch(InstanceLife instance) {
    unwrapped.add(instance);
  }

  /** They may not any more. */
  @Override
  public void unwatch(InstanceLife instance) {
    unwrapped.remove(instance);
  }

  /**
   * Opens a database that DuckDB is about to open.
   *
   * @throws HaduckException if it cannot be opened
   */
  @Override
  public OpenDatabase open(DatabasePath path, Settings settings, DatabaseOpening opening) {
    while (true) {
      OpenDatabase database = entry(path.file());
      if (database.open(path, settings, opening)) {
        return database;
      }
    }
  }

  private synchronized OpenDatabase entry(Path path) {
    OpenDatabase known = databases.get(path);
    if (known != null) {
      return known;
    }
    for (Path other : databases.keySet()) {
      if (isSameFile(path, other)) {
        throw new InvalidConfigurationException(
            path
                + " and "
                + other
                + ", which is open in this JVM, are hard links to one file; DuckDB keeps a write-ahead log for each,"
                + " and would destroy it. Use one of them");
      }
    }
    Housekeeping serving = housekeeping;
    if (serving == null) {
      serving = new Housekeeping(this);
      housekeeping = serving;
      unwrapped.serve(serving.scheduler());
    }
    var made = new OpenDatabase(path, this, serving);
    databases.put(path, made);
    return made;
  }

  private static boolean isSameFile(Path one, Path other) {
    try {
      return Files.exists(one) && Files.isSameFile(one, other);
    } catch (IOException e) {
      return false; // one of them does not exist (any more)
    }
  }

  @Override
  public CurrentReplication.Claim claim(OpenDatabase database) {
    return claims.of(database);
  }

  /** A database was retired. */
  @Override
  public synchronized void forget(OpenDatabase database) {
    databases.remove(database.path(), database);
  }

  /** DuckDB may have lost its lock on one of them; looks in a moment. */
  @Override
  public void lookAtLocks() {
    Housekeeping serving;
    synchronized (this) {
      serving = housekeeping;
    }
    if (serving != null) {
      serving.lockWatch().lookSoon();
    }
  }

  /** Whether a database is open or lingers. */
  public synchronized boolean isOpen(Path path) {
    return databases.containsKey(path);
  }

  /** Whether this JVM is the writer of a database, which is open or lingers. */
  @Override
  public boolean isWritten(Path path) {
    OpenDatabase known;
    synchronized (this) {
      known = databases.get(path);
    }
    Replication current = known == null ? null : known.current();
    return current != null && current.fenced() == null;
  }

  /** Whether the file that DuckDB would open by this name has a replica and is open or lingers. */
  @Override
  public boolean isReplicated(String database) {
    Path path;
    try {
      path = DatabasePath.resolve(database).file();
    } catch (IOException | InvalidConfigurationException e) {
      return false; // no file of ours
    }
    OpenDatabase known;
    synchronized (this) {
      known = databases.get(path);
    }
    return known != null && known.current() != null;
  }

  /** Those that are open or linger now. */
  @Override
  public synchronized List<OpenDatabase> all() {
    return List.copyOf(databases.values());
  }

  @Override
  public @Nullable String busy(EndingJvm jvm) {
    List<DatabaseInstance> asked;
    synchronized (this) {
      asked = List.copyOf(allInstances);
    }
    for (DatabaseInstance instance : asked) {
      String busy = instance.busy(jvm);
      if (busy != null) {
        return busy;
      }
    }
    for (OpenDatabase database : all()) {
      if (database.replication().filter(Replication::isAwaited).isPresent()) {
        return "a call waits for the replica of " + database.path();
      }
    }
    return null;
  }

  /**
   * Frees a file that nobody is connected to any more, for who is about to replace it.
   *
   * @throws LocalFileException if somebody of this JVM is connected to it
   */
  public void requireIdle(Path path) {
    if (!retireIfIdle(path)) {
      throw new LocalFileException(
          path
              + " is open in this JVM, by connections or by ATTACH, or is being opened or closed right now: close its"
              + " connections (a pool, too) or DETACH it, and try again. What only lingers is ended by itself");
    }
  }

  /**
   * As {@link #requireIdle(Path)}, of whatever database of this JVM has a replica.
   *
   * @throws LocalFileException if somebody of this JVM is connected to it
   */
  public void requireIdle(ReplicaLocation location) {
    claims.holders(location).forEach(holder -> requireIdle(holder.path()));
  }

  /** Frees a file that nobody is connected to any more; false if somebody is. */
  public boolean retireIfIdle(Path path) {
    unwrapped.settle();
    OpenDatabase database;
    synchronized (this) {
      database = databases.get(path);
    }
    return database == null || database.retireIfIdle();
  }

  /**
   * Frees everything that nobody is connected to any more. When the JVM ends that is left to the
   * hook, which sends it first.
   */
  public void retireIdle() {
    synchronized (this) {
      if (housekeeping != null && housekeeping.sendsAtExit()) {
        return;
      }
    }
    unwrapped.settle();
    all().forEach(OpenDatabase::retireIfIdle);
    synchronized (this) {
      Housekeeping serving = housekeeping;
      if (serving != null && databases.isEmpty()) {
        housekeeping = null;
        unwrapped.serve(null);
        serving.end();
      }
    }
  }
}
