package io.haduck.jdbc;

import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/**
 * Makes the calls of one statement, and tells the hook what it must know before and after each.
 * Confined to the thread that executes, but for {@link #cancel}.
 */
final class SqlCalls {
  private final HaduckConnection connection;
  private final DatabaseHook hook;
  private final CallWait wait;
  private SqlKind last = SqlKind.READS;
  private DatabaseNames checkpoints = DatabaseNames.NONE;

  /** A result was handed out, and its end may commit. */
  private boolean resultOpen;

  /** The caller knows that what the last call committed is pending, and is not told again. */
  private boolean told;

  SqlCalls(HaduckConnection connection, Statement statement) {
    this.connection = connection;
    this.hook = connection.hook();
    this.wait = new CallWait(statement);
  }

  /**
   * Reads a text and makes a call with what DuckDB is to be given, and waits for what it may have
   * committed if durability says so.
   *
   * @throws ReplicationPendingException after the call, whose effects and results stay as they are
   */
  <T> T run(String sql, SqlTextCall<T> call) throws SQLException {
    SqlCommand command = connection.read(sql);
    return run(command, () -> call.run(command.sql()));
  }

  /** Makes a call that runs what was read before. */
  <T> T run(SqlCommand command, SqlCall<T> call) throws SQLException {
    connection.activity().begin();
    try {
      return runNow(command, call);
    } finally {
      connection.activity().end();
    }
  }

  private <T> T runNow(SqlCommand command, SqlCall<T> call) throws SQLException {
    SqlKind kind = command.kind();
    if (!command.detachesOnly()) {
      hook.beforeCall();
    }
    last = kind;
    checkpoints = connection.resolve(command.checkpoints());
    resultOpen = false;
    told = false;
    wait.begin();
    if (kind == SqlKind.CHECKPOINTS) {
      hook.beforeCheckpoint(checkpoints, wait);
    }
    boolean open = connection.certainlyInTransaction();
    List<Replication> before = hook.replications();
    Attachments.Call databases = hook.attachments().begin(command, connection);
    T result;
    boolean succeeded = false;
    try {
      result = call.run();
      succeeded = true;
    } finally {
      connection.executed(kind, succeeded);
      hook.afterCall(kind);
      databases.ended(succeeded);
    }
    try {
      databases.finish(wait);
      if (!(open && kind == SqlKind.CHANGES && connection.certainlyInTransaction())) {
        checkpoints = checkpoints.and(connection.resolve(command.checkpoints()));
        hook.awaitCommitted(kind, checkpoints, wait, before);
      }
    } catch (ReplicationPendingException e) {
      resultOpen = false;
      told = true;
      e.updateCountsFrom(result);
      throw e;
    }
    return result;
  }

  /** A result of the last call is handed out. */
  void opened() {
    resultOpen = last != SqlKind.READS && !told;
  }

  /** Reading a streamed result failed, and with it what it may have written. */
  void failed() {
    resultOpen = false;
    connection.executed(last, false);
    hook.afterCall(last);
  }

  /**
   * A streamed result commits when it is read to its end; called then, and when it or its statement
   * was closed.
   */
  void ended() throws SQLException {
    hook.afterCall(last);
    if (resultOpen) {
      resultOpen = false;
      wait.begin();
      if (!(last == SqlKind.CHANGES && connection.certainlyInTransaction())) {
        hook.awaitCommitted(last, checkpoints, wait, List.of());
      }
    }
  }

  /** Someone has DuckDB's statement, and may end transactions with it. */
  void unwrapped() {
    connection.noteUnwrapped();
  }

  /** Ends a wait that is under way. */
  void cancel() {
    wait.cancel();
    hook.wakeWaiters();
  }
}
