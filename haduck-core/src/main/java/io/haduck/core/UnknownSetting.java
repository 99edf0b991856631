package io.haduck.core;

import java.util.Locale;
import java.util.Set;

/** The errors for keys that this version does not have. */
final class UnknownSetting {
  private static final Set<String> PLANNED =
      Set.of(
          "lease",
          "lease_ttl",
          "lease_wait",
          "max_lag",
          "offline",
          "on_diverge",
          "retention",
          "retention_wal");

  private UnknownSetting() {}

  static InvalidConfigurationException error(String qualifiedKey, SettingSource source) {
    String key = qualifiedKey.substring(Setting.PREFIX.length());
    if (PLANNED.contains(key)) {
      return new InvalidConfigurationException(
          "'"
              + qualifiedKey
              + "' in "
              + source
              + " is planned, but not available in this version of haduck");
    }
    return new InvalidConfigurationException(
        "unknown key '"
            + qualifiedKey
            + "' in "
            + source
            + "; the nearest known key is '"
            + nearest(key).qualifiedKey()
            + "'");
  }

  private static Setting nearest(String key) {
    String wanted = key.toLowerCase(Locale.ROOT);
    Setting nearest = Setting.REPLICA;
    int least = Integer.MAX_VALUE;
    for (Setting setting : Setting.values()) {
      int distance = distance(wanted, setting.key());
      if (distance < least) {
        least = distance;
        nearest = setting;
      }
    }
    return nearest;
  }

  /** Levenshtein's edit distance. */
  private static int distance(String from, String to) {
    int[] row = new int[to.length() + 1];
    for (int j = 0; j <= to.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= from.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= to.length(); j++) {
        int above = row[j];
        int substituted = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(substituted, 1 + Math.min(above, row[j - 1]));
        diagonal = above;
      }
    }
    return row[to.length()];
  }
}
