package io.haduck.jdbc;

import io.haduck.core.CommitReceipt;
import io.haduck.core.HaduckException;
import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.PositionToken;
import io.haduck.core.follower.AwaitOutcome;
import io.haduck.core.points.Point;
import io.haduck.core.points.Points;
import io.haduck.core.replica.ReplicaSweep;
import io.haduck.core.replica.ReplicationListener;
import io.haduck.core.replica.ReplicatorStatus;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.restore.RestoreResult;
import io.haduck.core.retention.SweepOptions;
import io.haduck.core.retention.SweepReport;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.verify.Verifier;
import io.haduck.core.verify.VerifyProgress;
import io.haduck.core.verify.VerifyReport;
import io.haduck.jdbc.internal.database.OpenDatabases;
import io.haduck.jdbc.internal.following.FollowerConnection;
import io.haduck.jdbc.internal.sql.OpenTransaction;
import io.haduck.jdbc.internal.sql.SqlErrors;
import io.haduck.jdbc.internal.wrapped.CheckpointRequest;
import io.haduck.jdbc.internal.wrapped.HaduckConnection;
import io.haduck.jdbc.internal.wrapped.OfThisJvm;
import io.haduck.jdbc.internal.wrapped.PointRequest;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * What haduck can do beyond JDBC, for connections that it made, wrapped by a pool or not. Safe for
 * any thread.
 *
 * <p>Whatever is given a connection fails with SQLState 08003 if that is closed: what it was
 * connected to may be closed too by then, or be another writer's.
 */
public final class Haduck {
  private Haduck() {}

  /**
   * Checkpoints the current database and waits until the replica has it, whatever {@code
   * durability} says. DuckDB's CHECKPOINT fails while other transactions write; it is tried again
   * for half of {@code sync_timeout}, and never forced. If they write all that time, the commits
   * are made durable as they stand in DuckDB's write-ahead log, and {@link
   * CheckpointResult#checkpointed} is false. The store has the time that is left, and at least the
   * other half.
   *
   * <p>In local-only mode it only checkpoints.
   *
   * <p>While the connection itself has a transaction open that has written, this fails at once, for
   * no checkpoint could hold that: commit it or roll it back first.
   *
   * @throws ReplicationPendingException if what is committed is not on the replica in time
   * @throws SQLException with SQLState 25001 if the connection's own transaction is in the way;
   *     DuckDB's, if it could not checkpoint for another reason, and in local-only mode for any
   */
  public static CheckpointResult checkpoint(Connection connection) throws SQLException {
    return CheckpointRequest.run(FollowedConnection.writer(connection), null);
  }

  /**
   * Checkpoints one of the databases that are attached to a connection, as {@link
   * #checkpoint(Connection)} does.
   *
   * @param database its name in SQL, such as that behind {@code ATTACH … AS}
   */
  public static CheckpointResult checkpoint(Connection connection, String database)
      throws SQLException {
    return CheckpointRequest.run(FollowedConnection.writer(connection), database);
  }

  /**
   * Waits until everything that is committed now, in the main database and in those that are
   * attached, is on the replicas, whatever {@code durability} says.
   *
   * @throws ReplicationPendingException if it is not there within {@code sync_timeout}
   * @throws SQLException if no database has a replica
   */
  public static void sync(Connection connection) throws SQLException {
    HaduckConnection ours = FollowedConnection.writer(connection);
    ours.session().calls().beforeCall();
    ours.session().commits().awaitAll(CheckpointRequest.waitFor(ours));
  }

