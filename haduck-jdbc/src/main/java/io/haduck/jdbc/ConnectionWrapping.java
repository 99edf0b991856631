package io.haduck.jdbc;

import io.haduck.core.Settings;
import java.sql.Connection;

/** Makes what a user gets of one of DuckDB's connections. */
@FunctionalInterface
interface ConnectionWrapping {
  /**
   * Wraps one.
   *
   * @param hook told of what it does
   * @param settings that it was opened with, which databases that it attaches inherit
   */
  WrappedConnection wrap(Connection duckdb, DatabaseHook hook, Settings settings);
}
