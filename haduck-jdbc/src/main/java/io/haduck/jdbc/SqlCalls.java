package io.haduck.jdbc;

import java.sql.SQLException;
import java.sql.Statement;

/** Makes the calls of one statement, and tells the hook what it must know before and after each. */
final class SqlCalls {
  private final DatabaseHook hook;
  private final StatementWait wait;

  SqlCalls(DatabaseHook hook, Statement statement) {
    this.hook = hook;
    this.wait = new StatementWait(statement);
  }

  <T> T run(SqlKind kind, SqlCall<T> call) throws SQLException {
    hook.beforeCall();
    boolean checkpoints = kind == SqlKind.CHECKPOINTS;
    if (checkpoints) {
      wait.begin();
      hook.beforeCheckpoint();
    }
    T result;
    try {
      result = call.run();
    } finally {
      hook.afterCall(kind);
    }
    if (checkpoints) {
      hook.afterCheckpoint(wait);
    }
    return result;
  }

  /** Ends a wait that is under way. */
  void cancel() {
    wait.cancel();
    hook.wakeWaiters();
  }
}