  /**
   * Names what the current database of a connection holds now: makes it durable, as {@link #sync}
   * does, and keeps that state until {@link #deletePoint}, whatever the retention gives up. What
   * others commit meanwhile may be in it. {@code RestoreTarget.point(name)} restores it.
   *
   * @param name 1 to 64 of a-z, 0-9, '.', '_' and '-', the first a letter or digit
   * @return the point; if it named that state already, as it was made then
   * @throws ReplicationPendingException if what is committed is not on the replica in time
   * @throws SQLException with SQLState RP005 if the name is none, or another state's, or the
   *     replica fails; 25001 if the connection's own transaction has written; 25006 if this process
   *     only follows the database. No point is made then, but perhaps one that a later call finds
   */
  public static Point point(Connection connection, String name) throws SQLException {
    return PointRequest.make(FollowedConnection.ofPoints(connection), name);
  }

  /**
   * Returns the points of a connection's current database, by name.
   *
   * @throws SQLException with SQLState RP005 if the replica fails, 25006 as {@link #point}
   */
  public static List<Point> points(Connection connection) throws SQLException {
    return PointRequest.ask(FollowedConnection.ofPoints(connection), Points::list);
  }

  /** Returns the points of a {@link #replica}, from any machine, by name. */
  public static List<Point> points(ObjectStore replica) {
    return Points.of(replica).list();
  }

  /**
   * Deletes a point of a connection's current database; its state is then kept as long as any
   * other.
   *
   * @return whether there was one
   * @throws SQLException as {@link #points(Connection)}
   */
  public static boolean deletePoint(Connection connection, String name) throws SQLException {
    return PointRequest.ask(FollowedConnection.ofPoints(connection), it -> it.delete(name));
  }

  /** As {@link #deletePoint(Connection, String)}, of a {@link #replica}, from any machine. */
  public static boolean deletePoint(ObjectStore replica, String name) {
    return Points.of(replica).delete(name);
  }

  /**
   * Deletes once, now, what the retention of a {@link #replica} gives up, from any machine and
   * beside its writer; see {@link ReplicaSweep#run}. A dry run says what can be restored, and what
   * would be deleted.
   */
  public static SweepReport sweep(ObjectStore replica, SweepOptions options) {
    return ReplicaSweep.run(replica, options);
  }

  /**
   * Returns what the main database of a connection holds now, to be waited for where it is
   * followed: {@link #awaitPosition}. Its text form may be handed on, in a header of an HTTP answer
   * for instance. Costs what a status costs, and does not wait for the replica.
   *
   * @throws SQLException if the connection is not one of haduck's to a database that it replicates
   */
  public static PositionToken position(Connection connection) throws SQLException {
    ReplicatorStatus status =
        status(FollowedConnection.writer(connection))
            .replication()
            .orElseThrow(() -> new SQLException("the database is local only: it has no replica"));
    return new PositionToken(
        status.lineage(),
        status.epoch(),
        status.writer(),
        status.localIteration(),
        status.localWal());
  }

  /**
   * Waits until a followed database shows what a writer had committed when it told its {@link
   * #position}: whoever wrote reads his own writes from then on, in transactions that begin
   * afterwards. Where this process writes the database, a promoted standby included, it is answered
   * at once: what this writer has told of is there, and what one before it has told of is there or
   * was lost, which may take requests to the replica.
   *
   * @param connection to a database with a replica, in any {@code mode}
   * @param timeout after which it is not there yet
   * @throws SQLException if the connection is none to a database with a replica; with SQLState
   *     25001 if it has a transaction open, which goes on reading what it began with; with 08006 if
   *     this process was its writer, and another one has taken over
   * @throws InterruptedException if this thread is interrupted
   */
  public static AwaitOutcome awaitPosition(
      Connection connection, PositionToken position, Duration timeout)
      throws SQLException, InterruptedException {
    return FollowedConnection.await(connection, position, timeout);
  }

  /**
   * Has this process become the writer of a database for which it stands by, and waits for that:
   * asks whoever writes to hand over to it, or takes what nobody holds. Without effect where it is
   * the writer already.
   *
   * @param connection to the database, with {@code mode=standby}
   * @param timeout after which it may still become the writer, without being waited for; longer
   *     than {@code lease_ttl}, since the writer looks for what it is asked every third of that
   * @throws SQLException with SQLState RP004 if it does not in time, or the writer refuses
   * @throws InterruptedException if this thread is interrupted
   */
  public static void promote(Connection connection, Duration timeout)
      throws SQLException, InterruptedException {
    FollowedConnection.promote(connection, timeout);
  }

