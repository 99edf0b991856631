package io.haduck.jdbc.internal.wrapped;

import io.haduck.core.HaduckException;
import io.haduck.core.points.Point;
import io.haduck.core.points.Points;
import io.haduck.core.replica.ReplicatorStatus;
import io.haduck.core.store.ObjectStore;
import io.haduck.jdbc.internal.database.OpenDatabase;
import io.haduck.jdbc.internal.database.Replication;
import io.haduck.jdbc.internal.sql.SqlErrors;
import java.sql.SQLException;
import java.util.function.Function;

/**
 * Points of the current database of a connection that writes it. The replica is asked by a client
 * of its own, so that nothing of the replication waits for it.
 */
public final class PointRequest {
  private PointRequest() {}

  /**
   * Makes durable what is committed, and names that.
   *
   * @throws SQLException if either fails
   */
  public static Point make(HaduckConnection ours, String name) throws SQLException {
    Replication replication = replication(ours);
    SqlSession session = ours.session();
    session.activity().begin();
    try {
      Points.requireName(name);
      session.calls().beforeCall();
      if (session.transaction().isOpenAndWrote()) {
        throw SqlErrors.pointInsideWrites();
      }
      replication.await(CheckpointRequest.waitFor(ours));
      // What is the last of this writer's now holds all that was waited for.
      ReplicatorStatus status = replication.status();
      try (ObjectStore store = replication.openStore()) {
        return Points.of(store).make(name, status.seq(), status.lineage(), status.epoch());
      }
    } catch (HaduckException e) {
      throw SqlErrors.point(e);
    } finally {
      session.activity().end();
    }
  }

  /** Asks the points of its replica for something. */
  public static <T> T ask(HaduckConnection ours, Function<Points, T> question) throws SQLException {
    try (ObjectStore store = replication(ours).openStore()) {
      return question.apply(Points.of(store));
    } catch (HaduckException e) {
      throw SqlErrors.point(e);
    }
  }

  private static Replication replication(HaduckConnection ours) throws SQLException {
    String target = CheckpointRequest.current(ours);
    return ours.session()
        .instance()
        .database(ours, target)
        .flatMap(OpenDatabase::replication)
        .orElseThrow(
            () ->
                new SQLException(
                    (target == null ? "the database" : "the current database, " + target + ",")
                        + " has no replica on this connection: it is local only, or opened to be read"));
  }
}
