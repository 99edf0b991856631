package io.haduck.jdbc;

import io.haduck.core.settings.Setting;
import io.haduck.core.store.ObjectStoreSettings;
import java.sql.DriverPropertyInfo;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;

/** Values that each setting allows. */
final class SettingValues {
  private SettingValues() {}

  /** For tests of each setting. */
  static List<Setting<?>> all() {
    return ObjectStoreSettings.known().all();
  }

  /**
   * At least one, and all there are where they are few; the last is not the default's if it can.
   */
  static List<String> of(Setting<?> setting) {
    DriverPropertyInfo info = describe(setting);
    String defaultValue = setting.defaultValue();
    if (info.choices != null) {
      return Arrays.stream(info.choices)
          .sorted((a, b) -> Boolean.compare(b.equals(defaultValue), a.equals(defaultValue)))
          .toList();
    }
    if (setting.key().equals("lease_ttl")) {
      return List.of("11s", "4m");
    }
    boolean hasLeast = setting.key().equals("gc_grace");
    if (!hasLeast && defaultValue != null && defaultValue.matches("[0-9]+[a-z]+")) {
      return List.of("11s", "12m", "13h");
    }
    if (setting.key().startsWith("keep_")) {
      return List.of("0", "14");
    }
    return switch (setting.key()) {
      case "retention", "retention_wal" -> List.of("1h", "30d");
      case "retention_minimum" -> List.of("1", "5");
      case "retention_zone" -> List.of("UTC", "Europe/Berlin");
      case "gc_grace" -> List.of("1h", "3d");
      case "replica" -> List.of("file:/backup/one", "s3://some-bucket/two");
      case "s3.endpoint" -> List.of("http://localhost:9000", "https://s3.example.com");
      case "s3.bucket" -> List.of("some-bucket", "other-bucket");
      case "lease_wait" -> List.of("17s", "forever");
      case "wal_commits" -> List.of("7", "0");
      case "max_lag" -> List.of("9s", "3h");
      case "compression" -> List.of("none", "zstd:3");
      default -> List.of("some-text-1", "some-text-2");
    };
  }

  private static DriverPropertyInfo describe(Setting<?> setting) {
    try {
      return Arrays.stream(
              new HaduckDriver().getPropertyInfo("jdbc:haduck:x.duckdb", new Properties()))
          .filter(it -> it.name.equals(setting.qualifiedKey()))
          .findFirst()
          .orElseThrow();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
