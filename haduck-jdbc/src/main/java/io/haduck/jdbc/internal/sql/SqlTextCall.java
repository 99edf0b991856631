package io.haduck.jdbc.internal.sql;

import java.sql.SQLException;

/**
 * A call of DuckDB's driver that is given SQL text.
 *
 * @param <T> what it returns
 */
@FunctionalInterface
public interface SqlTextCall<T> {
  T run(String sql) throws SQLException;
}
