package io.haduck.jdbc.internal.database;

import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.settings.RestorePolicy;
import io.haduck.core.settings.Setting;
import io.haduck.core.settings.Settings;
import io.haduck.core.store.ReplicaLocation;
import io.haduck.core.store.ReplicaPlace;
import io.haduck.jdbc.internal.url.DatabasePath;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Where the replica of a database is, by its settings. */
public final class ReplicaPlacement {
  private ReplicaPlacement() {}

  /**
   * Where a database is replicated to; null in local-only mode.
   *
   * @throws InvalidConfigurationException if that cannot be, or has no name
   */
  public static @Nullable ReplicaLocation locate(DatabasePath database, Settings settings) {
    String replica = settings.replica();
    if (replica == null) {
      if (settings.restore() == RestorePolicy.REQUIRED) {
        throw new InvalidConfigurationException(
            "restore=required from "
                + settings.source(Setting.RESTORE)
                + " wants the replica of "
                + database.written()
                + " to hold it, and "
                + (settings.localOnly()
                    ? "haduck.replica=none says that it has none: remove one of the two"
                    : "it has none: set haduck.replica or haduck.s3.bucket"));
      }
      return null;
    }
    String name = settings.get(Setting.NAME);
    ReplicaLocation location =
        ReplicaLocation.parse(replica)
            .resolve(name == null ? settings.nameFor(database.fileName()) : name);
    if (location.scheme().equals("file")) {
      requireApart(database.file(), ReplicaPlace.of(location).directory(), location);
    }
    return location;
  }

  private static void requireApart(Path database, Path replica, ReplicaLocation location) {
    if (database.startsWith(replica) || replica.startsWith(database)) {
      throw new InvalidConfigurationException(
          "the replica "
              + location
              + " is the database "
              + database
              + " itself, or has it inside: choose another directory, best on another disk");
    }
  }
}
