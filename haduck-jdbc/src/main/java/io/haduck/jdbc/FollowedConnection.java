package io.haduck.jdbc;

import io.haduck.core.PositionToken;
import io.haduck.core.follower.AwaitOutcome;
import io.haduck.core.follower.Follower;
import io.haduck.core.replica.ReplicationListener;
import io.haduck.jdbc.internal.database.DatabaseInstance;
import io.haduck.jdbc.internal.database.StandingBy;
import io.haduck.jdbc.internal.following.FollowerConnection;
import io.haduck.jdbc.internal.sql.OpenTransaction;
import io.haduck.jdbc.internal.sql.SqlErrors;
import io.haduck.jdbc.internal.wrapped.HaduckConnection;
import io.haduck.jdbc.internal.wrapped.SqlSession;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What {@link Haduck} asks of a connection to a database that is followed.
 *
 * @param follower of it
 * @param inTransaction whether one is certainly open, which goes on reading what it began with
 */
record FollowedConnection(Follower follower, boolean inTransaction) {
  /**
   * Finds it, of a follower or of a standby that is not promoted.
   *
   * @throws SQLException if the database is not followed
   */
  static FollowedConnection of(Connection connection) throws SQLException {
    FollowerConnection ours = follower(connection);
    Follower follower;
    boolean open;
    if (ours != null) {
      follower = ours.follower();
      open = ours.isInTransaction();
    } else {
      SqlSession session = unwrap(connection).session();
      StandingBy standby = session.instance().standing();
      follower = standby == null ? null : standby.follower();
      open = session.transaction().now() == OpenTransaction.OPEN;
    }
    if (follower == null) {
      throw new SQLException("not a connection to a database that is followed");
    }
    return new FollowedConnection(follower, open);
  }

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
  AwaitOutcome await(PositionToken position, Duration timeout)
      throws SQLException, InterruptedException {
    if (inTransaction) {
      throw SqlErrors.awaitsInsideTransaction();
    }
    return follower.await(position, timeout);
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

  /** As {@link Haduck#removeListener}, of a standby, promoted or not. */
  static void removeListener(DatabaseInstance instance, ReplicationListener listener) {
    StandingBy standby = instance.standing();
    if (standby != null) {
      standby.listeners().remove(listener);
    }
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
