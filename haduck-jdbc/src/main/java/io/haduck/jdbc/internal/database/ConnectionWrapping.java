package io.haduck.jdbc.internal.database;

import io.haduck.core.settings.Settings;
import java.sql.Connection;

/** Makes what a user gets of one of DuckDB's connections. */
@FunctionalInterface
public interface ConnectionWrapping {
  /**
   * Wraps one.
   *
   * @param hook told of what it does
   * @param settings that it was opened with, which databases that it attaches inherit
   */
  WrappedConnection wrap(Connection duckdb, DatabaseHook hook, Settings settings);
}
