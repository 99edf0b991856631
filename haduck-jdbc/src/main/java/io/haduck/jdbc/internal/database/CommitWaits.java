package io.haduck.jdbc.internal.database;

import io.haduck.jdbc.ReplicationPendingException;
import io.haduck.jdbc.internal.sql.DatabaseNames;
import io.haduck.jdbc.internal.sql.SqlKind;
import java.sql.SQLException;
import java.util.List;

/**
 * Waiting until what was committed is on the replicas of a DuckDB instance's databases. Any thread
 * calls any of it.
 */
public interface CommitWaits {

  /** Whether commits wait for a replica; costs next to nothing. */
  boolean commitsWait();

  /** Whether the JVM is about to end, so that whoever commits must see to it that it is sent. */
  boolean isLastChance();

  /** Those of all databases at this moment. Costs next to nothing. */
  List<Replication> replications();

  /** Those of all databases whose commits wait for a replica. */
  List<Replication> waiting();

  /**
   * After a call that may have committed something has succeeded, and {@link CallHook#afterCall}.
   *
   * @param likely what it is likely to have done
   * @param checkpoints the databases of which it is likely to have made a checkpoint
   * @param wait how long it may take, and who cancels it
   * @param before {@link #replications} when the call began: one may have been detached since
   * @throws ReplicationPendingException if what it wrote had to be on the replica by now and is not
   */
  void awaitCommitted(
      SqlKind likely, DatabaseNames checkpoints, CallWait wait, List<Replication> before)
      throws SQLException;

  /**
   * Waits until these replicas have everything that is committed now, whatever was written.
   *
   * @throws ReplicationPendingException if they do not in time
   */
  void awaitOf(List<Replication> replications, CallWait wait) throws SQLException;

  /**
   * Waits until what all databases hold now is on their replicas, whatever durability says.
   *
   * @throws SQLException also if none has a replica
   */
  void awaitAll(CallWait wait) throws SQLException;

  /** Lets those who wait see that they were cancelled. */
  void wakeWaiters();
}
