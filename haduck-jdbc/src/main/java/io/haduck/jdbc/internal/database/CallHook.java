package io.haduck.jdbc.internal.database;

import io.haduck.jdbc.internal.sql.DatabaseNames;
import io.haduck.jdbc.internal.sql.ReplayRisk;
import io.haduck.jdbc.internal.sql.SqlKind;
import java.sql.SQLException;

/**
 * What the replication of a DuckDB instance's databases is told around the calls of its
 * connections. Any thread calls any of it.
 */
public interface CallHook {

  /**
   * Before a call that may run SQL; costs next to nothing.
   *
   * @throws SQLException of class 08 if this process may not write to a replica any more
   */
  void beforeCall() throws SQLException;

  /**
   * Before a statement that is likely to be a checkpoint. May wait, for a bounded time.
   *
   * @param databases that it checkpoints
   * @param wait how long the call may wait in all
   */
  void beforeCheckpoint(DatabaseNames databases, CallWait wait);

  /**
   * After a call that may have run SQL, failed ones too. Never waits.
   *
   * @param likely what the SQL is likely to have done
   */
  void afterCall(SqlKind likely);

  /**
   * A statement has succeeded of a kind that DuckDB is known not to replay. Never waits and never
   * fails: asks for a checkpoint soon, if the settings say so.
   */
  void afterReplayRisk(ReplayRisk risk);

  /** Those of haduck's own of all databases at this moment. Costs next to nothing. */
  OwnCheckpoints ownCheckpoints();

  /** Whether connections still serve, as far as replication is concerned. */
  boolean usable();
}
