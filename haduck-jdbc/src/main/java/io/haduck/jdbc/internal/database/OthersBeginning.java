package io.haduck.jdbc.internal.database;

import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Somebody else has the lease of a replica that is empty: he is about to begin it, or dead. */
final class OthersBeginning {
  private static final Duration PAUSE = Duration.ofMillis(250);

  private OthersBeginning() {}

  /** Begins to stand by, if there is something to follow. */
  @FunctionalInterface
  interface Attempt {
    @Nullable StandingBy begin() throws SQLException;
  }

  /**
   * Waits until there is something to follow.
   *
   * @param longest a living one needs less
   * @return null if there is not; also where the thread is interrupted, which stays so
   */
  static @Nullable StandingBy await(Attempt attempt, Duration longest) throws SQLException {
    StandingBy begun = attempt.begin();
    for (long turn = longest.dividedBy(PAUSE); begun == null && turn > 0; turn--) {
      LockSupport.parkNanos(PAUSE.toNanos());
      if (Thread.currentThread().isInterrupted()) {
        return null;
      }
      begun = attempt.begin();
    }
    return begun;
  }
}
