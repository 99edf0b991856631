package io.haduck.jdbc.internal.url;

import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.settings.Setting;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;

/**
 * What a caller passed as {@link Properties}, parted into ours and DuckDB's.
 *
 * @param settings our keys with the prefix {@code haduck.}, also those among the defaults; may hold
 *     secrets
 * @param duckdb everything else, untouched
 */
public record ConnectionProperties(Map<String, String> settings, Properties duckdb) {

  /**
   * Parts them.
   *
   * @throws InvalidConfigurationException for a value of ours that cannot be read as text
   */
  public static ConnectionProperties of(Properties given) {
    var settings = new HashMap<String, String>();
    for (String key : given.stringPropertyNames()) {
      if (key.startsWith(Setting.PREFIX)) {
        settings.put(key, given.getProperty(key));
      }
    }
    var duckdb = (Properties) given.clone();
    for (Map.Entry<Object, Object> entry : given.entrySet()) {
      // A value that is no string, such as a number, is one of ours too.
      if (entry.getKey() instanceof String key && key.startsWith(Setting.PREFIX)) {
        settings.put(key, text(key, entry.getValue()));
        duckdb.remove(key);
      }
    }
    return new ConnectionProperties(settings, duckdb);
  }

  private static String text(String key, Object value) {
    if (value.getClass().isArray()) {
      throw new InvalidConfigurationException(
          key
              + " in the connection's properties is a "
              + value.getClass().getSimpleName()
              + "; give it as a String");
    }
    return value.toString();
  }

  /** Only the keys: a value may be a secret. */
  @Override
  public String toString() {
    return settings.keySet() + " and for DuckDB " + duckdb.keySet();
  }
}
