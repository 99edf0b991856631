package io.haduck.jdbc.internal.forward;

import java.sql.SQLException;

/**
 * A call of what is wrapped that is given SQL text.
 *
 * @param <T> what it returns
 */
@FunctionalInterface
public interface SqlTextCall<T> {
  /** Makes it, with a text that may be another than the caller's. */
  T run(String sql) throws SQLException;
}
