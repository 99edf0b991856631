package io.haduck.jdbc;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * A result of a replicated database. A streamed one runs its statement as it is read, and commits
 * at its end: so only there the replication is told, and reading costs nothing.
 */
final class HaduckResultSet extends ResultSetDelegate {
  private final DatabaseHook hook;

  HaduckResultSet(Statement statement, ResultSet delegate, DatabaseHook hook) {
    super(statement, delegate);
    this.hook = hook;
  }

  @Override
  public boolean next() throws SQLException {
    boolean more = false;
    try {
      more = super.next();
      return more;
    } finally {
      if (!more) {
        hook.afterCall();
      }
    }
  }

  @Override
  public void close() throws SQLException {
    try {
      super.close();
    } finally {
      hook.afterCall();
    }
  }
}
