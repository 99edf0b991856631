package io.haduck.jdbc.internal.database;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.FencedException;
import io.haduck.core.replica.SyncResult;
import io.haduck.core.store.ReplicaLocation;
import java.sql.SQLException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class UnreachedTest {
  private static String message(boolean doubtful, FencedException fenced) {
    SQLException failure =
        new Unreached(ReplicaLocation.parse("file:/replica"), doubtful)
            .failure(
                new SyncResult(false, null, fenced, null, false),
                fenced,
                Duration.ofSeconds(1),
                false);
    assertThat(failure.getSQLState()).isEqualTo("08007");
    return String.valueOf(failure.getMessage());
  }

  /** What was being sent when the lease was lost may be in the log before the successor's EPOCH. */
  @Test
  void fencedByTheLease_isNotSaidToBeMissingInTheHistoryThatWon() {
    var fenced = new FencedException("the lease is another one's");
    assertThat(message(false, fenced))
        .isEqualTo(
            "committed locally, and in the history that won only if it was being sent just then: the lease is another"
                + " one's");
    assertThat(message(true, fenced))
        .startsWith(
            "in the history that won only if it was being sent just then, and committed locally only if");
  }

  @Test
  void fencedByTheLog_isNotInTheHistoryThatWon() {
    assertThat(message(false, FencedException.settled("another writer has added seq 7", null)))
        .isEqualTo(
            "committed locally, and not in the history that won: another writer has added seq 7");
  }
}