  /**
   * Returns how the main database of a connection is doing; looks at the local files, not at the
   * replica.
   *
   * @throws SQLException if the connection is not one of haduck's to a database file
   */
  public static DatabaseStatus status(Connection connection) throws SQLException {
    FollowerConnection follower = FollowedConnection.follower(connection);
    if (follower != null) {
      return follower.status();
    }
    HaduckConnection ours = FollowedConnection.unwrap(connection);
    if (!ours.session().instance().isStandby()) {
      FollowedConnection.main(ours);
    }
    return ours.session().instance().statuses().get(0);
  }

  /**
   * Returns how all databases of a connection are doing that haduck has opened: the main one,
   * unless it lives in memory, and those that were attached by {@code ATTACH 'haduck:…'}.
   *
   * @throws SQLException if the connection is not one of haduck's
   */
  public static List<DatabaseStatus> statuses(Connection connection) throws SQLException {
    FollowerConnection follower = FollowedConnection.follower(connection);
    return follower == null
        ? FollowedConnection.unwrap(connection).session().instance().statuses()
        : List.of(follower.status());
  }

  /**
   * Adds a listener to the main database of a connection, followed or not; once, however often it
   * is added. It stays until it is removed, or until nobody has been connected to the database for
   * {@code linger}: {@link HaduckDataSource#setListener} adds it again by itself. In local-only
   * mode there is nothing to tell it.
   *
   * @param listener called on a thread of its own; may be slow, may throw, and may use the database
   * @throws SQLException if the connection is not one of haduck's to a database file
   */
  public static void addListener(Connection connection, ReplicationListener listener)
      throws SQLException {
    if (!FollowedConnection.addListener(connection, listener)) {
      FollowedConnection.main(FollowedConnection.unwrap(connection)).listeners().add(listener);
    }
  }

  /**
   * As {@link #addListener(Connection, ReplicationListener)}, of one of the databases that are
   * attached.
   *
   * @param database its name in SQL
   * @throws SQLException if haduck has attached no database of that name
   */
  public static void addListener(
      Connection connection, String database, ReplicationListener listener) throws SQLException {
    HaduckConnection ours = FollowedConnection.unwrap(connection);
    ours.session()
        .instance()
        .database(ours, database)
        .orElseThrow(
            () -> new SQLException("haduck has no database " + database + " on this connection"))
        .listeners()
        .add(listener);
  }

  /**
   * Removes a listener from all databases of a connection. A call under way comes to its end.
   *
   * @throws SQLException if the connection is not one of haduck's
   */
  public static void removeListener(Connection connection, ReplicationListener listener)
      throws SQLException {
    FollowedConnection.removeListener(connection, listener);
  }

  /**
   * Returns the store of the replica that a URL and properties name, with everything that system
   * properties and the environment add, as {@link #restore} needs it. The caller closes it.
   *
   * <p>A store that does not answer is given up, request by request, after {@code sync_timeout},
   * but not before 5 s.
   *
   * @param url as for connecting; its file need not exist, but the directory of it must
   * @throws InvalidConfigurationException if they name no replica
   */
  public static ObjectStore replica(String url, Properties info) {
    return ClosedDatabase.replica(url, info);
  }

  /**
   * Makes a database that was restored to an earlier point the head of its replica again, while
   * nobody has it open: what it holds is sent as one more checkpoint. What that undoes stays in the
   * replica and can be restored as before.
   *
   * @param url as for connecting
   * @return the changeset that is the head now
   * @throws HaduckException if it cannot be done; then the file counts as restored to an earlier
   *     point as before
   * @throws InterruptedException if this thread is interrupted; call it again
   */
  public static CommitReceipt rewind(String url, Properties info) throws InterruptedException {
    return ClosedDatabase.rewind(url, info);
  }

