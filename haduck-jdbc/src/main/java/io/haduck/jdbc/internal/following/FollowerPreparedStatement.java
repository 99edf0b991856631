package io.haduck.jdbc.internal.following;

import io.haduck.jdbc.internal.forward.PreparedStatementDelegate;
import io.haduck.jdbc.internal.forward.SqlTextCall;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/** A prepared statement on a followed database: what it would write is refused. */
final class FollowerPreparedStatement extends PreparedStatementDelegate {
  private final ReadOnlyCalls calls;
  private String sql;

  FollowerPreparedStatement(
      Connection connection, PreparedStatement delegate, ReadOnlyCalls calls, String sql) {
    super(connection, delegate);
    this.calls = calls;
    this.sql = sql;
  }

  @Override
  protected <T> T run(String other, SqlTextCall<T> call) throws SQLException {
    sql = other;
    return calls.run(other, () -> call.run(other));
  }

  @Override
  public boolean execute() throws SQLException {
    return calls.run(sql, super::execute);
  }

  @Override
  public ResultSet executeQuery() throws SQLException {
    return calls.run(sql, super::executeQuery);
  }

  @Override
  public int executeUpdate() throws SQLException {
    return calls.run(sql, super::executeUpdate);
  }

  @Override
  public long executeLargeUpdate() throws SQLException {
    return calls.run(sql, super::executeLargeUpdate);
  }

  @Override
  public int[] executeBatch() throws SQLException {
    return calls.run(sql, super::executeBatch);
  }

  @Override
  public long[] executeLargeBatch() throws SQLException {
    return calls.run(sql, super::executeLargeBatch);
  }
}
