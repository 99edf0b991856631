package io.haduck.core.follower;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.PositionToken;
import io.haduck.core.internal.log.EpochEnd;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.LookMoment;
import io.haduck.testing.internal.History;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Whether what is shown holds what a writer had. */
class ShownTest {
  private final History history = new History(new Random(Long.getLong("haduck.seed", 7)));

  ShownTest() {
    history.base(3);
    history.checkpoint(1, 0);
    history.tinyWal();
    history.tinyWal();
  }

  private Shown shown() {
    return shown(history.head().epoch());
  }

  private Shown shown(long anchorEpoch) {
    return newest(anchorEpoch).shown();
  }

  private Newest newest(long anchorEpoch) {
    return new Newest(history.head().copy(), anchorEpoch, true, new LookMoment(0, 0));
  }

  private Shown withoutWal() {
    return newest(history.head().epoch()).withoutWal().shown();
  }

  private PositionToken token(long iterations, long bytes) {
    LogState head = history.head();
    return new PositionToken(
        head.lineage(),
        head.epoch(),
        head.nonce(),
        head.identity().iteration() + iterations,
        head.wal().length() + bytes);
  }

  private static Shown.Answer answer(Shown shown, PositionToken token) {
    return shown.answer(token, Optional.empty());
  }

  @Test
  void token_ofTheSameWriter_isReachedByPosition() {
    assertThat(answer(shown(), token(0, 0))).isEqualTo(Shown.Answer.REACHED);
    assertThat(answer(shown(), token(0, -1))).isEqualTo(Shown.Answer.REACHED);
    assertThat(answer(shown(), token(-1, 1000))).isEqualTo(Shown.Answer.REACHED);
    assertThat(answer(shown(), token(0, 1))).isEqualTo(Shown.Answer.NOT_YET);
    assertThat(answer(shown(), token(1, -1))).isEqualTo(Shown.Answer.NOT_YET);
    assertThat(answer(withoutWal(), token(0, 0))).isEqualTo(Shown.Answer.NOT_YET);
    assertThat(answer(withoutWal(), token(0, -history.head().wal().length())))
        .isEqualTo(Shown.Answer.REACHED);
  }

  @Test
  void token_ofAnotherDatabaseOrWriter_isLost() {
    PositionToken token = token(0, 0);
    assertThat(answer(shown(), new PositionToken(UUID.randomUUID(), 1, token.writer(), 0, 0)))
        .isEqualTo(Shown.Answer.LOST);
    assertThat(
            answer(
                shown(),
                new PositionToken(token.lineage(), token.epoch(), UUID.randomUUID(), 0, 0)))
        .isEqualTo(Shown.Answer.LOST);
  }

  @Test
  void token_ofALaterWriter_isNotThereYet() {
    PositionToken token = token(0, 0);
    assertThat(
            answer(
                shown(),
                new PositionToken(token.lineage(), token.epoch() + 1, UUID.randomUUID(), 0, 0)))
        .isEqualTo(Shown.Answer.NOT_YET);
  }

  @Test
  void token_ofAWriterThatWasFenced_isReachedOrLostByWhereItsHistoryEnds() {
    PositionToken kept = token(0, 0);
    PositionToken lost = token(0, 1);
    LogState last = history.head().copy();
    var end =
        new EpochEnd(last.epoch(), last.nonce(), last.identity().iteration(), last.wal().length());
    history.epoch();
    assertThat(answer(shown(), kept)).isEqualTo(Shown.Answer.ASK_FOR_END);
    assertThat(shown().answer(kept, Optional.of(end))).isEqualTo(Shown.Answer.REACHED);
    assertThat(shown().answer(lost, Optional.of(end))).isEqualTo(Shown.Answer.LOST);
  }

  @Test
  void token_ofARewoundDatabase_isNotReachedByTheCheckpointsOfTheWriterBefore() {
    history.epoch();
    assertThat(answer(shown(history.head().epoch() - 1), token(-1, 5)))
        .isEqualTo(Shown.Answer.NOT_YET);
    assertThat(answer(shown(history.head().epoch() - 1), token(0, 0)))
        .isEqualTo(Shown.Answer.REACHED);
  }

  @Test
  void text_ofAToken_isParsedAgain() {
    assertThat(PositionToken.parse(token(0, 0).toString())).isEqualTo(token(0, 0));
  }
}
