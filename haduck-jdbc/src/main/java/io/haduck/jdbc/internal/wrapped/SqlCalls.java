package io.haduck.jdbc.internal.wrapped;

import io.haduck.jdbc.ReplicationPendingException;
import io.haduck.jdbc.internal.database.Attachments;
import io.haduck.jdbc.internal.database.CallWait;
import io.haduck.jdbc.internal.database.DatabaseHook;
import io.haduck.jdbc.internal.database.LockWatch;
import io.haduck.jdbc.internal.sql.DatabaseNames;
import io.haduck.jdbc.internal.sql.SqlCall;
import io.haduck.jdbc.internal.sql.SqlCommand;
import io.haduck.jdbc.internal.sql.SqlKind;
import io.haduck.jdbc.internal.sql.SqlTextCall;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/**
 * Makes the calls of one statement, and tells the hook what it must know before and after each.
 * Confined to the thread that executes, but for {@link #cancel}.
 */
final class SqlCalls {
  private final HaduckConnection connection;
  private final DatabaseHook hook;
  private final CallWait wait;
  private SqlKind last = SqlKind.NOTHING;

  /** The last call; null before the first. */
  private @Nullable CommitWatch watch;

  private DatabaseNames checkpoints = DatabaseNames.NONE;

  /** A result was handed out, and its end may commit. */
  private boolean resultOpen;

  /** The caller knows that what the last call committed is pending, and is not told again. */
  private boolean told;

  /**
   * For one statement.
   *
   * @param statement whose query timeout counts
   */
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
  <T> T run(String sql, SqlTextCall<T> call, HiddenCheckpoint.Renewal renewal) throws SQLException {
    SqlCommand command = connection.read(sql);
    return run(command, () -> call.run(command.sql()), renewal);
  }

  /** Makes a call that runs one text which was read before. */
  <T> T run(SqlCommand command, SqlCall<T> sql, HiddenCheckpoint.Renewal renewal)
      throws SQLException {
    return run(command, () -> HiddenCheckpoint.run(connection, command, sql, renewal));
  }

  /** Makes a call that runs what was read before, and runs it once. */
  <T> T run(SqlCommand command, SqlCall<T> sql) throws SQLException {
    connection.activity().begin();
    try {
      return runNow(command, sql);
    } finally {
      connection.activity().end();
    }
  }

  private <T> T runNow(SqlCommand command, SqlCall<T> sql) throws SQLException {
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
    CommitWatch call = connection.watch(kind, command.text().effect());
    watch = call;
    Attachments.Call databases = hook.attachments().begin(command, connection);
    T result;
    boolean succeeded = false;
    try {
      result = sql.run();
      succeeded = true;
    } finally {
      if (!succeeded) {
        call.failed();
      }
      hook.afterCall(kind);
      databases.ended(succeeded);
      if (LockWatch.isHarmful(command)) {
        hook.lookAtLocks();
      }
      if (succeeded) {
        connection.noteRisk(command.text().risk());
      }
    }
    wait.speakOfDoubt(call.returned());
    try {
      databases.finish(wait);
      checkpoints = checkpoints.and(connection.resolve(command.checkpoints()));
      call.await(checkpoints, wait);
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
    CommitWatch call = watch;
    resultOpen = call != null && !told && call.resultMayCommit();
  }

  /** Reading a streamed result failed, and with it what it may have written. */
  void failed() {
    resultOpen = false;
    CommitWatch call = watch;
    if (call != null) {
      call.failed();
    }
    hook.afterCall(last);
  }

  /**
   * A streamed result commits when it is read to its end; called then, and when it or its statement
   * was closed.
   */
  void ended() throws SQLException {
    hook.afterCall(last);
    CommitWatch call = watch;
    if (resultOpen && call != null) {
      resultOpen = false;
      wait.begin();
      call.awaitResult(checkpoints, wait);
    }
  }

  /** Ends a wait that is under way. */
  void cancel() {
    wait.cancel();
    hook.wakeWaiters();
  }
}
