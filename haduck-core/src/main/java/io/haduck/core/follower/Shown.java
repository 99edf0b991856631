package io.haduck.core.follower;

import io.haduck.core.PositionToken;
import io.haduck.core.internal.log.EpochEnd;
import io.haduck.core.internal.log.LogPosition;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.LookMoment;
import java.util.Optional;

/**
 * A state that readers are shown, or are about to be.
 *
 * @param state of the log; never changed
 * @param anchorEpoch the writer of its last BASE or CHECKPOINT, as an epoch; 0 if not known
 * @param withWal whether its write-ahead log is shown too
 * @param current when it was last known to be all that there is
 */
record Shown(LogState state, long anchorEpoch, boolean withWal, LookMoment current) {
  /** The last changeset of which all is shown. */
  LogPosition position() {
    return withWal ? state.position() : state.anchor();
  }

  Shown at(LookMoment moment) {
    return new Shown(state, anchorEpoch, withWal, moment);
  }

  Shown withoutWal() {
    return new Shown(state, anchorEpoch, false, current);
  }

  private long walOffset() {
    return withWal ? state.wal().length() : 0;
  }

  FollowedPosition followed() {
    return new FollowedPosition(
        state.lineage(),
        state.epoch(),
        state.nonce(),
        position().seq(),
        position().digest().hex(),
        state.identity().iteration(),
        walOffset(),
        state.time());
  }

  /** What this state says of a position that somebody waits for. */
  enum Answer {
    REACHED,
    LOST,
    NOT_YET,
    /** The writer's history is over, and where it ended has to be asked for. */
    ASK_FOR_END
  }

  /** Judges by this state alone. */
  Answer answer(PositionToken token, Optional<EpochEnd> end) {
    if (!token.lineage().equals(state.lineage())) {
      return Answer.LOST;
    }
    if (token.epoch() > state.epoch()) {
      return Answer.NOT_YET;
    }
    if (token.epoch() == state.epoch()) {
      return answerOfItsWriter(token);
    }
    if (end.isEmpty()) {
      return Answer.ASK_FOR_END;
    }
    // A later writer goes on from there, so what was there then is here.
    return end.get().holds(token) ? Answer.REACHED : Answer.LOST;
  }

  private Answer answerOfItsWriter(PositionToken token) {
    if (!token.writer().equals(state.nonce())) {
      return Answer.LOST;
    }
    long iteration = state.identity().iteration();
    // A rewound database has a lower iteration than what its writer took over: another's checkpoint
    // says nothing of it.
    boolean reached =
        iteration == token.iteration()
            ? walOffset() >= token.walOffset()
            : iteration > token.iteration() && anchorEpoch == state.epoch();
    return reached ? Answer.REACHED : Answer.NOT_YET;
  }
}
