package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.count;
import static io.haduck.jdbc.Sql.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.PositionToken;
import io.haduck.core.follower.AwaitOutcome;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Who writes a database answers for positions as well: at once, whatever the timeout. */
@Tag("compat")
final class AwaitedPositionTest extends StandbyPair {
  private static final Duration LONG = Duration.ofDays(1);

  private static PositionToken later(PositionToken token, long epochs, long iterations) {
    return new PositionToken(
        token.lineage(),
        token.epoch() + epochs,
        token.writer(),
        token.iteration() + iterations,
        token.walOffset());
  }

  private static PositionToken ofAnotherDatabase(PositionToken token) {
    return new PositionToken(UUID.randomUUID(), token.epoch(), token.writer(), 1, 0);
  }

  private static AwaitOutcome outcome(Connection connection, PositionToken token) throws Exception {
    return Haduck.awaitPosition(connection, token, LONG);
  }

  @Test
  void promotedStandby_knowsWhatTheWriterBeforeItHadAndWhatWasLost() throws Exception {
    PositionToken before;
    try (Connection writer = write("writer")) {
      makeTable(writer);
      before = Haduck.position(writer);
    }
    try (Connection standby = standBy("standby")) {
      Haduck.promote(standby, SOON);
      assertThat(outcome(standby, before)).isEqualTo(AwaitOutcome.REACHED);
      assertThat(outcome(standby, later(before, 0, 1000))).isEqualTo(AwaitOutcome.LOST);
      assertThat(outcome(standby, ofAnotherDatabase(before))).isEqualTo(AwaitOutcome.LOST);
      run(standby, "INSERT INTO t VALUES (1)");
      PositionToken own = Haduck.position(standby);
      assertThat(own.epoch()).isGreaterThan(before.epoch());
      assertThat(outcome(standby, own)).isEqualTo(AwaitOutcome.REACHED);
      assertThat(outcome(standby, later(own, 1, 0)))
          .as("of a writer that has taken over, which this one has not seen yet")
          .isEqualTo(AwaitOutcome.TIMED_OUT);
      PositionToken forged =
          new PositionToken(own.lineage(), own.epoch(), UUID.randomUUID(), own.iteration(), 0);
      assertThat(outcome(standby, forged)).isEqualTo(AwaitOutcome.LOST);
      standby.setAutoCommit(false);
      assertThat(count(standby, "t")).isEqualTo(1002);
      assertThatThrownBy(() -> outcome(standby, own))
          .extracting(it -> ((SQLException) it).getSQLState())
          .isEqualTo("25001");
      standby.rollback();
    }
  }

  @Test
  @SuppressWarnings("try") // the writer ends before the standby is promoted
  void whoWaitsOnAStandby_isAnsweredWhenItIsPromoted() throws Exception {
    try (Connection writer = write("writer")) {
      makeTable(writer);
      PositionToken lost = later(Haduck.position(writer), 0, 1000);
      try (Connection standby = standBy("standby");
          Connection waiting = standBy("standby")) {
        var outcome =
            CompletableFuture.supplyAsync(
                () -> {
                  try {
                    return outcome(waiting, lost);
                  } catch (Exception e) {
                    throw new IllegalStateException(e);
                  }
                });
        writer.close();
        Haduck.promote(standby, SOON);
        assertThat(outcome).succeedsWithin(SOON).isEqualTo(AwaitOutcome.LOST);
      }
    }
  }

  @Test
  void writer_knowsItsOwnAndThoseOfItsEarlierSessions() throws Exception {
    PositionToken first;
    try (Connection writer = write("writer")) {
      makeTable(writer);
      first = Haduck.position(writer);
      assertThat(outcome(writer, first)).isEqualTo(AwaitOutcome.REACHED);
    }
    try (Connection writer = write("writer")) {
      assertThat(outcome(writer, first)).isEqualTo(AwaitOutcome.REACHED);
      assertThat(outcome(writer, later(first, 0, 1000))).isEqualTo(AwaitOutcome.LOST);
    }
    try (Connection local =
        DriverManager.getConnection("jdbc:haduck:" + directory.resolve("local.duckdb"))) {
      assertThatThrownBy(() -> outcome(local, first)).hasMessageContaining("replica");
    }
  }
}
