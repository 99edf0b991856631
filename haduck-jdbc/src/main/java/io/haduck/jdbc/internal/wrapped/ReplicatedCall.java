package io.haduck.jdbc.internal.wrapped;

import io.haduck.jdbc.internal.sql.SqlCall;
import io.haduck.jdbc.internal.sql.SqlKind;
import java.sql.SQLException;

/**
 * A call of DuckDB's driver that may run SQL, and what the replication of the databases does around
 * it, always in this order:
 *
 * <ol>
 *   <li>Before it: who may not write any more is refused, captures are let finish before a
 *       checkpoint, it is noted what is open and where the replicas are, and what the call is going
 *       to attach is opened ({@link Beginning#begin}).
 *   <li>The call.
 *   <li>After it, failed or not: what became of the transaction is noted ({@link #noteOutcome}),
 *       the replications look at the files, and what was attached or detached is found ({@link
 *       #settle}).
 *   <li>If it has succeeded, what it has committed is waited for, where durability says so ({@link
 *       #await}).
 * </ol>
 *
 * <p>For one thread, and one call.
 */
abstract class ReplicatedCall {
  private final SqlSession session;

  ReplicatedCall(SqlSession session) {
    this.session = session;
  }

  /** Does what comes before a call. */
  @FunctionalInterface
  interface Beginning {
    /**
     * Begins it.
     *
     * @throws SQLException if it must not be made; then nothing has begun
     */
    ReplicatedCall begin() throws SQLException;
  }

  /**
   * What is to be done where a call has succeeded and the wait for it has not.
   *
   * @param <T> what the call returns
   */
  @FunctionalInterface
  interface Unawaited<T> {
    /** Takes what the call has returned, which the caller does not get, and why. */
    void take(T result, SQLException failure) throws SQLException;
  }

  /**
   * Makes a call, with everything around it.
   *
   * @param unawaited asked before the failure of a wait is thrown
   * @throws SQLException DuckDB's; or one of haduck's, also after the call, whose effects stay as
   *     they are
   */
  static <T> T run(SqlSession session, Beginning beginning, SqlCall<T> sql, Unawaited<T> unawaited)
      throws SQLException {
    session.activity().begin();
    try {
      ReplicatedCall call = beginning.begin();
      T result = call.make(sql);
      try {
        call.await();
      } catch (SQLException e) {
        unawaited.take(result, e);
        throw e;
      }
      return result;
    } finally {
      session.activity().end();
    }
  }

  private <T> T make(SqlCall<T> sql) throws SQLException {
    boolean succeeded = false;
    try {
      T result = sql.run();
      succeeded = true;
      return result;
    } finally {
      noteOutcome(succeeded);
      session.calls().afterCall(likely());
      settle(succeeded);
    }
  }

  final SqlSession session() {
    return session;
  }

  /** What it is likely to have done, once it is over. */
  abstract SqlKind likely();

  /** It is over, and the replications were not told yet: notes what became of its transaction. */
  abstract void noteOutcome(boolean succeeded);

  /** The replications were told: finds what it has attached and detached. */
  abstract void settle(boolean succeeded);

  /** It has succeeded: waits for what it has committed, if durability says so. */
  abstract void await() throws SQLException;
}
