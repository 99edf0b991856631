package io.haduck.jdbc.internal.wrapped;

import io.haduck.jdbc.ReplicationPendingException;
import io.haduck.jdbc.internal.database.AttachCall;
import io.haduck.jdbc.internal.database.CallWait;
import io.haduck.jdbc.internal.database.LockWatch;
import io.haduck.jdbc.internal.sql.DatabaseNames;
import io.haduck.jdbc.internal.sql.ReplayRisk;
import io.haduck.jdbc.internal.sql.SqlCommand;
import io.haduck.jdbc.internal.sql.SqlKind;
import io.haduck.jdbc.internal.sql.SqlText;
import java.sql.SQLException;

/** A call that runs SQL text, or prepares it. For one thread. */
final class TextCall extends ReplicatedCall {
  private final SqlCommand command;
  private final boolean executes;
  private final CallWait wait;
  private final CommitWatch watch;
  private final AttachCall databases;
  private DatabaseNames checkpoints;

  private TextCall(
      SqlSession session,
      SqlCommand command,
      boolean executes,
      CallWait wait,
      DatabaseNames checkpoints,
      CommitWatch watch)
      throws SQLException {
    super(session);
    this.command = command;
    this.executes = executes;
    this.wait = wait;
    this.checkpoints = checkpoints;
    this.watch = watch;
    this.databases =
        AttachCall.begin(
            session.instance().attachments(),
            executes ? command : command.whilePreparing(),
            session.connection());
  }

  /**
   * Begins a call that runs a text.
   *
   * @param wait how long it may wait, and who cancels it
   */
  static TextCall executing(SqlSession session, SqlCommand command, CallWait wait)
      throws SQLException {
    DatabaseNames checkpoints = before(session, command, wait);
    CommitWatch watch = CommitWatch.ofText(session, command.kind(), command.text().effect());
    return new TextCall(session, command, true, wait, checkpoints, watch);
  }

  /** Begins a call that prepares a text: DuckDB runs all statements but the last one meanwhile. */
  static TextCall preparing(SqlSession session, SqlCommand command) throws SQLException {
    CallWait wait = CallWait.uncancelled();
    DatabaseNames checkpoints = before(session, command, wait);
    SqlText text = command.text();
    SqlKind runs = text.mayRunWhilePreparing() ? text.kind() : SqlKind.NOTHING;
    CommitWatch watch = CommitWatch.ofText(session, runs, text.whilePreparing());
    return new TextCall(session, command, false, wait, checkpoints, watch);
  }

  /** Returns the databases that the text is likely to checkpoint. */
  private static DatabaseNames before(SqlSession session, SqlCommand command, CallWait wait)
      throws SQLException {
    if (!command.detachesOnly()) {
      session.calls().beforeCall();
    }
    DatabaseNames checkpoints = session.resolve(command.checkpoints());
    wait.begin();
    if (command.kind() == SqlKind.CHECKPOINTS) {
      session.calls().beforeCheckpoint(checkpoints, wait);
    }
    return checkpoints;
  }

  @Override
  SqlKind likely() {
    return command.kind();
  }

  @Override
  void noteOutcome(boolean succeeded) {
    if (!succeeded) {
      watch.failed();
    }
  }

  @Override
  void settle(boolean succeeded) {
    databases.ended(succeeded);
    if (executes && LockWatch.isHarmful(command)) {
      session().instance().lookAtLocks();
    }
    if (executes && succeeded) {
      session().noteRisk(command.text().risk());
    } else if (!executes) { // what has failed may have been the last of several
      boolean runs = command.text().mayRunWhilePreparing();
      session().noteRisk(runs ? command.text().risk() : ReplayRisk.NONE);
    }
  }

  @Override
  void await() throws SQLException {
    wait.speakOfDoubt(watch.returned());
    databases.finish(wait);
    checkpoints = checkpoints.and(session().resolve(command.checkpoints()));
    watch.await(checkpoints, wait);
  }

  // --- its result, which DuckDB may stream

  /** Whether the end of the result may commit something. */
  boolean resultMayCommit() {
    return watch.resultMayCommit();
  }

  /** Reading the result has failed, and with it what it may have written. */
  void resultFailed() {
    watch.failed();
  }

  /**
   * Waits for what the end of the result has committed.
   *
   * @throws ReplicationPendingException if that is not on the replica in time
   */
  void awaitResult() throws SQLException {
    wait.begin();
    watch.awaitResult(checkpoints, wait);
  }
}