  /**
   * Gives the main database to another process: refuses statements of all its connections with
   * SQLState 08006 from now on, sends what is committed, and gives the lease.
   *
   * @param to whom, by its {@code haduck.label}; null for whoever comes first
   * @throws SQLException if it did not come to that: then statements go on as soon as it is known
   *     that this process is the writer still
   */
  public static void handOver(Connection connection, @Nullable String to) throws SQLException {
    HaduckConnection ours = FollowedConnection.writer(connection);
    if (ours.session().transaction().now() == OpenTransaction.OPEN) {
      throw SqlErrors.handsOverInsideTransaction();
    }
    var current =
        FollowedConnection.main(ours)
            .replication()
            .orElseThrow(() -> new SQLException("the database is local only: it has no replica"));
    current.handingOver().run(to);
  }

  /**
   * Restores a database file from a replica, while nobody has it open.
   *
   * <pre>{@code
   * String url = "jdbc:haduck:/data/my.duckdb;haduck.replica=s3://my-bucket/databases";
   * try (ObjectStore replica = Haduck.replica(url, new Properties())) {
   *   Haduck.restore(RestoreRequest.latest(replica, Path.of("/data/my.duckdb")));
   * }
   * }</pre>
   *
   * <p>With {@link RestoreRequest#toNewestReadable} it opens candidates with plain DuckDB, and goes
   * back to the newest commit that opens.
   *
   * <p>With {@link RestoreRequest#overwriting} what is replaced is kept under another name, unless
   * it is known to be in the replica: {@link RestoreResult#kept()}.
   *
   * @throws HaduckException if it cannot be restored; then the destination is as it was
   */
  public static RestoreResult restore(RestoreRequest request) {
    return ClosedDatabase.restore(request);
  }

  /**
   * Reads all of a replica and proves it to the last byte. A restore proves what it reads and no
   * more; this finds what is damaged or missing while there still is something to mend it with.
   * Writes nothing, and may run beside writers and readers of the replica, from any machine.
   *
   * <pre>{@code
   * String url = "jdbc:haduck:/data/my.duckdb;haduck.replica=s3://my-bucket/databases";
   * try (ObjectStore replica = Haduck.replica(url, new Properties())) {
   *   VerifyReport report = Haduck.verify(replica, VerifyProgress.none());
   *   report.findings().forEach(System.out::println);
   * }
   * }</pre>
   *
   * @param replica of {@link #replica}; stays open
   * @param progress told after each object, by this thread
   * @return what is wrong, if anything is, and which moments can be restored
   * @throws HaduckException if the store does not answer, or refuses; nothing is said of the
   *     replica then
   */
  public static VerifyReport verify(ObjectStore replica, VerifyProgress progress) {
    return Verifier.create().run(replica, progress);
  }

  /**
   * Ends the replication of every database that nobody is connected to, instead of after {@code
   * linger}, so that its files are free. Databases with open connections are left alone; at the end
   * of the JVM they are taken care of by themselves. When none is left, haduck's threads and its
   * shutdown hook end too; connecting again starts them anew.
   *
   * <p>Replicas that other writers have taken over from this process may be opened again after it:
   * call it only when it is certain that the other writer is gone, or both will take the replica
   * from each other.
   *
   * <p>While the JVM ends this does nothing: its shutdown hook does it, when it has sent what is
   * left.
   *
   * <p>Before an application is redeployed, close all connections, call this and {@link
   * HaduckDriver#deregister}.
   */
  public static void shutdown() {
    OpenDatabases databases = OfThisJvm.databases();
    databases.retireIdle();
    databases.fencedReplicas().forgetAll();
    OfThisJvm.followed().endIdle();
  }
}
