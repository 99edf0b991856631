package io.haduck.jdbc.internal.forward;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/**
 * Forwards every method of a statement; what it hands out leads back to it and to the wrapping
 * connection. As thread-safe as what it wraps.
 */
public class StatementDelegate implements Statement {
  private final Connection connection;
  private volatile Statement delegate;
  private volatile int queryTimeout;
  private volatile boolean closesOnCompletion;

  public StatementDelegate(Connection connection, Statement delegate) {
    this.connection = connection;
    this.delegate = delegate;
  }

  /** What calls go to. */
  protected Statement delegate() {
    return delegate;
  }

  /**
   * Goes on with another statement of DuckDB's, whose driver closes one that has failed. What was
   * set for this one is set for that one.
   */
  protected final void renew(Statement fresh) throws SQLException {
    fresh.setQueryTimeout(queryTimeout);
    if (closesOnCompletion) {
      fresh.closeOnCompletion();
    }
    delegate = fresh;
  }

  /** See {@link ConnectionDelegate#handedOut}. */
  final void handedOut() {
    if (connection instanceof ConnectionDelegate wrapper) {
      wrapper.handedOut();
    }
  }

  /** Wraps a result. */
  protected ResultSet wrap(ResultSet resultSet) {
    return new ResultSetDelegate(this, resultSet);
  }

  /**
   * Runs a text; every call that does goes this way.
   *
   * @param call of the wrapped statement
   */
  protected <T> T run(String sql, SqlTextCall<T> call) throws SQLException {
    return call.run(sql);
  }

  @Override
  public @Nullable ResultSet getResultSet() throws SQLException {
    ResultSet resultSet = delegate().getResultSet();
    return resultSet == null ? null : wrap(resultSet);
  }

  @Override
  public Connection getConnection() throws SQLException {
    delegate().getConnection(); // fails as the wrapped one does when it is closed
    return connection;
  }

  @Override
  public ResultSet executeQuery(String sql) throws SQLException {
    return run(sql, text -> wrap(delegate().executeQuery(text)));
  }

  @Override
  public int executeUpdate(String sql) throws SQLException {
    return run(sql, text -> delegate().executeUpdate(text));
  }

  @Override
  public void close() throws SQLException {
    delegate().close();
  }

  @Override
  public int getMaxFieldSize() throws SQLException {
    return delegate().getMaxFieldSize();
  }

  @Override
  public void setMaxFieldSize(int max) throws SQLException {
    delegate().setMaxFieldSize(max);
  }

  @Override
  public int getMaxRows() throws SQLException {
    return delegate().getMaxRows();
  }

  @Override
  public void setMaxRows(int max) throws SQLException {
    delegate().setMaxRows(max);
  }

  @Override
  public void setEscapeProcessing(boolean enable) throws SQLException {
    delegate().setEscapeProcessing(enable);
  }

  @Override
  public int getQueryTimeout() throws SQLException {
    return delegate().getQueryTimeout();
  }

  @Override
  public void setQueryTimeout(int seconds) throws SQLException {
    delegate().setQueryTimeout(seconds);
    queryTimeout = seconds;
  }

  @Override
  public void cancel() throws SQLException {
    delegate().cancel();
  }

  @Override
  public SQLWarning getWarnings() throws SQLException {
    return delegate().getWarnings();
  }

  @Override
  public void clearWarnings() throws SQLException {
    delegate().clearWarnings();
  }

  @Override
  public void setCursorName(String name) throws SQLException {
    delegate().setCursorName(name);
  }

  @Override
  public boolean execute(String sql) throws SQLException {
    return run(sql, text -> delegate().execute(text));
  }

  @Override
  public int getUpdateCount() throws SQLException {
    return delegate().getUpdateCount();
  }

  @Override
  public boolean getMoreResults() throws SQLException {
    return delegate().getMoreResults();
  }

  @Override
  public void setFetchDirection(int direction) throws SQLException {
    delegate().setFetchDirection(direction);
  }

  @Override
  public int getFetchDirection() throws SQLException {
    return delegate().getFetchDirection();
  }

  @Override
  public void setFetchSize(int rows) throws SQLException {
    delegate().setFetchSize(rows);
  }

  @Override
  public int getFetchSize() throws SQLException {
    return delegate().getFetchSize();
  }

  @Override
  public int getResultSetConcurrency() throws SQLException {
    return delegate().getResultSetConcurrency();
  }

  @Override
  public int getResultSetType() throws SQLException {
    return delegate().getResultSetType();
  }

  @Override
  public void addBatch(String sql) throws SQLException {
    delegate().addBatch(sql);
  }

