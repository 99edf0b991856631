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

  /** Makes the call and tells the hook what it must know, before and after it. */
  static <T> T run(DatabaseHook hook, SqlKind kind, SqlCall<T> call) throws SQLException {
    boolean checkpoints = kind == SqlKind.CHECKPOINTS;
    if (checkpoints) {
      hook.beforeCheckpoint();
    }
    T result;
    try {
      result = call.run();
    } finally {
      hook.afterCall();
    }
    if (checkpoints) {
      hook.afterCheckpoint();
    }
    return result;
  }
}
