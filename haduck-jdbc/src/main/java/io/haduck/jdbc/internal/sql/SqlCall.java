package io.haduck.jdbc.internal.sql;

import java.sql.SQLException;

/**
 * A call of DuckDB's driver that may run SQL.
 *
 * @param <T> what it returns
 */
@FunctionalInterface
public interface SqlCall<T> {
  T run() throws SQLException;
}
