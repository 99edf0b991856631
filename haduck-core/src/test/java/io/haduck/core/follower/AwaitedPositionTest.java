package io.haduck.core.follower;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.PositionToken;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Who waits for what a writer has written sees it, or hears that it is lost. */
@Tag("compat")
class AwaitedPositionTest extends FollowedReplica {
  @Test
  void await_aPositionOfTheWriter_seesWhatItWrote() throws Exception {
    write("CREATE TABLE t AS SELECT 1 AS a");
    FollowerOptions slow = options().withPolling(MINUTE, MINUTE);
    try (var shown = new ShownDatabase();
        Follower follower = Follower.open(slow, shown)) {
      for (int i = 2; i < 6; i++) {
        write("INSERT INTO t VALUES (" + i + ")");
        assertThat(follower.await(token(), MINUTE)).isEqualTo(AwaitOutcome.REACHED);
        assertThat(shown.number("SELECT count(*) FROM t")).isEqualTo(i);
      }
      PositionToken now = token();
      var later =
          new PositionToken(
              now.lineage(), now.epoch(), now.writer(), now.iteration(), now.walOffset() + 1);
      assertThat(follower.await(later, Duration.ofMillis(1))).isEqualTo(AwaitOutcome.TIMED_OUT);
      database.reopen(); // an EPOCH: that writer's history is over
      assertThat(follower.await(now, MINUTE)).isEqualTo(AwaitOutcome.REACHED);
      var unsent =
          new PositionToken(now.lineage(), now.epoch(), now.writer(), now.iteration() + 9, 0);
      assertThat(follower.await(unsent, MINUTE)).isEqualTo(AwaitOutcome.LOST);
      assertThat(follower.await(token(), MINUTE)).isEqualTo(AwaitOutcome.REACHED);
    }
  }

  @Test
  void await_aPositionOfAWriterThatWasSkipped_asksTheLog() throws Exception {
    write("CREATE TABLE t AS SELECT 1 AS a", "INSERT INTO t VALUES (2)");
    PositionToken first = token();
    database.reopen();
    write("INSERT INTO t VALUES (3)");
    try (var shown = new ShownDatabase();
        Follower follower = Follower.open(options(), shown)) {
      assertThat(follower.await(first, MINUTE)).isEqualTo(AwaitOutcome.REACHED);
      var unsent = new PositionToken(first.lineage(), first.epoch(), first.writer(), 1_000, 0);
      assertThat(follower.await(unsent, MINUTE)).isEqualTo(AwaitOutcome.LOST);
    }
  }
}
