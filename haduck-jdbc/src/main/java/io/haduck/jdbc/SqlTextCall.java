package io.haduck.jdbc;

import java.sql.SQLException;

/**
 * A call of DuckDB's driver that is given SQL text.
 *
 * @param <T> what it returns
 */
@FunctionalInterface
interface SqlTextCall<T> {
  T run(String sql) throws SQLException;
}
