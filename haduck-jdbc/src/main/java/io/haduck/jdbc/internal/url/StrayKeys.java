package io.haduck.jdbc.internal.url;

import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.settings.Setting;
import io.haduck.core.settings.SettingSource;
import io.haduck.core.settings.UnknownSetting;
import io.haduck.core.store.ObjectStoreSettings;
import java.sql.DriverPropertyInfo;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Locale;
import java.util.Optional;
import java.util.Properties;
import org.duckdb.DuckDBDriver;

/**
 * Keys that were meant for haduck and would be given to DuckDB: {@code replica=}, {@code
 * HADUCK_REPLICA=}, {@code Haduck.replica=}. DuckDB would refuse them with a message of its own,
 * after the replica (or none) was opened, or ignore them if it is told to.
 */
final class StrayKeys {
  private static final String DUCKDB_IN_MEMORY = "jdbc:duckdb:";

  private StrayKeys() {}

  /**
   * Refuses them; what DuckDB knows, and what resembles nothing of ours, is left alone.
   *
   * @throws InvalidConfigurationException that names the key, and never its value
   */
  static void refuse(HaduckUrl url, ConnectionProperties properties) {
    for (String option : url.options()) {
      int equals = option.indexOf('=');
      if (equals > 0) {
        refuse(option.substring(0, equals).strip(), SettingSource.URL);
      }
    }
    for (Object key : properties.duckdb().keySet()) {
      refuse(String.valueOf(key), SettingSource.PROPERTIES);
    }
  }

  private static void refuse(String key, SettingSource source) {
    Optional<Setting<?>> meant = UnknownSetting.meantBy(ObjectStoreSettings.known(), key);
    if (meant.isPresent() && !knownToDuckDb(key)) {
      throw new InvalidConfigurationException(
          "unknown key '"
              + key
              + "' in "
              + source
              + "; did you mean '"
              + meant.get().qualifiedKey()
              + "'? The keys of haduck begin with "
              + Setting.PREFIX);
    }
  }

  /** Asked only about suspicious keys, since DuckDB opens a database in memory for the answer. */
  private static boolean knownToDuckDb(String key) {
    var known = new ArrayList<String>();
    try {
      for (DriverPropertyInfo info :
          new DuckDBDriver().getPropertyInfo(DUCKDB_IN_MEMORY, new Properties())) {
        known.add(info.name.toLowerCase(Locale.ROOT));
      }
    } catch (SQLException e) {
      return true; // it will say itself what it does not know
    }
    return known.contains(key.toLowerCase(Locale.ROOT));
  }
}
