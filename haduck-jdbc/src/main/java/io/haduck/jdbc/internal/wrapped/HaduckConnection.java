package io.haduck.jdbc.internal.wrapped;

import io.haduck.core.settings.Settings;
import io.haduck.jdbc.ReplicationPendingException;
import io.haduck.jdbc.internal.database.Attachments;
import io.haduck.jdbc.internal.database.CallWait;
import io.haduck.jdbc.internal.database.ConnectionActivity;
import io.haduck.jdbc.internal.database.ConnectionTransaction;
import io.haduck.jdbc.internal.database.DatabaseHook;
import io.haduck.jdbc.internal.database.EndingJvm;
import io.haduck.jdbc.internal.database.TransactionProbe;
import io.haduck.jdbc.internal.database.WrappedConnection;
import io.haduck.jdbc.internal.forward.ConnectionDelegate;
import io.haduck.jdbc.internal.sql.DatabaseCommands;
import io.haduck.jdbc.internal.sql.DatabaseNames;
import io.haduck.jdbc.internal.sql.OpenTransaction;
import io.haduck.jdbc.internal.sql.ReplayRisk;
import io.haduck.jdbc.internal.sql.SqlCommand;
import io.haduck.jdbc.internal.sql.SqlKind;
import io.haduck.jdbc.internal.sql.SqlText;
import io.haduck.jdbc.internal.sql.SqlTextCall;
import io.haduck.jdbc.internal.sql.TransactionEffect;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/**
 * A connection to a replicated database: tells the replication of every call that may have run SQL.
 */
public final class HaduckConnection extends ConnectionDelegate implements WrappedConnection {
  private final DatabaseHook hook;
  private final Settings settings;
  private final ConnectionActivity activity = new ConnectionActivity();

  private final ConnectionTransaction transaction;

  /** A statement since the last commit may have attached or detached databases. */
  private volatile boolean attaching;

  /** Of what it has run and not committed yet. */
  private volatile ReplayRisk risk = ReplayRisk.NONE;

  /**
   * Wraps a connection.
   *
   * @param settings that it was opened with, which databases that it attaches inherit
   */
  HaduckConnection(Connection delegate, DatabaseHook hook, Settings settings) {
    super(delegate);
    this.hook = hook;
    this.settings = settings;
    this.transaction = new ConnectionTransaction(delegate, TransactionProbe.ofTheDriver());
  }

  /** Also for what the databases need of it. */
  @Override
  public Connection delegate() {
    return super.delegate();
  }

  public DatabaseHook hook() {
    return hook;
  }

  /** Whether it is in use. */
  @Override
  public ConnectionActivity activity() {
    return activity;
  }

