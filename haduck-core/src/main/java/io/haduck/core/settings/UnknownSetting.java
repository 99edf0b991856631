package io.haduck.core.settings;

import io.haduck.core.InvalidConfigurationException;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The errors for keys that this version does not have. */
public final class UnknownSetting {
  private static final String ENVIRONMENT_PREFIX = "HADUCK_";

  /** Options of DuckDB's httpfs, which read much like ours. */
  private static final Set<String> OF_DUCKDBS_EXTENSIONS =
      Set.of(
          "s3_access_key_id",
          "s3_endpoint",
          "s3_kms_key_id",
          "s3_region",
          "s3_secret_access_key",
          "s3_session_token",
          "s3_url_style",
          "s3_use_ssl");

  private static final Pattern NEARLY_PREFIXED = Pattern.compile("([a-z]{4,8})[._:/](.{1,100})");
  private static final Pattern KEY = Pattern.compile("[A-Za-z0-9._-]{1,100}");

  /** What is longer is compared by its beginning. */
  private static final int LONGEST = 100;

  private UnknownSetting() {}

  static InvalidConfigurationException error(
      KnownSettings known, String qualifiedKey, SettingSource source) {
    String key = qualifiedKey.substring(Setting.PREFIX.length());
    if (key.indexOf('.') >= 0 && !known.hasStores()) {
      return new InvalidConfigurationException(
          "'"
              + shown(qualifiedKey)
              + "' in "
              + source
              + " is of an object store, and none with settings is on the class path; s3: needs io.haduck:haduck-s3");
    }
    return new InvalidConfigurationException(
        "unknown key '"
            + shown(qualifiedKey)
            + "' in "
            + source
            + "; the nearest known key is '"
            + nearest(known, key).qualifiedKey()
            + "'");
  }

  /**
   * A key without the prefix, or with one that is not quite it, that can only have been meant for
   * haduck: {@code replica}, {@code HADUCK_REPLICA}, {@code hadcuk.replica}.
   */
  public static Optional<Setting<?>> meantBy(KnownSettings known, String key) {
    String wanted = shortened(key.strip()).toLowerCase(Locale.ROOT).replace('-', '_');
    Matcher prefixed = NEARLY_PREFIXED.matcher(wanted);
    if (prefixed.matches() && distance(prefixed.group(1), "haduck") <= 2) {
      boolean exact = prefixed.group(1).equals("haduck");
      Setting<?> nearest = nearest(known, prefixed.group(2));
      return exact || isTypoOf(nearest, prefixed.group(2))
          ? Optional.of(nearest)
          : Optional.empty();
    }
    if (OF_DUCKDBS_EXTENSIONS.contains(wanted)) {
      return Optional.empty();
    }
    Setting<?> nearest = nearest(known, wanted);
    return isTypoOf(nearest, wanted) ? Optional.of(nearest) : Optional.empty();
  }

  /**
   * Returns the setting that was likely meant by a name which is none of haduck's: others may put
   * what they like into system properties and the environment, so that is no error.
   *
   * @param name of a system property or an environment variable
   * @return its name where this one came from; empty if the name is haduck's, or somebody else's
   */
  public static Optional<String> meantByName(KnownSettings known, String name) {
    if (name.startsWith(Setting.PREFIX)) {
      String key = name.substring(Setting.PREFIX.length());
      return known.byKey(key).isPresent()
          ? Optional.empty()
          : mistyped(known, key).map(Setting::qualifiedKey);
    }
    if (name.startsWith(ENVIRONMENT_PREFIX)) {
      for (Setting<?> setting : known.all()) {
        if (setting.environmentName().equals(name)) {
          return Optional.empty();
        }
      }
      return mistyped(known, name.substring(ENVIRONMENT_PREFIX.length()))
          .map(Setting::environmentName);
    }
    return Optional.empty();
  }

  private static Optional<Setting<?>> mistyped(KnownSettings known, String key) {
    String wanted = shortened(key).toLowerCase(Locale.ROOT);
    Setting<?> nearest = nearest(known, wanted);
    String ofStore = nearest.key().substring(nearest.key().indexOf('.') + 1);
    return isTypoOf(nearest, wanted) || (nearest.goesToStore() && distance(wanted, ofStore) <= 1)
        ? Optional.of(nearest)
        : Optional.empty();
  }

  private static boolean isTypoOf(Setting<?> setting, String key) {
    return distance(key, setting.key()) <= (key.length() <= 5 ? 1 : 2);
  }

  /** A key as far as it looks like one: what follows may be a value, and a secret. */
  static String shown(String key) {
    Matcher matcher = KEY.matcher(key);
    return matcher.lookingAt() ? matcher.group() : "";
  }

  private static Setting<?> nearest(KnownSettings known, String key) {
    String wanted = shortened(key).toLowerCase(Locale.ROOT).replace('-', '_');
    Setting<?> nearest = Setting.REPLICA;
    int least = Integer.MAX_VALUE;
    for (Setting<?> setting : known.all()) {
      int distance = distance(wanted, setting.key());
      if (setting.goesToStore()) {
        String afterPrefix = setting.key().substring(setting.key().indexOf('.') + 1);
        distance = Math.min(distance, 1 + distance(wanted, afterPrefix));
      }
      if (distance < least) {
        least = distance;
        nearest = setting;
      }
    }
    return nearest;
  }

  private static String shortened(String key) {
    return key.length() > LONGEST ? key.substring(0, LONGEST) : key;
  }

  /** The edit distance, in which two neighbours that changed places count once. */
  private static int distance(String from, String to) {
    int[][] rows = new int[from.length() + 1][to.length() + 1];
    for (int i = 0; i <= from.length(); i++) {
      for (int j = 0; j <= to.length(); j++) {
        rows[i][j] = i == 0 || j == 0 ? i + j : cheapest(rows, from, to, i, j);
      }
    }
    return rows[from.length()][to.length()];
  }

  private static int cheapest(int[][] rows, String from, String to, int i, int j) {
    boolean same = from.charAt(i - 1) == to.charAt(j - 1);
    int substituted = rows[i - 1][j - 1] + (same ? 0 : 1);
    int cheapest = Math.min(substituted, 1 + Math.min(rows[i - 1][j], rows[i][j - 1]));
    boolean swapped =
        i > 1
            && j > 1
            && from.charAt(i - 1) == to.charAt(j - 2)
            && from.charAt(i - 2) == to.charAt(j - 1);
    return swapped ? Math.min(cheapest, 1 + rows[i - 2][j - 2]) : cheapest;
  }
}
