package io.haduck.jdbc;

import java.sql.SQLException;

/**
 * A call of DuckDB's driver that may run SQL.
 *
 * @param <T> what it returns
 */
@FunctionalInterface
interface SqlCall<T> {
  T run() throws SQLException;
}
