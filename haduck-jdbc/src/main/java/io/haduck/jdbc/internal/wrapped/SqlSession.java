package io.haduck.jdbc.internal.wrapped;

import io.haduck.core.settings.Settings;
import io.haduck.jdbc.internal.database.Attachments;
import io.haduck.jdbc.internal.database.CallHook;
import io.haduck.jdbc.internal.database.CommitWaits;
import io.haduck.jdbc.internal.database.ConnectionActivity;
import io.haduck.jdbc.internal.database.ConnectionTransaction;
import io.haduck.jdbc.internal.database.DatabaseInstance;
import io.haduck.jdbc.internal.database.EndingJvm;
import io.haduck.jdbc.internal.database.StandingBy;
import io.haduck.jdbc.internal.database.TextGuard;
import io.haduck.jdbc.internal.database.TransactionProbe;
import io.haduck.jdbc.internal.database.WrappedConnection;
import io.haduck.jdbc.internal.sql.DatabaseCommands;
import io.haduck.jdbc.internal.sql.DatabaseNames;
import io.haduck.jdbc.internal.sql.OpenTransaction;
import io.haduck.jdbc.internal.sql.ReplayRisk;
import io.haduck.jdbc.internal.sql.SqlCommand;
import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * What one connection does, as the replication of its databases sees it: the calls that run on it,
 * its transaction, and what is left to be done when that is over. What calls need to tell and to
 * wait for is reached from here.
 *
 * <p>As thread-safe as its connection is, but where a method says more.
 */
public final class SqlSession {
  private final WrappedConnection connection;
  private final DatabaseInstance instance;
  private final CallHook calls;
  private final CommitWaits commits;
  private final Settings settings;
  private final ConnectionActivity activity = new ConnectionActivity();
  private final ConnectionTransaction transaction;
  private final TextGuard guard;

  /** A statement since the last commit may have attached or detached databases. */
  private volatile boolean attaching;

  /** Of what it has run and not committed yet. */
  private volatile ReplayRisk risk = ReplayRisk.NONE;

  /**
   * Begins one.
   *
   * @param duckdb what the connection wraps
   * @param calls told of every call
   * @param commits waited for after those that may have committed something
   * @param settings that the connection was opened with, which databases that it attaches inherit
   */
  SqlSession(
      WrappedConnection connection,
      Connection duckdb,
      DatabaseInstance instance,
      CallHook calls,
      CommitWaits commits,
      Settings settings) {
    this.connection = connection;
    this.instance = instance;
    this.calls = calls;
    this.commits = commits;
    this.settings = settings;
    this.transaction = new ConnectionTransaction(duckdb, TransactionProbe.ofTheDriver());
    StandingBy standby = instance.standing();
    this.guard = standby == null ? TextGuard.NONE : standby.guard(transaction);
  }

  /** What the user has. */
  WrappedConnection connection() {
    return connection;
  }

  /** What DuckDB has opened, which other connections may share. */
  public DatabaseInstance instance() {
    return instance;
  }

  /** Told of every call. */
  public CallHook calls() {
    return calls;
  }

  /** Waited for after calls that may have committed something. */
  public CommitWaits commits() {
    return commits;
  }

  /** Whether the connection is in use; for any thread. */
  public ConnectionActivity activity() {
    return activity;
  }

  /** What is done around its texts, besides. */
  TextGuard guard() {
    return guard;
  }

  /** Its transaction. */
  public ConnectionTransaction transaction() {
    return transaction;
  }

  /** What may still commit something on it, in words; null if nothing may. For any thread. */
  @Nullable String busy(EndingJvm jvm) {
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

  /** Reads a text that is to be run. */
  SqlCommand read(String sql) throws SQLException {
    SqlCommand command = DatabaseCommands.read(sql, settings, instance::isReplicated);
    if (command.text().streams()) {
      instance.noteStreaming();
    }
    return command;
  }

  /** Puts the current database's name for it, where that matters. */
  DatabaseNames resolve(DatabaseNames databases) throws SQLException {
    Connection duckdb = connection.delegate();
    if (!databases.current() || instance.attachments().isEmpty() || duckdb.isClosed()) {
      return databases;
    }
    String catalog = duckdb.getCatalog();
    return catalog == null ? DatabaseNames.ALL : databases.and(DatabaseNames.of(catalog));
  }

  /** A text was run; asks for a checkpoint once what it did is committed, if it takes that. */
  void noteRisk(ReplayRisk ofText) {
    risk = risk.and(ofText);
    if (risk != ReplayRisk.NONE && transaction.now() != OpenTransaction.OPEN) {
      calls.afterReplayRisk(risk);
      risk = ReplayRisk.NONE;
    }
  }

  /** A call may have attached databases or detached them. For any thread. */
  void noteAttaching() {
    attaching = true;
  }

  /** Whether what it does may attach databases, or take back that it has. For any thread. */
  boolean mayHaveAttached() {
    return attaching || transaction.unwrapped();
  }

  /** A transaction has ended: what it attached may be undone, what it used may be closed. */
  void lookForDetached(boolean committed) {
    Attachments attachments = instance.attachments();
    if (attachments.isDetaching() || (!committed && mayHaveAttached())) {
      attachments.lookForDetached(connection.delegate());
    }
    attaching &= !committed;
  }

  /** Who has DuckDB's connection may commit with it, and close it behind our back. */
  void noteUnwrapped() {
    transaction.noteUnwrapped();
    instance.life().unwrapped();
  }
}
