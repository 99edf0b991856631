package io.haduck.jdbc.internal.wrapped;

import io.haduck.jdbc.internal.forward.ResultSetDelegate;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * A result of a replicated database. A streamed one runs its statement as it is read, and commits
 * at its end: so only there the replication is told, and reading costs nothing.
 */
final class HaduckResultSet extends ResultSetDelegate {
  private final SqlCalls calls;

  HaduckResultSet(Statement statement, ResultSet delegate, SqlCalls calls) {
    super(statement, delegate);
    this.calls = calls;
    calls.opened();
  }

  @Override
  public boolean next() throws SQLException {
    boolean more;
    try {
      more = super.next();
    } catch (SQLException e) {
      calls.failed();
      throw e;
    }
    if (!more) {
      calls.ended();
    }
    return more;
  }

  @Override
  public void close() throws SQLException {
    super.close();
    calls.ended();
  }
}
