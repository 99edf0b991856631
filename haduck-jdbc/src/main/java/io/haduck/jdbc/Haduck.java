package io.haduck.jdbc;

import io.haduck.core.HaduckException;
import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.LocalFileException;
import io.haduck.core.Settings;
import io.haduck.core.replica.CommitReceipt;
import io.haduck.core.replica.ReplicationListener;
import io.haduck.core.replica.RestoreRequest;
import io.haduck.core.replica.RestoreResult;
import io.haduck.core.replica.Restorer;
import io.haduck.core.replica.SyncResult;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.ObjectStoreProvider;
import io.haduck.core.store.ReplicaLocation;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Properties;

/**
 * What haduck can do beyond JDBC, for connections that it made, wrapped by a pool or not. Safe for
 * any thread.
 */
public final class Haduck {
  private static final Duration LOCAL_CHECKPOINT_LIMIT = Duration.ofSeconds(30);

  private Haduck() {}

  /**
   * Checkpoints a database and waits until the replica has it, whatever {@code durability} says.
   * DuckDB's CHECKPOINT fails while other transactions write; it is tried again for half of {@code
   * sync_timeout}, and never forced. If they write all that time, the commits are made durable as
   * they stand in DuckDB's write-ahead log, and {@link CheckpointResult#checkpointed} is false. The
   * store has the time that is left, and at least the other half.
   *
   * <p>In local-only mode it only checkpoints.
   *
   * @throws ReplicationPendingException if what is committed is not on the replica in time
   * @throws SQLException DuckDB's, if it could not checkpoint for another reason, and in local-only
   *     mode for any
   */
  public static CheckpointResult checkpoint(Connection connection) throws SQLException {
    long begun = System.nanoTime();
    HaduckConnection ours = unwrap(connection);
    DatabaseHook hook = ours.hook();
    hook.beforeCall();
    Replication replication = hook.replication().orElse(null);
    if (replication == null) {
      CheckpointCall.Outcome local =
          new CheckpointCall(ours.delegate(), LOCAL_CHECKPOINT_LIMIT).run();
      if (local.inTheWay() != null) {
        throw local.inTheWay();
      }
      return new CheckpointResult(true, 0, 0, 0, 0, local.attempts(), elapsed(begun));
    }
    long seqBefore = replication.status().seq();
    Duration limit = replication.syncTimeout();
    Duration half = limit.dividedBy(2);
    hook.beforeCheckpoint(CallWait.uncancelled());
    CheckpointCall.Outcome outcome;
    try {
      outcome = new CheckpointCall(ours.delegate(), half.minus(elapsed(begun))).run();
    } finally {
      hook.afterCall(SqlKind.CHECKPOINTS);
    }
    Duration left = limit.minus(elapsed(begun));
    SyncResult result =
        replication.await(
            replication.position(), left.compareTo(half) < 0 ? half : left, () -> false);
    boolean checkpointed = outcome.inTheWay() == null;
    CommitReceipt receipt = result.receipt();
    return receipt == null || receipt.seq() <= seqBefore
        ? new CheckpointResult(
            checkpointed, replication.status().seq(), 0, 0, 0, outcome.attempts(), elapsed(begun))
        : new CheckpointResult(
            checkpointed,
            receipt.seq(),
            receipt.blocks(),
            receipt.blocksInUse(),
            receipt.bytes(),
            outcome.attempts(),
            elapsed(begun));
  }

  /**
   * Waits until everything that is committed now is on the replica, whatever {@code durability}
   * says.
   *
   * @throws ReplicationPendingException if it is not there within {@code sync_timeout}
   * @throws SQLException if the database has no replica
   */
  public static void sync(Connection connection) throws SQLException {
    DatabaseHook hook = unwrap(connection).hook();
    hook.beforeCall();
    Replication replication =
        hook.replication()
            .orElseThrow(() -> new SQLException("the database is local only: it has no replica"));
    replication.await(replication.position(), replication.syncTimeout(), () -> false);
  }

