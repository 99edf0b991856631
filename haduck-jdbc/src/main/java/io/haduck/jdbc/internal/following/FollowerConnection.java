package io.haduck.jdbc.internal.following;

import io.haduck.core.follower.Follower;
import io.haduck.core.replica.ReplicationListeners;
import io.haduck.jdbc.DatabaseStatus;
import io.haduck.jdbc.internal.database.ConnectionTransaction;
import io.haduck.jdbc.internal.database.TransactionProbe;
import io.haduck.jdbc.internal.forward.ConnectionDelegate;
import io.haduck.jdbc.internal.forward.SqlTextCall;
import io.haduck.jdbc.internal.sql.OpenTransaction;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;

/**
 * A connection to a database that this process follows: each transaction reads one state of it, the
 * newest that is shown when it begins. As thread-safe as DuckDB's.
 */
public final class FollowerConnection extends ConnectionDelegate {
  private final Followed database;
  private final ReadOnlyCalls calls;
  private final ConnectionTransaction transaction;

  FollowerConnection(DuckDBConnection delegate, Followed database) {
    super(delegate);
    this.database = database;
    this.calls = new ReadOnlyCalls(database);
    this.transaction = new ConnectionTransaction(delegate, TransactionProbe.ofTheDriver());
  }

  @Override
  protected Statement wrap(Statement statement) {
    return new FollowerStatement(this, statement, calls);
  }

  @Override
  protected PreparedStatement prepare(String sql, SqlTextCall<PreparedStatement> call)
      throws SQLException {
    PreparedStatement prepared = calls.run(sql, () -> call.run(sql));
    return new FollowerPreparedStatement(this, prepared, calls, sql);
  }

  @Override
  public boolean isReadOnly() throws SQLException {
    boolean unused = super.isReadOnly(); // fails as DuckDB's does when it is closed
    return true;
  }

  /** It is read-only, whatever is wished: a write fails with SQLState 25006. */
  @Override
  public void setReadOnly(boolean readOnly) throws SQLException {
    boolean unused = isReadOnly();
  }

  @Override
  public void close() throws SQLException {
    try {
      super.close();
    } finally {
      database.closed(this);
    }
  }

  /** Whether somebody who had DuckDB's connection has closed it. */
  boolean isClosedBehind() {
    try {
      return isClosed();
    } catch (SQLException e) {
      return true;
    }
  }

  /** Whether one is certainly open, so that what it reads stays as it is. */
  public boolean isInTransaction() {
    return transaction.now() == OpenTransaction.OPEN;
  }

  /** How the database is doing. */
  public DatabaseStatus status() {
    return database.status();
  }

  /** Who follows it; null once nobody does. */
  public @Nullable Follower follower() {
    return database.follower();
  }

  /** Who is told what becomes of the database. */
  public ReplicationListeners listeners() {
    return database.listeners();
  }
}
