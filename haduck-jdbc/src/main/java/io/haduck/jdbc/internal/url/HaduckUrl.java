package io.haduck.jdbc.internal.url;

import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.settings.Setting;
import io.haduck.core.settings.UnknownSetting;
import io.haduck.core.store.ObjectStoreSettings;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A {@code jdbc:haduck:} URL taken apart: {@code
 * jdbc:haduck:/data/my.duckdb;haduck.key=value;option=value}.
 *
 * <p>Keys with the prefix {@code haduck.} are ours and are cut out at their first {@code =};
 * everything else is DuckDB's and stays as it is, in its order. Immutable; {@code toString} shows
 * none of our values.
 *
 * @param database the part before the first semicolon, as DuckDB reads it
 * @param settings our keys, with prefix, and their values; may hold secrets
 * @param options the other parts as written
 */
public record HaduckUrl(String database, Map<String, String> settings, List<String> options) {
  public static final String PREFIX = "jdbc:haduck:";

  private static final String DUCKDB_PREFIX = "jdbc:duckdb:";
  private static final String INITIAL_SQL = "session_init_sql_file";

  /** May be a secret, whether something here takes it or not. */
  private static final Pattern OF_S3 = Pattern.compile("s3[._]", Pattern.CASE_INSENSITIVE);

  /** As other drivers' URLs have it. */
  private static final Pattern MISPLACED =
      Pattern.compile("([?&,]|\\s)\\s*haduck[._]", Pattern.CASE_INSENSITIVE);

  public HaduckUrl {
    settings = Map.copyOf(settings);
    options = List.copyOf(options);
  }

  /** Whether a URL is for haduck's driver. */
  public static boolean accepts(@Nullable String url) {
    return url != null && url.startsWith(PREFIX);
  }

  /**
   * Takes a URL apart.
   *
   * @throws InvalidConfigurationException if one of our keys has no value or stands there twice, or
   *     the database is a {@code file:} URL that DuckDB does not understand
   */
  public static HaduckUrl parse(String url) {
    if (!accepts(url)) {
      throw new InvalidConfigurationException("a haduck URL begins with " + PREFIX);
    }
    String[] parts = url.substring(PREFIX.length()).split(";", -1);
    requireNoOtherSeparator(parts);
    var settings = new LinkedHashMap<String, String>();
    var options = new ArrayList<String>();
    for (int i = 1; i < parts.length; i++) {
      String part = parts[i].strip();
      int equals = part.indexOf('=');
      if (!part.isEmpty() && equals < 0) {
        throw noValue(part, i == 1 || parts[i - 1].isBlank() ? "" : parts[i - 1].strip());
      }
      if (!part.startsWith(Setting.PREFIX)) {
        options.add(parts[i]);
        continue;
      }
      String key = part.substring(0, equals).strip();
      if (settings.put(key, part.substring(equals + 1).strip()) != null) {
        throw new InvalidConfigurationException("'" + key + "' stands twice in the URL");
      }
    }
    String database = parts[0].strip();
    NamedDatabase.of(database); // finds out now whether it can be
    return new HaduckUrl(database, settings, options);
  }

  /** Shows nothing that may be a value, or the end of one: it may be a secret. */
  private static InvalidConfigurationException noValue(String part, String before) {
    if (part.startsWith(Setting.PREFIX)) {
      String key = part.substring(Setting.PREFIX.length());
      String shown =
          ObjectStoreSettings.known()
              .byKey(key)
              .or(() -> UnknownSetting.meantBy(ObjectStoreSettings.known(), part))
              .map(Setting::qualifiedKey)
              .orElse(Setting.PREFIX);
      return new InvalidConfigurationException(
          "'" + shown + "' in the URL has no value; write " + shown + "=value");
    }
    String where =
        before.startsWith(Setting.PREFIX)
            ? "what follows the ';' behind " + before.replaceFirst("=.*", "")
            : "'" + part + "'";
    return new InvalidConfigurationException(
        where
            + " in the URL is not of the form key=value. A URL cannot hold a path or a value with a semicolon: rename"
            + " the file or its directory, and give the value in the connection's Properties");
  }

  private static void requireNoOtherSeparator(String[] parts) {
    for (String part : parts) {
      Matcher misplaced = MISPLACED.matcher(part);
      if (misplaced.find()) {
        throw new InvalidConfigurationException(
            "the URL has haduck's settings behind '"
                + misplaced.group(1)
                + "'; each of them follows a ';', as in "
                + PREFIX
                + "/data/my.duckdb;haduck.replica=…");
      }
    }
  }

