package io.haduck.jdbc.internal.wrapped;

import io.haduck.jdbc.internal.forward.PreparedStatementDelegate;
import io.haduck.jdbc.internal.forward.SqlTextCall;
import io.haduck.jdbc.internal.sql.SqlCall;
import io.haduck.jdbc.internal.sql.SqlCommand;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * A prepared statement on a replicated database. Its text is scanned once, when it is prepared;
 * DuckDB also lets it prepare and run other text later.
 */
final class HaduckPreparedStatement extends PreparedStatementDelegate {
  private final SqlCalls calls;
  private final HaduckConnection connection;

  /** What executing runs. */
  private SqlCommand command;

  HaduckPreparedStatement(
      HaduckConnection connection, PreparedStatement delegate, SqlCommand command) {
    super(connection, delegate);
    this.calls = new SqlCalls(connection.session(), this);
    this.connection = connection;
    this.command = command;
  }

  @Override
  protected ResultSet wrap(ResultSet resultSet) {
    return new HaduckResultSet(this, resultSet, calls);
  }

  private <T> T call(SqlCall<T> call) throws SQLException {
    return calls.run(command, call, () -> renew(command));
  }

  @Override
  protected <T> T run(String sql, SqlTextCall<T> call) throws SQLException {
    SqlCommand read = connection.session().read(sql);
    command = read.prepared();
    return calls.run(read, () -> call.run(read.sql()), () -> renew(read));
  }

  /** What its parameters were is not known any more. */
  private boolean renew(SqlCommand prepared) throws SQLException {
    PreparedStatement fresh = connection.delegate().prepareStatement(prepared.sql());
    if (fresh.getParameterMetaData().getParameterCount() > 0) {
      fresh.close();
      return false;
    }
    renew(fresh);
    return true;
  }

  @Override
  public boolean execute() throws SQLException {
    return call(super::execute);
  }

  @Override
  public ResultSet executeQuery() throws SQLException {
    return call(super::executeQuery);
  }

  @Override
  public int executeUpdate() throws SQLException {
    return call(super::executeUpdate);
  }

  @Override
  public long executeLargeUpdate() throws SQLException {
    return call(super::executeLargeUpdate);
  }

  @Override
  public int[] executeBatch() throws SQLException {
    return calls.run(command, super::executeBatch);
  }

  @Override
  public long[] executeLargeBatch() throws SQLException {
    return calls.run(command, super::executeLargeBatch);
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