  /**
   * How a database is doing; looks at the local files, not at the replica.
   *
   * @throws SQLException if the connection is not one of haduck's
   */
  public static DatabaseStatus status(Connection connection) throws SQLException {
    return unwrap(connection).hook().status();
  }

  /**
   * Adds a listener to the database of a connection; once, however often it is added. It stays
   * until it is removed, or until nobody has been connected to the database for {@code linger}:
   * {@link HaduckDataSource#setListener} adds it again by itself. In local-only mode there is
   * nothing to tell it.
   *
   * @param listener called on a thread of its own; may be slow, may throw, and may use the database
   * @throws SQLException if the connection is not one of haduck's
   */
  public static void addListener(Connection connection, ReplicationListener listener)
      throws SQLException {
    unwrap(connection).hook().listeners().add(listener);
  }

  /**
   * Removes a listener from the database of a connection. A call under way comes to its end.
   *
   * @throws SQLException if the connection is not one of haduck's
   */
  public static void removeListener(Connection connection, ReplicationListener listener)
      throws SQLException {
    unwrap(connection).hook().listeners().remove(listener);
  }

  /**
   * The store of the replica that a URL and properties name, with everything that system properties
   * and the environment add, as {@link #restore} needs it. The caller closes it.
   *
   * @param url as for connecting; its file need not exist
   * @throws InvalidConfigurationException if they name no replica
   */
  public static ObjectStore replica(String url, Properties info) {
    HaduckUrl parsed = HaduckUrl.parse(url);
    Settings settings = HaduckDriver.resolve(parsed, ConnectionProperties.of(info));
    try {
      ReplicaLocation location =
          parsed.isFile()
              ? Replication.locate(DatabasePath.resolve(parsed.database()), settings)
              : null;
      if (location == null) {
        throw new InvalidConfigurationException(
            parsed + " names no replica; set haduck.replica or haduck.s3.bucket");
      }
      return ObjectStoreProvider.openStore(location, settings.storeSettings());
    } catch (IOException e) {
      throw new LocalFileException("cannot find " + parsed.database() + ": " + e, e);
    }
  }

  /**
   * Restores a database file from a replica, while nobody has it open.
   *
   * <pre>{@code
   * try (ObjectStore replica = Haduck.replica("jdbc:haduck:/data/my.duckdb", new Properties())) {
   *   Haduck.restore(RestoreRequest.latest(replica, Path.of("/data/my.duckdb")));
   * }
   * }</pre>
   *
   * @throws HaduckException if it cannot be restored; then the destination is as it was
   */
  public static RestoreResult restore(RestoreRequest request) {
    try {
      Path destination = DatabasePath.resolve(request.destination().toString());
      OpenDatabases.ofThisJvm().retireIfIdle(destination);
    } catch (IOException e) {
      throw new LocalFileException("cannot find " + request.destination() + ": " + e, e);
    }
    return Restorer.create().restore(request);
  }

  /**
   * Ends the replication of every database that nobody is connected to, instead of after {@code
   * linger}, so that its files are free. Databases with open connections are left alone; at the end
   * of the JVM they are taken care of by themselves.
   */
  public static void shutdown() {
    for (OpenDatabase database : OpenDatabases.ofThisJvm().all()) {
      database.retireIfIdle();
    }
  }

  private static HaduckConnection unwrap(Connection connection) throws SQLException {
    if (!connection.isWrapperFor(HaduckConnection.class)) {
      throw new SQLException(
          "not a connection of haduck to a database file, but "
              + connection.getClass().getName()
              + "; databases in memory and read-only connections are DuckDB's own");
    }
    return connection.unwrap(HaduckConnection.class);
  }

  private static Duration elapsed(long sinceNanos) {
    return Duration.ofNanos(System.nanoTime() - sinceNanos);
  }
}