  /** Reads a text that this connection is to run. */
  SqlCommand read(String sql) throws SQLException {
    SqlCommand command = DatabaseCommands.read(sql, settings, hook::isReplicated);
    if (command.text().streams()) {
      hook.noteStreaming();
    }
    return command;
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

  /** A call begins that is to run SQL. */
  CommitWatch watch(SqlKind kind, TransactionEffect effect) {
    return CommitWatch.ofText(transaction, hook, kind, effect);
  }

  /** What may still commit something on it, in words; null if nothing may. By any thread. */
  @Override
  public @Nullable String busy(EndingJvm jvm) {
    Thread user = activity.user();
    if (user == null) {
      return null;
    }
    if (activity.running()) {
      return "a call of thread '" + user.getName() + "' runs on a connection";
    }
    return jvm.mayGoOn(user) && transaction.mayBeOpen()
        ? "thread '" + user.getName() + "' has a transaction open on a connection"
        : null;
  }

  /** What is open now, as DuckDB says. */
  public OpenTransaction openTransaction() {
    return transaction.now();
  }

  /** Whether a transaction is open that has written, by the words of its statements. */
  public boolean isInsideWrites() {
    return transaction.isOpenAndWrote();
  }

  /** A text was run; asks for a checkpoint once what it did is committed, if it takes that. */
  void noteRisk(ReplayRisk ofText) {
    risk = risk.and(ofText);
    if (risk != ReplayRisk.NONE && transaction.now() != OpenTransaction.OPEN) {
      hook.afterReplayRisk(risk);
      risk = ReplayRisk.NONE;
    }
  }

  /** A call of it may have attached databases or detached them. */
  @Override
  public void noteAttaching() {
    attaching = true;
  }

  /** Whether what it does may attach databases, or take back that it has. */
  @Override
  public boolean mayHaveAttached() {
    return attaching || transaction.unwrapped();
  }

  /** A transaction has ended: what it attached may be undone, what it used may be closed. */
  private void lookForDetached(boolean committed) {
    Attachments attachments = hook.attachments();
    if (attachments.isDetaching() || (!committed && mayHaveAttached())) {
      attachments.lookForDetached(delegate());
    }
    attaching &= !committed;
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
    CommitWatch watch = CommitWatch.ofCommit(transaction, hook);
    boolean succeeded = false;
    try {
      super.commit();
      succeeded = true;
    } finally {
      transaction.ended(succeeded);
      hook.afterCall(SqlKind.CHECKPOINTS); // it may have run an automatic one
      noteRisk(ReplayRisk.NONE);
      if (!succeeded) {
        lookForDetached(false);
      }
    }
    awaitCommit(watch);
  }

  /** What the transaction was the last to use is let go of only when its commit was waited for. */
  private void awaitCommit(CommitWatch watch) throws SQLException {
    try {
      CallWait wait = CallWait.uncancelled();
      wait.speakOfDoubt(watch.returned());
      watch.await(DatabaseNames.NONE, wait);
    } finally {
      lookForDetached(true);
    }
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
      transaction.ended(succeeded);
      hook.afterCall(SqlKind.WRITES);
      lookForDetached(false); // what the transaction had attached
    }
    if (transaction.takeOwed()) {
      hook.awaitOf(hook.waiting(), CallWait.uncancelled());
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
    boolean mayCommit =
        autoCommit
            && (hook.commitsWait() || hook.isLastChance())
            && !transaction.isUnused()
            && !delegate().getAutoCommit();
    if (mayCommit) {
      hook.beforeCall();
    }
    CommitWatch watch = mayCommit ? CommitWatch.ofCommit(transaction, hook) : null;
    boolean succeeded = false;
    try {
      super.setAutoCommit(autoCommit);
      succeeded = true;
    } finally {
      if (!succeeded || mayCommit) {
        transaction.ended(succeeded);
      }
      hook.afterCall(SqlKind.WRITES);
      noteRisk(ReplayRisk.NONE);
      if (!succeeded) {
        lookForDetached(false);
      }
    }
    // One that the driver does not know of stays open.
    if (watch != null && transaction.now() != OpenTransaction.OPEN) {
      awaitCommit(watch);
    } else {
      lookForDetached(true);
    }
  }

  /** Whether someone has DuckDB's connection, or what leads to it. */
  @Override
  public boolean unwrapped() {
    return transaction.unwrapped();
  }

  /** Who has DuckDB's connection may commit with it, and close it behind our back. */
  @Override
  protected void handedOut() {
    transaction.noteUnwrapped();
    hook.unwrapped(this);
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
    boolean runs = text.mayRunWhilePreparing();
    CommitWatch watch = watch(runs ? kind : SqlKind.NOTHING, text.whilePreparing());
    Attachments.Call databases = hook.attachments().begin(command.whilePreparing(), this);
    PreparedStatement prepared = null;
    try {
      prepared = call.run(command.sql());
    } finally {
      if (prepared == null) {
        watch.failed();
      }
      hook.afterCall(kind);
      databases.ended(prepared != null);
      noteRisk(command.text().mayRunWhilePreparing() ? command.text().risk() : ReplayRisk.NONE);
    }
    wait.speakOfDoubt(watch.returned());
    try {
      databases.finish(wait);
      watch.await(checkpoints.and(resolve(command.checkpoints())), wait);
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