  @Override
  public void clearBatch() throws SQLException {
    delegate().clearBatch();
  }

  @Override
  public int[] executeBatch() throws SQLException {
    return delegate().executeBatch();
  }

  @Override
  public boolean getMoreResults(int current) throws SQLException {
    return delegate().getMoreResults(current);
  }

  @Override
  public ResultSet getGeneratedKeys() throws SQLException {
    return wrap(delegate().getGeneratedKeys());
  }

  @Override
  public int executeUpdate(String sql, int autoGeneratedKeys) throws SQLException {
    return run(sql, text -> delegate().executeUpdate(text, autoGeneratedKeys));
  }

  @Override
  public int executeUpdate(String sql, int[] columnIndexes) throws SQLException {
    return run(sql, text -> delegate().executeUpdate(text, columnIndexes));
  }

  @Override
  public int executeUpdate(String sql, String[] columnNames) throws SQLException {
    return run(sql, text -> delegate().executeUpdate(text, columnNames));
  }

  @Override
  public boolean execute(String sql, int autoGeneratedKeys) throws SQLException {
    return run(sql, text -> delegate().execute(text, autoGeneratedKeys));
  }

  @Override
  public boolean execute(String sql, int[] columnIndexes) throws SQLException {
    return run(sql, text -> delegate().execute(text, columnIndexes));
  }

  @Override
  public boolean execute(String sql, String[] columnNames) throws SQLException {
    return run(sql, text -> delegate().execute(text, columnNames));
  }

  @Override
  public int getResultSetHoldability() throws SQLException {
    return delegate().getResultSetHoldability();
  }

  @Override
  public boolean isClosed() throws SQLException {
    return delegate().isClosed();
  }

  @Override
  public void setPoolable(boolean poolable) throws SQLException {
    delegate().setPoolable(poolable);
  }

  @Override
  public boolean isPoolable() throws SQLException {
    return delegate().isPoolable();
  }

  @Override
  public void closeOnCompletion() throws SQLException {
    delegate().closeOnCompletion();
    closesOnCompletion = true;
  }

  @Override
  public boolean isCloseOnCompletion() throws SQLException {
    return delegate().isCloseOnCompletion();
  }

  @Override
  public long getLargeUpdateCount() throws SQLException {
    return delegate().getLargeUpdateCount();
  }

  @Override
  public void setLargeMaxRows(long max) throws SQLException {
    delegate().setLargeMaxRows(max);
  }

  @Override
  public long getLargeMaxRows() throws SQLException {
    return delegate().getLargeMaxRows();
  }

  @Override
  public long[] executeLargeBatch() throws SQLException {
    return delegate().executeLargeBatch();
  }

  @Override
  public long executeLargeUpdate(String sql) throws SQLException {
    return run(sql, text -> delegate().executeLargeUpdate(text));
  }

  @Override
  public long executeLargeUpdate(String sql, int autoGeneratedKeys) throws SQLException {
    return run(sql, text -> delegate().executeLargeUpdate(text, autoGeneratedKeys));
  }

  @Override
  public long executeLargeUpdate(String sql, int[] columnIndexes) throws SQLException {
    return run(sql, text -> delegate().executeLargeUpdate(text, columnIndexes));
  }

  @Override
  public long executeLargeUpdate(String sql, String[] columnNames) throws SQLException {
    return run(sql, text -> delegate().executeLargeUpdate(text, columnNames));
  }

  @Override
  public String enquoteLiteral(String val) throws SQLException {
    return delegate().enquoteLiteral(val);
  }

  @Override
  public String enquoteIdentifier(String identifier, boolean alwaysQuote) throws SQLException {
    return delegate().enquoteIdentifier(identifier, alwaysQuote);
  }

  @Override
  public boolean isSimpleIdentifier(String identifier) throws SQLException {
    return delegate().isSimpleIdentifier(identifier);
  }

  @Override
  public String enquoteNCharLiteral(String val) throws SQLException {
    return delegate().enquoteNCharLiteral(val);
  }

  @Override
  public <T> T unwrap(Class<T> iface) throws SQLException {
    if (!iface.isInstance(this)) {
      handedOut();
    }
    return Unwrapping.unwrap(this, delegate(), iface);
  }

  @Override
  public boolean isWrapperFor(Class<?> iface) throws SQLException {
    return Unwrapping.isWrapperFor(this, delegate(), iface);
  }

  /** Names what is wrapped. */
  @Override
  public String toString() {
    return getClass().getSimpleName() + "[" + delegate() + "]";
  }
}
