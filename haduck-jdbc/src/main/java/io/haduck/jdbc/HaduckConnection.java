package io.haduck.jdbc;

import io.haduck.core.Settings;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A connection to a replicated database: tells the replication of every call that may have run SQL.
 */
final class HaduckConnection extends ConnectionDelegate {
  private final DatabaseHook hook;
  private final Settings settings;
  private final ConnectionActivity activity = new ConnectionActivity();

  /**
   * Whether DuckDB's driver may be wrong about an open transaction: it does not see one that is
   * ended by SQL text, by a failure, or behind our back, and its next statement then commits by
   * itself although auto-commit is off.
   */
  private volatile boolean transactionUncertain;

  /** Nothing was executed since the last transaction ended: none is open. */
  private volatile boolean idle;

  private volatile boolean unwrapped;

  /** A statement since the last commit may have attached or detached databases. */
  private volatile boolean attaching;

  /**
   * Wraps a connection.
   *
   * @param settings that it was opened with, which databases that it attaches inherit
   */
  HaduckConnection(Connection delegate, DatabaseHook hook, Settings settings) {
    super(delegate);
    this.hook = hook;
    this.settings = settings;
  }

  DatabaseHook hook() {
    return hook;
  }

  /** Whether it is in use. */
  ConnectionActivity activity() {
    return activity;
  }

  /** Reads a text that this connection is to run. */
  SqlCommand read(String sql) throws SQLException {
    return SqlCommand.read(sql, settings);
  }

  /** Puts the current database's name for it, where that matters. */
  DatabaseNames resolve(DatabaseNames databases) throws SQLException {
    if (!databases.current() || hook.attachments().isEmpty() || delegate().isClosed()) {
      return databases;
    }
    String catalog = delegate().getCatalog();
    return catalog == null ? DatabaseNames.ALL : databases.and(DatabaseNames.of(catalog));
  }

  // --- transactions

  /**
   * Whether what a statement changes now certainly waits for a commit of its own. Only asked where
   * commits wait for the replica; false elsewhere, and when in doubt.
   */
  boolean certainlyInTransaction() throws SQLException {
    return hook.commitsWait()
        && !transactionUncertain
        && !unwrapped
        && !delegate().isClosed()
        && !delegate().getAutoCommit();
  }

  /** What may still commit something on it, in words; null if nothing may. By any thread. */
  @Nullable String busy(EndingJvm jvm) {
    Thread user = activity.user();
    if (user == null) {
      return null;
    }
    if (activity.running()) {
      return "a call of thread '" + user.getName() + "' runs on a connection";
    }
    return mayBeInTransaction() && jvm.mayGoOn(user)
        ? "thread '" + user.getName() + "' has a transaction open on a connection"
        : null;
  }

  /** Whether a transaction may be open that the application ends itself. */
  private boolean mayBeInTransaction() {
    try {
      return !idle && !delegate().isClosed() && !delegate().getAutoCommit();
    } catch (SQLException e) {
      return false; // closed meanwhile
    }
  }

  /** A statement was executed. */
  void executed(SqlKind kind, boolean succeeded) {
    idle = false;
    if (!succeeded || (kind.compareTo(SqlKind.CHANGES) > 0 && !autoCommitIsOn())) {
      transactionUncertain = true;
    }
  }

  private boolean autoCommitIsOn() {
    try {
      return delegate().getAutoCommit();
    } catch (SQLException e) {
      return false; // closed meanwhile
    }
  }

  /** A call of it may have attached databases or detached them. */
  void noteAttaching() {
    attaching = true;
  }

  /** Whether what it does may attach databases, or take back that it has. */
  boolean mayHaveAttached() {
    return attaching || unwrapped;
  }

  /** A transaction has ended: what it attached may be undone, what it used may be closed. */
  private void lookForDetached(boolean committed) {
    Attachments attachments = hook.attachments();
    if (attachments.isDetaching() || (!committed && mayHaveAttached())) {
      attachments.lookForDetached(delegate());
    }
    attaching &= !committed;
  }

  /** The driver and DuckDB agree again: there is no transaction. */
  private void transactionEnded(boolean succeeded) {
    transactionUncertain = !succeeded;
    idle = succeeded;
  }

  @Override
  public void commit() throws SQLException {
    activity.begin();
    try {
      commitNow();
    } finally {
      activity.end();
    }
  }

  private void commitNow() throws SQLException {
    hook.beforeCall();
    List<Replication> before = hook.replications();
    boolean succeeded = false;
    try {
      super.commit();
      succeeded = true;
    } finally {
      transactionEnded(succeeded);
      hook.afterCall(SqlKind.CHECKPOINTS); // it may have run an automatic one
      lookForDetached(succeeded);
    }
    hook.awaitCommitted(SqlKind.WRITES, DatabaseNames.NONE, CallWait.uncancelled(), before);
  }

  @Override
  public void rollback() throws SQLException {
    activity.begin();
    try {
      rollbackNow();
    } finally {
      activity.end();
    }
  }

  private void rollbackNow() throws SQLException {
    boolean succeeded = false;
    try {
      super.rollback();
      succeeded = true;
    } finally {
      transactionEnded(succeeded);
      hook.afterCall(SqlKind.WRITES);
      lookForDetached(false); // what the transaction had attached
    }
  }

