package io.haduck.jdbc;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.Setting;
import io.haduck.core.Settings;
import io.haduck.core.store.ReplicaLocation;
import io.haduck.core.watch.FileWatcher;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import org.jspecify.annotations.Nullable;

/**
 * The databases of this JVM that are open or linger, by the one path of each.
 *
 * <p>Safe for any thread; the monitor is held for moments only, and no database's lock is taken
 * while holding it.
 */
final class OpenDatabases {
  private static final OpenDatabases OF_THIS_JVM = new OpenDatabases();

  private final FileWatcher watcher = new FileWatcher();
  private final StatusFunction statusFunction = new StatusFunction();
  private final ScheduledExecutorService scheduler = scheduler("haduck-jdbc");

  @GuardedBy("this")
  private final Map<Path, OpenDatabase> databases = new HashMap<>();

  @GuardedBy("this")
  private final Map<OpenDatabase, Claim> claims = new HashMap<>();

  @GuardedBy("this")
  private boolean shutdownRegistered;

  /**
   * What one database holds that no other may have.
   *
   * @param location of its replica
   * @param ambient a setting that was not given for it alone and serves one database; null if none
   */
  private record Claim(ReplicaLocation location, @Nullable Setting ambient) {}

  /** The registry: two of them would open one file twice. */
  static OpenDatabases ofThisJvm() {
    return OF_THIS_JVM;
  }

  private static ScheduledExecutorService scheduler(String name) {
    var executor =
        new ScheduledThreadPoolExecutor(
            2,
            task -> {
              var thread = new Thread(task, name);
              thread.setDaemon(true);
              return thread;
            });
    executor.setRemoveOnCancelPolicy(true);
    return executor;
  }

  FileWatcher watcher() {
    return watcher;
  }

  /** What SQL can ask. */
  StatusFunction statusFunction() {
    return statusFunction;
  }

  /** For lingering and for what must not be done on the replicator's thread. Daemon threads. */
  ScheduledExecutorService scheduler() {
    return scheduler;
  }

  /** Connects to a database, opening it if nobody else has. */
  HaduckConnection connect(Path path, Settings settings, DuckDbConnector duckdb)
      throws SQLException {
    while (true) {
      HaduckConnection connection = entry(path).connect(settings, duckdb);
      if (connection != null) {
        return connection;
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
    var made = new OpenDatabase(path, this);
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

  /**
   * Reserves a replica for a database.
   *
   * @throws InvalidConfigurationException if another database of this JVM has it
   */
  void claim(OpenDatabase database, Settings settings, ReplicaLocation location) {
    var claim = new Claim(location, ambient(settings));
    OpenDatabase holder = tryClaim(database, claim);
    if (holder != null && holder.retireIfIdle()) {
      holder = tryClaim(database, claim);
    }
    if (holder == null) {
      return;
    }
    Setting ambient = claim.ambient();
    if (ambient != null) {
      throw new InvalidConfigurationException(
          ambient.qualifiedKey()
              + " from "
              + settings.source(ambient)
              + " serves one database per JVM, and "
              + holder.path()
              + " uses it; for "
              + database.path()
              + " set it in the URL");
    }
    throw new InvalidConfigurationException(
        holder.path()
            + " is replicated to "
            + location
            + " already; set haduck.name or another replica for "
            + database.path());
  }

  private static @Nullable Setting ambient(Settings settings) {
    for (Setting setting : Setting.values()) {
      if (setting.perDatabase()
          && settings.get(setting) != null
          && !settings.source(setting).explicit()
          && !(setting == Setting.REPLICA && settings.replicaIsExplicit())) {
        return setting;
      }
    }
    return null;
  }

  /** Returns who stands in the way. */
  private synchronized @Nullable OpenDatabase tryClaim(OpenDatabase database, Claim claim) {
    for (Map.Entry<OpenDatabase, Claim> other : claims.entrySet()) {
      boolean ambientTwice =
          claim.ambient() != null && claim.ambient() == other.getValue().ambient();
      if (other.getKey() != database
          && (ambientTwice || other.getValue().location().equals(claim.location()))) {
        return other.getKey();
      }
    }
    claims.put(database, claim);
    if (!shutdownRegistered) {
      shutdownRegistered = true;
      new JvmShutdown(this::all).register();
    }
    return null;
  }

  /** Gives a replica up. */
  synchronized void release(OpenDatabase database) {
    claims.remove(database);
  }

  /** A database was retired. */
  synchronized void forget(OpenDatabase database) {
    databases.remove(database.path(), database);
  }

  /** Those that are open or linger now. */
  synchronized List<OpenDatabase> all() {
    return List.copyOf(databases.values());
  }

  /** Frees a file that nobody is connected to any more. */
  void retireIfIdle(Path path) {
    OpenDatabase database;
    synchronized (this) {
      database = databases.get(path);
    }
    if (database != null) {
      database.retireIfIdle();
    }
  }
}
