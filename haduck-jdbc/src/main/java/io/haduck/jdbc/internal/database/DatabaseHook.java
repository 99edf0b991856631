package io.haduck.jdbc.internal.database;

import io.haduck.jdbc.DatabaseStatus;
import io.haduck.jdbc.ReplicationPendingException;
import io.haduck.jdbc.internal.sql.DatabaseNames;
import io.haduck.jdbc.internal.sql.ReplayRisk;
import io.haduck.jdbc.internal.sql.SqlKind;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the wrappers of one DuckDB instance tell the replication of its databases. Any thread calls
 * any of it.
 */
public interface DatabaseHook {

  /**
   * Before a call that may run SQL; costs next to nothing.
   *
   * @throws SQLException of class 08 if this process may not write to a replica any more
   */
  void beforeCall() throws SQLException;

  /**
   * After a call that may have run SQL, failed ones too. Never waits.
   *
   * @param likely what the SQL is likely to have done
   */
  void afterCall(SqlKind likely);

  /** A call may have made DuckDB lose its lock on a file. Never waits. */
  void lookAtLocks();

  /**
   * A statement has succeeded of a kind that DuckDB is known not to replay. Never waits and never
   * fails: asks for a checkpoint soon, if the settings say so.
   */
  void afterReplayRisk(ReplayRisk risk);

  /**
   * Before a statement that is likely to be a checkpoint. May wait, for a bounded time.
   *
   * @param databases that it checkpoints
   * @param wait how long the call may wait in all
   */
  void beforeCheckpoint(DatabaseNames databases, CallWait wait);

  /** Lets checkpoints of haduck's own that are under way end; for a bounded time. */
  default void giveWayToCheckpoint() {
    ownCheckpoints().giveWay();
  }

  /** Those of haduck's own of all databases. Costs next to nothing. */
  OwnCheckpoints ownCheckpoints();

  /** Whether commits wait for a replica; costs next to nothing. */
  boolean commitsWait();

  /** Whether the JVM is about to end, so that whoever commits must see to it that it is sent. */
  boolean isLastChance();

  /**
   * After a call that may have committed something has succeeded, and {@link #afterCall}.
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

  /** Those of all databases whose commits wait for a replica. */
  List<Replication> waiting();

  /** Whether DuckDB may run a statement only while its result is read. */
  boolean mayStream();

  /** A text may have switched that on, for any connection. */
  void noteStreaming();

  /** Of all databases at this moment. Costs next to nothing. */
  List<Replication> replications();

  /**
   * Waits until what all databases hold now is on their replicas, whatever durability says.
   *
   * @throws SQLException also if none has a replica
   */
  void awaitAll(CallWait wait) throws SQLException;

  /** Lets those who wait see that they were cancelled. */
  void wakeWaiters();

  /**
   * Closes a wrapped connection, which may be the last of its instance.
   *
   * @throws ReplicationPendingException after DuckDB has closed it, if what was written had to be
   *     on the replica by now and is not
   */
  void close(WrappedConnection connection) throws SQLException;

  /** Somebody has DuckDB's connection, or what leads to it, and may close it behind our back. */
  void unwrapped(WrappedConnection connection);

  /** Whether connections still serve, as far as replication is concerned. */
  boolean usable();

  /** Whether the file that DuckDB would open by this name has a replica, and is open. */
  boolean isReplicated(String database);

  /** What haduck has attached to the instance. */
  Attachments attachments();

  /** The main database; empty if it lives in memory, or is only read. */
  Optional<OpenDatabase> main();

  /**
   * A database of haduck's by its name in SQL; empty if there is none of that name.
   *
   * @param name null for the one that the name of a table without a database means
   */
  Optional<OpenDatabase> database(WrappedConnection connection, @Nullable String name)
      throws SQLException;

  /**
   * How the databases are doing, the main one first. Takes no lock that is held while DuckDB is
   * called.
   */
  List<DatabaseStatus> statuses();
}
