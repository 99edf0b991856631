package io.haduck.jdbc.internal.database;

import io.haduck.core.FencedException;
import io.haduck.core.HaduckException;
import io.haduck.core.UnavailableException;
import io.haduck.core.replica.Replicator;
import io.haduck.jdbc.internal.sql.SqlErrors;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Gives one database to another process. Safe for any thread; one hand-over at a time. */
public final class HandingOver {
  private static final Logger log = LoggerFactory.getLogger(HandingOver.class);

  private final Replicator replicator;
  private final Duration longest;
  private final AtomicBoolean running = new AtomicBoolean();

  /** Why statements are refused, though this process is not fenced; null if they are not. */
  private volatile @Nullable FencedException refusal;

  /**
   * Of one replicator.
   *
   * @param longest for sending what is committed, and again for giving the lease
   */
  HandingOver(Replicator replicator, Duration longest) {
    this.replicator = replicator;
    this.longest = longest;
  }

  /** Why no statement may begin; null if one may. Costs a volatile read where nothing is given. */
  @Nullable FencedException refusal() {
    FencedException now = refusal;
    if (now != null && !running.get() && !replicator.duty().isInDoubt()) {
      refusal = null; // it came to nothing, and that is known by now
      return null;
    }
    return now;
  }

  /**
   * Refuses statements from now on, sends what is committed, and gives the lease.
   *
   * @param to whom, by its label; null for whoever comes first
   * @throws SQLException if it did not come to that: statements go on as soon as it is known that
   *     this process is the writer still
   */
  public void run(@Nullable String to) throws SQLException {
    if (!running.compareAndSet(false, true)) {
      throw SqlErrors.notHandedOver(
          new UnavailableException(replicator.database() + " is being handed over already"));
    }
    refusal =
        new FencedException(
            replicator.database() + " is being handed over to another process; connect anew");
    try {
      replicator.duty().handOver(replicator::position, to, longest);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw SqlErrors.notHandedOver(e);
    } catch (HaduckException e) {
      throw SqlErrors.notHandedOver(e);
    } finally {
      running.set(false);
    }
  }

  void onRequest(String to) {
    try {
      run(to);
    } catch (SQLException e) {
      log.warn("{}", e.getMessage());
    }
  }
}
