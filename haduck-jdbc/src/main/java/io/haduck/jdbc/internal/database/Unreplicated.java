package io.haduck.jdbc.internal.database;

import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.settings.Setting;
import io.haduck.core.settings.SettingSource;
import io.haduck.core.settings.Settings;
import io.haduck.jdbc.internal.url.NamedDatabase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Databases that are in no local file, and so cannot be replicated although a system property or
 * the environment names a replica: says it once of each. Safe for any thread.
 */
public final class Unreplicated {
  private static final Logger log = LoggerFactory.getLogger(Unreplicated.class);

  /** Where a program makes up ever new names, not each of them is told of. */
  private static final int MOST_TOLD = 1000;

  private final Set<String> told = ConcurrentHashMap.newKeySet();

  /**
   * Says that a database is not replicated, if a replica is set.
   *
   * @param database in memory or elsewhere
   * @throws InvalidConfigurationException if a DuckDB may open a local file by its name, which then
   *     would not be replicated
   */
  public void require(NamedDatabase database, Settings settings) {
    if (settings.replica() == null) {
      return;
    }
    Path directory = database.localDirectory();
    if (directory != null && Files.exists(directory)) {
      throw new InvalidConfigurationException(
          "'"
              + database.shown()
              + "' may be a database elsewhere, or to some versions of DuckDB a file below the directory '"
              + directory
              + "' of the working directory. For the file write ./ before it; for the other one rename that directory");
    }
    if (told.size() >= MOST_TOLD || !told.add(database.shown())) {
      return;
    }
    SettingSource source = source(settings);
    if (database.kind() == NamedDatabase.Kind.MEMORY) {
      log.info(
          "the database in memory '{}' is not replicated: the replica of {} is for databases in local files",
          database.shown(),
          source);
    } else {
      log.warn(
          "the database '{}' is not replicated: it is in no local file, and the replica of {} is for those. If it is a"
              + " file, write ./ or its directory before its name",
          database.shown(),
          source);
    }
  }

  private static SettingSource source(Settings settings) {
    return settings.get(Setting.REPLICA) == null
        ? settings.source(Setting.S3_BUCKET)
        : settings.source(Setting.REPLICA);
  }
}
