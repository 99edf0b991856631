package io.haduck.jdbc;

import io.haduck.core.PositionToken;
import io.haduck.core.follower.AwaitOutcome;
import io.haduck.core.follower.Follower;
import io.haduck.core.replica.ReplicationListener;
import io.haduck.core.replica.ReplicationListeners;
import io.haduck.jdbc.internal.database.DatabaseInstance;
import io.haduck.jdbc.internal.database.OpenDatabase;
import io.haduck.jdbc.internal.database.StandingBy;
import io.haduck.jdbc.internal.following.FollowerConnection;
import io.haduck.jdbc.internal.sql.OpenTransaction;
import io.haduck.jdbc.internal.sql.SqlErrors;
import io.haduck.jdbc.internal.wrapped.HaduckConnection;
import io.haduck.jdbc.internal.wrapped.SqlSession;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What {@link Haduck} asks of a connection to a database that is followed, or may be. */
final class FollowedConnection {
  private FollowedConnection() {}

  /** Null if the connection is not a follower's. */
  static @Nullable FollowerConnection follower(Connection connection) throws SQLException {
    if (!connection.isWrapperFor(FollowerConnection.class)) {
      return null;
    }
    FollowerConnection ours = connection.unwrap(FollowerConnection.class);
    if (ours.isClosed()) {
      throw SqlErrors.closed();
    }
    return ours;
  }

  /** As {@link Haduck#awaitPosition}. */
  static AwaitOutcome await(Connection connection, PositionToken position, Duration timeout)
      throws SQLException, InterruptedException {
    FollowerConnection ours = follower(connection);
    if (ours != null) {
      requireOutside(ours.isInTransaction());
      Follower follower = ours.follower();
      if (follower == null) {
        throw new SQLException("the database is not followed any more");
      }
      return follower.await(position, timeout);
    }
    SqlSession session = unwrap(connection).session();
    requireOutside(session.transaction().now() == OpenTransaction.OPEN);
    StandingBy standby = session.instance().standing();
    Follower follower = standby == null ? null : standby.follower();
    if (standby == null || follower == null || standby.isPromoted()) {
      return written(session.instance(), position, timeout);
    }
    AwaitOutcome outcome = follower.await(position, timeout);
    return outcome == AwaitOutcome.TIMED_OUT && standby.isPromoted()
        ? written(session.instance(), position, timeout)
        : outcome;
  }

  private static void requireOutside(boolean inTransaction) throws SQLException {
    if (inTransaction) {
      throw SqlErrors.awaitsInsideTransaction();
    }
  }

  private static AwaitOutcome written(
      DatabaseInstance instance, PositionToken position, Duration timeout) throws SQLException {
    return instance
        .main()
        .flatMap(OpenDatabase::replication)
        .orElseThrow(() -> new SQLException("not a connection to a database with a replica"))
        .outcome(position, timeout);
  }

  /** Of a database that is written here, or has no replica; fails where it is only followed. */
  static HaduckConnection writer(Connection connection) throws SQLException {
    if (follower(connection) != null) {
      throw SqlErrors.onlyFollowed();
    }
    HaduckConnection ours = unwrap(connection);
    if (ours.session().instance().isStandby()) {
      throw SqlErrors.onlyFollowed();
    }
    return ours;
  }

  /** Of a database that is written here, for its points. */
  static HaduckConnection ofPoints(Connection connection) throws SQLException {
    if (follower(connection) != null || unwrap(connection).session().instance().isStandby()) {
      throw SqlErrors.pointsOfFollowed();
    }
    return unwrap(connection);
  }

  /** The main database of a connection that is haduck's to replicate. */
  static OpenDatabase main(HaduckConnection connection) throws SQLException {
    return connection
        .session()
        .instance()
        .main()
        .orElseThrow(
            () ->
                new SQLException(
                    "the connection's own database lives in memory, elsewhere, or is only read: it is DuckDB's alone"));
  }

  /**
   * As {@link Haduck#addListener}.
   *
   * @return false if it is a connection to no database with a replica: then nobody is told anything
   */
  static boolean addListener(Connection connection, ReplicationListener listener)
      throws SQLException {
    FollowerConnection follower = follower(connection);
    if (follower != null) {
      follower.listeners().add(listener);
      return true;
    }
    DatabaseInstance instance = unwrap(connection).session().instance();
    StandingBy standby = instance.standing();
    Optional<ReplicationListeners> listeners =
        standby == null
            ? instance.main().map(OpenDatabase::listeners)
            : Optional.of(standby.listeners());
    listeners.ifPresent(told -> told.add(listener));
    return listeners.isPresent();
  }

  /** As {@link Haduck#removeListener}. */
  static void removeListener(Connection connection, ReplicationListener listener)
      throws SQLException {
    FollowerConnection follower = follower(connection);
    if (follower != null) {
      follower.listeners().remove(listener);
      return;
    }
    DatabaseInstance instance = unwrap(connection).session().instance();
    StandingBy standby = instance.standing();
    if (standby != null) {
      standby.listeners().remove(listener);
    }
    instance.main().ifPresent(database -> database.listeners().remove(listener));
    instance.attachments().all().forEach(database -> database.listeners().remove(listener));
  }

  /** As {@link Haduck#promote}. */
  static void promote(Connection connection, Duration timeout)
      throws SQLException, InterruptedException {
    if (follower(connection) != null) {
      throw SqlErrors.neverPromoted();
    }
    DatabaseInstance instance = unwrap(connection).session().instance();
    StandingBy standby = instance.standing();
    if (standby != null && !standby.isPromoted()) {
      standby.promote(timeout);
    } else if (instance.main().isEmpty()) {
      throw new SQLException("not a connection to a database that stands by (haduck.mode=standby)");
    }
  }

  /** Of haduck's, to a database that is not only followed for good. */
  static HaduckConnection unwrap(Connection connection) throws SQLException {
    if (connection.isWrapperFor(FollowerConnection.class)) {
      throw SqlErrors.onlyFollowed();
    }
    if (!connection.isWrapperFor(HaduckConnection.class)) {
      throw new SQLException("not a connection of haduck, but " + connection.getClass().getName());
    }
    HaduckConnection ours = connection.unwrap(HaduckConnection.class);
    if (ours.isClosed()) {
      throw SqlErrors.closed();
    }
    return ours;
  }
}
