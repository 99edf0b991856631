package io.haduck.jdbc.internal.following;

import io.haduck.jdbc.internal.forward.SqlTextCall;
import io.haduck.jdbc.internal.forward.StatementDelegate;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/** A statement on a followed database: what it would write is refused. */
final class FollowerStatement extends StatementDelegate {
  private final ReadOnlyCalls calls;
  private String batch = "";

  FollowerStatement(Connection connection, Statement delegate, ReadOnlyCalls calls) {
    super(connection, delegate);
    this.calls = calls;
  }

  @Override
  protected <T> T run(String sql, SqlTextCall<T> call) throws SQLException {
    return calls.run(sql, () -> call.run(sql));
  }

  @Override
  public void addBatch(String sql) throws SQLException {
    super.addBatch(sql);
    batch += sql + ";";
  }

  @Override
  public void clearBatch() throws SQLException {
    super.clearBatch();
    batch = "";
  }

  @Override
  public int[] executeBatch() throws SQLException {
    return calls.run(takeBatch(), super::executeBatch);
  }

  @Override
  public long[] executeLargeBatch() throws SQLException {
    return calls.run(takeBatch(), super::executeLargeBatch);
  }

  private String takeBatch() {
    String taken = batch;
    batch = "";
    return taken;
  }
}
