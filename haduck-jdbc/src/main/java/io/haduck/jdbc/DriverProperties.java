package io.haduck.jdbc;

import io.haduck.core.HaduckException;
import io.haduck.core.settings.Setting;
import io.haduck.core.settings.Settings;
import io.haduck.core.store.ObjectStoreSettings;
import io.haduck.jdbc.internal.url.ConnectionProperties;
import io.haduck.jdbc.internal.url.ConnectionSettings;
import io.haduck.jdbc.internal.url.HaduckUrl;
import java.sql.DriverPropertyInfo;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.duckdb.DuckDBDriver;
import org.jspecify.annotations.Nullable;

/** What tools can ask for before they connect: haduck's settings, then DuckDB's options. */
final class DriverProperties {
  private static final String DUCKDB_IN_MEMORY = "jdbc:duckdb:";

  private DriverProperties() {}

  static DriverPropertyInfo[] describe(String url, Properties info, DuckDBDriver duckdb)
      throws SQLException {
    var described = new ArrayList<DriverPropertyInfo>();
    Settings settings = settings(url, info);
    for (Setting<?> setting : ObjectStoreSettings.known().all()) {
      described.add(describe(setting, settings));
    }
    // DuckDB opens what it is asked about: a database in memory, so that no file is made or locked.
    described.addAll(List.of(duckdb.getPropertyInfo(DUCKDB_IN_MEMORY, new Properties())));
    return described.toArray(new DriverPropertyInfo[0]);
  }

  private static @Nullable Settings settings(String url, Properties info) {
    try {
      return ConnectionSettings.resolve(HaduckUrl.parse(url), ConnectionProperties.of(info));
    } catch (HaduckException e) {
      return null; // a tool asks because it does not know them yet
    }
  }

  private static DriverPropertyInfo describe(Setting<?> setting, @Nullable Settings settings) {
    String value =
        setting.secret() ? null : settings == null ? setting.defaultValue() : settings.get(setting);
    var info = new DriverPropertyInfo(setting.qualifiedKey(), value);
    info.description = setting.description();
    List<String> choices = setting.choices();
    info.choices = choices.isEmpty() ? null : choices.toArray(new String[0]);
    return info;
  }
}
