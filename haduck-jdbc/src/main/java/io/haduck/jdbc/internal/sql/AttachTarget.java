package io.haduck.jdbc.internal.sql;

import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.settings.DatabaseMode;
import io.haduck.core.settings.Setting;
import io.haduck.core.settings.Settings;
import io.haduck.core.store.ObjectStoreSettings;
import io.haduck.jdbc.internal.url.DatabasePath;
import io.haduck.jdbc.internal.url.HaduckUrl;
import io.haduck.jdbc.internal.url.NamedDatabase;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;

/**
 * What {@code ATTACH 'haduck:/path;haduck.key=value'} names. {@code toString} shows no secret.
 *
 * @param database the path as it was written, and with symbolic links resolved
 * @param givenName the name in SQL: by default what DuckDB derives from the path as it was written
 * @param settings of the database
 */
public record AttachTarget(DatabasePath database, String givenName, Settings settings) {
  static final String PREFIX = "haduck:";

  /**
   * Reads the text between the quotes.
   *
   * <p>What it does not set comes from system properties and the environment, and what they do not
   * set from the connection. Of those a name is no use: it serves one database.
   *
   * @param text begins with {@link #PREFIX}
   * @param ofConnection the settings of the connection that attaches it
   * @throws InvalidConfigurationException if it names no local file, or a setting is wrong
   * @throws IOException if the path cannot be resolved
   */
  static AttachTarget read(String text, Settings ofConnection) throws IOException {
    HaduckUrl url = HaduckUrl.parse(HaduckUrl.PREFIX + text.substring(PREFIX.length()));
    String database = url.database();
    if (database.startsWith("//")) {
      if (!database.startsWith("///")) {
        throw new InvalidConfigurationException(
            "ATTACH 'haduck:"
                + database
                + "' names a host, and haduck attaches local files; write haduck:/absolute/path or haduck:relative/path");
      }
      database = database.substring(2);
    }
    NamedDatabase named = NamedDatabase.of(database);
    if (named.kind() != NamedDatabase.Kind.FILE) {
      throw new InvalidConfigurationException(
          "only a database in a local file can be replicated, and '"
              + named.shown()
              + "' is none; attach it without haduck:");
    }
    if (!url.options().isEmpty()) {
      throw new InvalidConfigurationException(
          "'"
              + url.options().get(0).replaceFirst("=.*", "")
              + "' in ATTACH 'haduck:"
              + database
              + ";…' is none of haduck's settings; DuckDB's options stand in parentheses behind the path");
    }
    DatabasePath path = DatabasePath.resolve(named.text());
    Settings settings = settings(url.settings(), ofConnection);
    if (settings.mode() != DatabaseMode.WRITER) {
      throw new InvalidConfigurationException(
          "haduck.mode="
              + settings.get(Setting.MODE)
              + " from "
              + settings.source(Setting.MODE)
              + " is for the database of a connection's own URL; ATTACH 'haduck:"
              + database
              + ";haduck.mode=writer' attaches it to be written, and takes its replica over from whoever writes it now");
    }
    return new AttachTarget(path, givenName(named.text()), settings);
  }

  /** Of the database file, symbolic links resolved. */
  public Path path() {
    return database.file();
  }

  private static Settings settings(Map<String, String> given, Settings ofConnection) {
    var system = new HashMap<String, String>();
    Properties properties = System.getProperties();
    for (String key : properties.stringPropertyNames()) {
      system.put(key, properties.getProperty(key));
    }
    var environment = new HashMap<>(System.getenv());
    system.remove(Setting.NAME.qualifiedKey());
    environment.remove(Setting.NAME.environmentName());
    return Settings.resolve(
        ObjectStoreSettings.known(),
        given,
        inherited(ofConnection, system, environment),
        system,
        environment);
  }

  /** What the connection was given for itself, where nothing else says anything. */
  private static Map<String, String> inherited(
      Settings ofConnection, Map<String, String> system, Map<String, String> environment) {
    boolean located =
        isSet(Setting.REPLICA, system, environment)
            || isSet(Setting.S3_BUCKET, system, environment);
    var inherited = new HashMap<String, String>();
    for (Setting<?> setting : ObjectStoreSettings.known().all()) {
      boolean locates =
          setting == Setting.REPLICA
              || setting == Setting.S3_BUCKET
              || setting == Setting.S3_PREFIX;
      boolean decided = locates ? located : isSet(setting, system, environment);
      if (setting != Setting.NAME && !decided && ofConnection.source(setting).explicit()) {
        String value = ofConnection.get(setting);
        inherited.put(setting.qualifiedKey(), value == null ? "" : value);
      }
    }
    return inherited;
  }

  private static boolean isSet(
      Setting<?> setting, Map<String, String> system, Map<String, String> environment) {
    String property = system.get(setting.qualifiedKey());
    String variable = environment.get(setting.environmentName());
    return (property != null && !property.isBlank()) || (variable != null && !variable.isBlank());
  }

  private static String givenName(String database) {
    String file = database.substring(database.lastIndexOf('/') + 1);
    int dot = file.indexOf('.', 1);
    return dot < 0 ? file : file.substring(0, dot);
  }

  /** The same under another name in SQL. */
  AttachTarget as(String name) {
    return new AttachTarget(database, name, settings);
  }

  /** Whether DuckDB would derive another name from the resolved path. */
  boolean renamed() {
    return !givenName.equals(givenName(path().toString()));
  }
}
