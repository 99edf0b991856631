package io.haduck.jdbc.internal.wrapped;

import io.haduck.core.settings.Settings;
import io.haduck.jdbc.ReplicationPendingException;
import io.haduck.jdbc.internal.database.CallHook;
import io.haduck.jdbc.internal.database.CommitWaits;
import io.haduck.jdbc.internal.database.ConnectionActivity;
import io.haduck.jdbc.internal.database.DatabaseInstance;
import io.haduck.jdbc.internal.database.EndingJvm;
import io.haduck.jdbc.internal.database.WrappedConnection;
import io.haduck.jdbc.internal.forward.ConnectionDelegate;
import io.haduck.jdbc.internal.forward.SqlTextCall;
import io.haduck.jdbc.internal.sql.SqlCommand;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/**
 * A connection to a replicated database: tells the replication of every call that may have run SQL.
 */
public final class HaduckConnection extends ConnectionDelegate implements WrappedConnection {
  private final SqlSession session;

  /**
   * Wraps a connection.
   *
   * @param settings that it was opened with, which databases that it attaches inherit
   */
  HaduckConnection(Connection delegate, DatabaseInstance instance, Settings settings) {
    this(delegate, instance, instance.databases(), instance.databases(), settings);
  }

  /** As the other, with whom to tell and what to wait for. */
  HaduckConnection(
      Connection delegate,
      DatabaseInstance instance,
      CallHook calls,
      CommitWaits commits,
      Settings settings) {
    super(delegate);
    this.session = new SqlSession(this, delegate, instance, calls, commits, settings);
  }

  /** What it does, as the replication sees it. */
  public SqlSession session() {
    return session;
  }

  // --- what the databases need of it

  @Override
  public Connection delegate() {
    return super.delegate();
  }

  @Override
  public ConnectionActivity activity() {
    return session.activity();
  }

  @Override
  public @Nullable String busy(EndingJvm jvm) {
    return session.busy(jvm);
  }

  @Override
  public boolean unwrapped() {
    return session.transaction().unwrapped();
  }

  @Override
  public void noteAttaching() {
    session.noteAttaching();
  }

  @Override
  public boolean mayHaveAttached() {
    return session.mayHaveAttached();
  }

  @Override
  protected void handedOut() {
    session.noteUnwrapped();
  }

  // --- transactions

  @Override
  public void commit() throws SQLException {
    TransactionEnd.run(session, () -> TransactionEnd.committing(session), super::commit);
  }

  @Override
  public void rollback() throws SQLException {
    TransactionEnd.run(session, () -> TransactionEnd.rollingBack(session), super::rollback);
  }

  /** Commits what is open when it is switched on. */
  @Override
  public void setAutoCommit(boolean autoCommit) throws SQLException {
    TransactionEnd.run(
        session,
        () -> TransactionEnd.switching(session, autoCommit),
        () -> super.setAutoCommit(autoCommit));
  }

  // --- statements

  @Override
  protected Statement wrap(Statement statement) {
    return new HaduckStatement(this, statement);
  }

  /**
   * DuckDB runs all statements but the last one while it prepares. Where it must be waited for that
   * and it fails, the statement is closed: what it ran is committed locally.
   */
  @Override
  protected PreparedStatement prepare(String sql, SqlTextCall<PreparedStatement> call)
      throws SQLException {
    SqlCommand command = session.read(sql);
    PreparedStatement prepared =
        ReplicatedCall.run(
            session,
            () -> preparing(command),
            () -> session.guard().run(command.sql(), () -> call.run(command.sql())),
            (unawaited, failure) -> unawaited.close());
    return new HaduckPreparedStatement(this, prepared, command.prepared());
  }

  private TextCall preparing(SqlCommand command) throws SQLException {
    session.guard().before(command);
    return TextCall.preparing(session, command);
  }

  /** Also true where the database is only followed yet. */
  @Override
  public boolean isReadOnly() throws SQLException {
    return super.isReadOnly() || session.instance().isStandby();
  }

  /** A standby's is read-only until it is promoted, whatever is wished. */
  @Override
  public void setReadOnly(boolean readOnly) throws SQLException {
    if (session.instance().standing() == null) {
      super.setReadOnly(readOnly);
    } else {
      boolean unused = isReadOnly(); // fails as DuckDB's does when it is closed
    }
  }

  /** Also false once another writer has taken over the replica, so that pools let go. */
  @Override
  public boolean isValid(int timeout) throws SQLException {
    return super.isValid(timeout) && session.calls().usable();
  }

  /**
   * Closes the connection; the last one of a database also ships what DuckDB wrote while closing.
   *
   * @throws ReplicationPendingException after closing, if that is to be on the replica by now and
   *     is not
   */
  @Override
  public void close() throws SQLException {
    session.activity().begin();
    try {
      session.instance().life().close(this);
    } finally {
      session.activity().end();
    }
  }
}
