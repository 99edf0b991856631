package io.haduck.jdbc.internal.following;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.settings.Settings;
import io.haduck.jdbc.internal.url.DatabasePath;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The databases that this JVM follows, by the one path of each. Safe for any thread; the monitor is
 * held for moments only.
 */
public final class FollowedDatabases {
  private final StatusOffer offer;

  @GuardedBy("this")
  private final Map<Path, FollowedDatabase> databases = new HashMap<>();

  public FollowedDatabases(StatusOffer offer) {
    this.offer = offer;
  }

  /**
   * Connects to a database, beginning to follow it if nobody in this JVM does.
   *
   * @throws InvalidConfigurationException if it is followed with other settings
   */
  public FollowerConnection connect(DatabasePath path, Settings settings, CopyOpener opener)
      throws SQLException {
    while (true) {
      FollowerConnection connection = entry(path).connect(settings, opener);
      if (connection != null) {
        return connection;
      }
    }
  }

  private synchronized FollowedDatabase entry(DatabasePath path) {
    return databases.computeIfAbsent(
        path.file(), file -> new FollowedDatabase(path, offer, this::forget));
  }

  private synchronized void forget(FollowedDatabase database) {
    databases.remove(database.path(), database);
  }

  /** Whether somebody follows a database. What only lingers is ended. */
  public boolean isInUse(Path path) {
    FollowedDatabase database;
    synchronized (this) {
      database = databases.get(path);
    }
    if (database != null) {
      database.endIfIdle();
    }
    synchronized (this) {
      return databases.containsKey(path);
    }
  }

  /** Ends following every database that nobody is connected to, without waiting for linger. */
  public void endIdle() {
    List<FollowedDatabase> all;
    synchronized (this) {
      all = List.copyOf(databases.values());
    }
    all.forEach(FollowedDatabase::endIfIdle);
  }
}