  /** Commits what is open when it is switched on. */
  @Override
  public void setAutoCommit(boolean autoCommit) throws SQLException {
    activity.begin();
    try {
      setAutoCommitNow(autoCommit);
    } finally {
      activity.end();
    }
  }

  private void setAutoCommitNow(boolean autoCommit) throws SQLException {
    boolean commits =
        autoCommit && hook.commitsWait() && !(idle && !unwrapped) && !delegate().getAutoCommit();
    if (commits) {
      hook.beforeCall();
    }
    List<Replication> before = hook.replications();
    boolean succeeded = false;
    try {
      super.setAutoCommit(autoCommit);
      succeeded = true;
    } finally {
      if (!succeeded || commits) {
        transactionEnded(succeeded);
      }
      hook.afterCall(SqlKind.WRITES);
      lookForDetached(succeeded);
    }
    if (commits) {
      hook.awaitCommitted(SqlKind.WRITES, DatabaseNames.NONE, CallWait.uncancelled(), before);
    }
  }

  /** Who has DuckDB's connection may commit with it. */
  @Override
  public <T> T unwrap(Class<T> iface) throws SQLException {
    if (!iface.isInstance(this)) {
      noteUnwrapped();
    }
    return super.unwrap(iface);
  }

  /** Someone has DuckDB's connection, or a statement of it. */
  void noteUnwrapped() {
    unwrapped = true;
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
  private PreparedStatement prepare(String sql, SqlTextCall<PreparedStatement> call)
      throws SQLException {
    activity.begin();
    try {
      return prepareNow(sql, call);
    } finally {
      activity.end();
    }
  }

  private PreparedStatement prepareNow(String sql, SqlTextCall<PreparedStatement> call)
      throws SQLException {
    SqlCommand command = read(sql);
    SqlText text = command.text();
    SqlKind kind = text.kind();
    if (!command.detachesOnly()) {
      hook.beforeCall();
    }
    CallWait wait = CallWait.uncancelled();
    DatabaseNames checkpoints = resolve(command.checkpoints());
    if (kind == SqlKind.CHECKPOINTS) {
      hook.beforeCheckpoint(checkpoints, wait);
    }
    boolean open = certainlyInTransaction();
    List<Replication> before = hook.replications();
    Attachments.Call databases = hook.attachments().begin(command.whilePreparing(), this);
    idle = false; // the driver begins a transaction to prepare in
    PreparedStatement prepared = null;
    try {
      prepared = call.run(command.sql());
    } finally {
      if (text.mayRunWhilePreparing() || prepared == null) {
        executed(kind, prepared != null);
      }
      hook.afterCall(kind);
      databases.ended(prepared != null);
    }
    boolean waits =
        text.mayRunWhilePreparing()
            && !(open && kind == SqlKind.CHANGES && certainlyInTransaction());
    try {
      databases.finish(wait);
      if (waits) {
        hook.awaitCommitted(kind, checkpoints.and(resolve(command.checkpoints())), wait, before);
      }
    } catch (SQLException e) {
      prepared.close();
      throw e;
    }
    return new HaduckPreparedStatement(this, prepared, command.prepared());
  }

  @Override
  public PreparedStatement prepareStatement(String sql) throws SQLException {
    return prepare(sql, text -> delegate().prepareStatement(text));
  }

  @Override
  public PreparedStatement prepareStatement(String sql, int resultSetType, int resultSetConcurrency)
      throws SQLException {
    return prepare(
        sql, text -> delegate().prepareStatement(text, resultSetType, resultSetConcurrency));
  }

  @Override
  public PreparedStatement prepareStatement(
      String sql, int resultSetType, int resultSetConcurrency, int resultSetHoldability)
      throws SQLException {
    return prepare(
        sql,
        text ->
            delegate()
                .prepareStatement(text, resultSetType, resultSetConcurrency, resultSetHoldability));
  }

  @Override
  public PreparedStatement prepareStatement(String sql, int autoGeneratedKeys) throws SQLException {
    return prepare(sql, text -> delegate().prepareStatement(text, autoGeneratedKeys));
  }

  @Override
  public PreparedStatement prepareStatement(String sql, int[] columnIndexes) throws SQLException {
    return prepare(sql, text -> delegate().prepareStatement(text, columnIndexes));
  }

  @Override
  public PreparedStatement prepareStatement(String sql, String[] columnNames) throws SQLException {
    return prepare(sql, text -> delegate().prepareStatement(text, columnNames));
  }

  /** Also false once another writer has taken over the replica, so that pools let go. */
  @Override
  public boolean isValid(int timeout) throws SQLException {
    return super.isValid(timeout) && hook.usable();
  }

  /**
   * Closes the connection; the last one of a database also ships what DuckDB wrote while closing.
   *
   * @throws ReplicationPendingException after closing, if that is to be on the replica by now and
   *     is not
   */
  @Override
  public void close() throws SQLException {
    activity.begin();
    try {
      hook.close(this);
    } finally {
      activity.end();
    }
  }
}
