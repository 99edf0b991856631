package io.haduck.jdbc;

import io.haduck.core.replica.ReplicationListeners;
import java.sql.SQLException;
import java.util.Optional;

/** What the wrappers of one database tell its replication. Any thread calls any of it. */
interface DatabaseHook {

  /**
   * Before a call that may run SQL; costs next to nothing.
   *
   * @throws SQLException of class 08 if this process may not write to the replica any more
   */
  void beforeCall() throws SQLException;

  /**
   * After a call that may have run SQL, failed ones too. Never waits.
   *
   * @param likely what the SQL is likely to have done
   */
  void afterCall(SqlKind likely);

  /**
   * Before a statement that is likely to be a checkpoint. May wait, for a bounded time.
   *
   * @param wait how long the call may wait in all
   */
  void beforeCheckpoint(CallWait wait);

  /** Whether commits wait for the replica; costs next to nothing. */
  boolean commitsWait();

  /**
   * After a call that may have committed something has succeeded, and {@link #afterCall}.
   *
   * @param likely what it is likely to have done
   * @param wait how long it may take, and who cancels it
   * @throws ReplicationPendingException if what it wrote had to be on the replica by now and is not
   */
  void awaitCommitted(SqlKind likely, CallWait wait) throws SQLException;

  /** Lets those who wait see that they were cancelled. */
  void wakeWaiters();

  /**
   * Closes a wrapped connection, which may be the last of its database.
   *
   * @throws ReplicationPendingException after DuckDB has closed it, if what was written had to be
   *     on the replica by now and is not
   */
  void close(HaduckConnection connection) throws SQLException;

  /** Whether connections still serve, as far as replication is concerned. */
  boolean usable();

  /** How it is replicated; empty in local-only mode. */
  Optional<Replication> replication();

  /** Who is told how the replication goes. */
  ReplicationListeners listeners();

  /** How the database is doing. Takes no lock that is held while DuckDB is called. */
  DatabaseStatus status();
}
