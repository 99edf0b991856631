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
  private final SqlKind kind;

  HaduckResultSet(Statement statement, ResultSet delegate, DatabaseHook hook, SqlKind kind) {
    super(statement, delegate);
    this.hook = hook;
    this.kind = kind;
  }

  @Override
  public boolean next() throws SQLException {
    boolean more = false;
    try {
      more = super.next();
      return more;
    } finally {
      if (!more) {
        hook.afterCall(kind);
      }
    }
  }

  @Override
  public void close() throws SQLException {
    try {
      super.close();
    } finally {
      hook.afterCall(kind);
    }
  }
}