  /**
   * A URL as its user may see it: without what is ours or may be part of it. Never fails, whatever
   * the text is.
   */
  public static String withoutSettings(String url) {
    if (!accepts(url)) {
      return PREFIX + "…";
    }
    String[] parts = url.substring(PREFIX.length()).split(";", -1);
    var shown = new StringBuilder(PREFIX).append(MISPLACED.split(parts[0], 2)[0]);
    for (int i = 1; i < parts.length; i++) {
      String part = parts[i].strip();
      if (part.indexOf('=') > 0 && !OF_S3.matcher(part).lookingAt() && !isOurs(part)) {
        shown.append(';').append(MISPLACED.split(parts[i], 2)[0]);
      }
    }
    return shown.toString();
  }

  private static boolean isOurs(String part) {
    return UnknownSetting.meantBy(ObjectStoreSettings.known(), part.replaceFirst("=.*", ""))
        .isPresent();
  }

  /** The URL for DuckDB's driver. */
  public String duckdbUrl() {
    return duckdbUrl(named().text());
  }

  /** The URL for DuckDB's driver, of another path to the same database. */
  public String duckdbUrl(String path) {
    return DUCKDB_PREFIX + path + (options.isEmpty() ? "" : ";" + String.join(";", options));
  }

  /** The same, but DuckDB's driver runs none of the user's SQL. */
  public HaduckUrl withoutInitialSql() {
    return new HaduckUrl(
        database,
        settings,
        options.stream().filter(option -> !isKey(option, INITIAL_SQL)).toList());
  }

  /** What the database is to DuckDB. */
  public NamedDatabase named() {
    return NamedDatabase.of(database);
  }

  /** Whether the database lives in memory only. */
  public boolean inMemory() {
    return named().kind() == NamedDatabase.Kind.MEMORY;
  }

  /**
   * What connections to the same DuckDB instance have in common, where the database is no local
   * file; null if each has an instance of its own.
   */
  public @Nullable String sharedInstance() {
    String name = database.startsWith(":") ? database.substring(1) : database;
    return name.isEmpty() || name.equals("memory:") ? null : name;
  }

  /** Whether the database is a local file; otherwise it lives in memory or elsewhere. */
  public boolean isFile() {
    return named().kind() == NamedDatabase.Kind.FILE;
  }

  /**
   * Whether the connection only reads, as DuckDB's driver decides it: by {@code access_mode} or
   * {@code duckdb.read_only}, an option in the URL before a property. DuckDB knows {@code
   * access_mode} in any case, and whichever of two it takes: where they differ, it may write.
   */
  public boolean readOnly(Properties properties) {
    var given = new HashMap<String, String>();
    properties.forEach((key, value) -> given.put(key.toString(), value.toString().strip()));
    for (String option : options) {
      int equals = option.indexOf('=');
      if (equals > 0) {
        given.put(option.substring(0, equals).strip(), option.substring(equals + 1).strip());
      }
    }
    List<String> modes =
        given.entrySet().stream()
            .filter(option -> option.getKey().equalsIgnoreCase("access_mode"))
            .map(Map.Entry::getValue)
            .toList();
    return modes.isEmpty()
        ? isTrue(given.get("duckdb.read_only"))
        : modes.stream().allMatch(mode -> mode.equalsIgnoreCase("READ_ONLY"));
  }

  /** Whether DuckDB's driver is told to open an instance that no other connection shares. */
  public boolean unsharedInstance(Properties properties) {
    String cached = option("jdbc_instance_cache", properties);
    return cached != null
        && List.of("false", "0", "no", "off").contains(cached.toLowerCase(Locale.ROOT));
  }

  /** Whether DuckDB's driver keeps an instance open when all its connections are closed. */
  public boolean pinsInstance(Properties properties) {
    return isTrue(option("jdbc_pin_db", properties));
  }

  /** Whether DuckDB's driver runs SQL of the user's on each new connection. */
  public boolean runsInitialSql() {
    return option(INITIAL_SQL, new Properties()) != null;
  }

  private static boolean isTrue(@Nullable String text) {
    return text != null
        && List.of("true", "1", "yes", "on").contains(text.toLowerCase(Locale.ROOT));
  }

  private static boolean isKey(String option, String key) {
    int equals = option.indexOf('=');
    return equals > 0 && option.substring(0, equals).strip().equalsIgnoreCase(key);
  }

  /** DuckDB compares names of options without regard to case. */
  private @Nullable String option(String key, Properties properties) {
    String value = null;
    for (String option : options) {
      if (isKey(option, key)) {
        value = option.substring(option.indexOf('=') + 1).strip();
      }
    }
    if (value != null) {
      return value;
    }
    for (Map.Entry<Object, Object> property : properties.entrySet()) {
      if (property.getKey().toString().equalsIgnoreCase(key)) {
        value = property.getValue().toString().strip();
      }
    }
    return value;
  }

  /** Without the values of our keys, since they may be secrets. */
  @Override
  public String toString() {
    return PREFIX + database + (settings.isEmpty() ? "" : ";" + settings.keySet());
  }
}
