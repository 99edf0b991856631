package io.haduck.jdbc.internal.wrapped;

import io.haduck.jdbc.ReplicationPendingException;
import io.haduck.jdbc.internal.database.CallWait;
import io.haduck.jdbc.internal.forward.SqlTextCall;
import io.haduck.jdbc.internal.sql.SqlCall;
import io.haduck.jdbc.internal.sql.SqlCommand;
import io.haduck.jdbc.internal.sql.SqlKind;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/**
 * The calls of one statement, each a {@link ReplicatedCall}, and the results that they hand out,
 * whose end may commit. Confined to the thread that executes, but for {@link #cancel}.
 */
final class SqlCalls {
  private final SqlSession session;
  private final CallWait wait;

  /** The last call that has begun; null before the first. */
  private @Nullable TextCall last;

  /** A result was handed out, and its end may commit. */
  private boolean resultOpen;

  /** The caller knows that what the last call committed is pending, and is not told again. */
  private boolean told;

  /**
   * For one statement.
   *
   * @param statement whose query timeout counts
   */
  SqlCalls(SqlSession session, Statement statement) {
    this.session = session;
    this.wait = new CallWait(statement);
  }

  /**
   * Reads a text and makes a call with what DuckDB is to be given, and waits for what it may have
   * committed if durability says so.
   *
   * @throws ReplicationPendingException after the call, whose effects and results stay as they are
   */
  <T> T run(String sql, SqlTextCall<T> call, HiddenCheckpoint.Renewal renewal) throws SQLException {
    SqlCommand command = session.read(sql);
    return run(command, () -> call.run(command.sql()), renewal);
  }

  /** Makes a call that runs one text which was read before. */
  <T> T run(SqlCommand command, SqlCall<T> sql, HiddenCheckpoint.Renewal renewal)
      throws SQLException {
    return run(command, () -> HiddenCheckpoint.run(session, command, sql, renewal));
  }

  /** Makes a call that runs what was read before, and runs it once. */
  <T> T run(SqlCommand command, SqlCall<T> sql) throws SQLException {
    return ReplicatedCall.run(
        session, () -> begin(command), () -> session.guard().run(command.sql(), sql), this::tell);
  }

  private TextCall begin(SqlCommand command) throws SQLException {
    session.guard().before(command);
    TextCall call = TextCall.executing(session, command, wait);
    last = call;
    resultOpen = false;
    told = false;
    return call;
  }

  private void tell(Object result, SQLException failure) {
    if (failure instanceof ReplicationPendingException pending) {
      resultOpen = false;
      told = true;
      pending.updateCountsFrom(result);
    }
  }

  private void lookAgain() {
    TextCall call = last;
    session.calls().afterCall(call == null ? SqlKind.NOTHING : call.likely());
  }

  /** A result of the last call is handed out. */
  void opened() {
    TextCall call = last;
    resultOpen = call != null && !told && call.resultMayCommit();
  }

  /** Reading a streamed result failed, and with it what it may have written. */
  void failed() {
    resultOpen = false;
    TextCall call = last;
    if (call != null) {
      call.resultFailed();
    }
    lookAgain();
  }

  /**
   * A streamed result commits when it is read to its end; called then, and when it or its statement
   * was closed.
   */
  void ended() throws SQLException {
    lookAgain();
    TextCall call = last;
    if (resultOpen && call != null) {
      resultOpen = false;
      call.awaitResult();
    }
  }

  /** Ends a wait that is under way. */
  void cancel() {
    wait.cancel();
    session.commits().wakeWaiters();
  }
}
