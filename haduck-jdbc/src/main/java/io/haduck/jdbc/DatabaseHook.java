package io.haduck.jdbc;

import java.sql.SQLException;

/** What the wrappers of one database tell its replication. Any thread calls any of it. */
interface DatabaseHook {

  /** After a call that may have run SQL, failed ones too. Costs next to nothing and never waits. */
  void afterCall();

  /** Before a statement that is likely to be a checkpoint. May wait, for a bounded time. */
  void beforeCheckpoint() throws SQLException;

  /**
   * After such a statement has succeeded.
   *
   * @throws ReplicationPendingException if what it wrote had to be on the replica by now and is not
   */
  void afterCheckpoint() throws SQLException;

  /**
   * Closes a wrapped connection, which may be the last of its database.
   *
   * @throws ReplicationPendingException after DuckDB has closed it, if what was written had to be
   *     on the replica by now and is not
   */
  void close(HaduckConnection connection) throws SQLException;
}
