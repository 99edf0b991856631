package io.haduck.jdbc.internal.wrapped;

import io.haduck.jdbc.internal.forward.SqlTextCall;
import io.haduck.jdbc.internal.forward.StatementDelegate;
import io.haduck.jdbc.internal.sql.SqlCommand;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * A statement on a replicated database: tells the replication of every call that may have run SQL.
 */
final class HaduckStatement extends StatementDelegate {
  private final SqlCalls calls;
  private final HaduckConnection connection;
  private SqlCommand batch = SqlCommand.NOTHING;

  HaduckStatement(HaduckConnection connection, Statement delegate) {
    super(connection, delegate);
    this.connection = connection;
    this.calls = new SqlCalls(connection.session(), this);
  }

  @Override
  protected ResultSet wrap(ResultSet resultSet) {
    return new HaduckResultSet(this, resultSet, calls);
  }

  @Override
  protected <T> T run(String sql, SqlTextCall<T> call) throws SQLException {
    return calls.run(sql, call, this::renew);
  }

  private boolean renew() throws SQLException {
    renew(connection.delegate().createStatement());
    return true;
  }

  @Override
  public void addBatch(String sql) throws SQLException {
    SqlCommand command = connection.session().read(sql);
    super.addBatch(command.sql());
    batch = batch.and(command);
  }

  @Override
  public void clearBatch() throws SQLException {
    super.clearBatch();
    batch = SqlCommand.NOTHING;
  }

  @Override
  public int[] executeBatch() throws SQLException {
    return calls.run(takeBatch(), super::executeBatch);
  }

  @Override
  public long[] executeLargeBatch() throws SQLException {
    return calls.run(takeBatch(), super::executeLargeBatch);
  }

  private SqlCommand takeBatch() {
    SqlCommand taken = batch;
    batch = SqlCommand.NOTHING;
    return taken;
  }

  /** Ends a wait for the replica too. */
  @Override
  public void cancel() throws SQLException {
    calls.cancel();
    super.cancel();
  }

  /** Ends a streamed result, and with it the transaction that it may have written in. */
  @Override
  public void close() throws SQLException {
    super.close();
    calls.ended();
  }
}
