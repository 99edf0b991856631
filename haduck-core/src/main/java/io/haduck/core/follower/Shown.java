package io.haduck.core.follower;

import io.haduck.core.PositionToken;
import io.haduck.core.internal.log.EpochEnd;
import io.haduck.core.internal.log.LogPosition;
import io.haduck.core.internal.log.LookMoment;
import java.util.Optional;

/**
 * What readers are shown.
 *
 * @param followed it
 * @param position the last changeset of which all is shown
 * @param anchorEpoch the writer of its last BASE or CHECKPOINT, as an epoch; 0 if not known
 * @param current when it was last known to be all that there is
 */
record Shown(
    FollowedPosition followed, LogPosition position, long anchorEpoch, LookMoment current) {
  Shown at(LookMoment moment) {
    return new Shown(followed, position, anchorEpoch, moment);
  }

  /** What this says of a position that somebody waits for. */
  enum Answer {
    REACHED,
    LOST,
    NOT_YET,
    /** The writer's history is over, and where it ended has to be asked for. */
    ASK_FOR_END
  }

  /** Judges by this alone. */
  Answer answer(PositionToken token, Optional<EpochEnd> end) {
    if (!token.lineage().equals(followed.lineage())) {
      return Answer.LOST;
    }
    if (token.epoch() > followed.epoch()) {
      return Answer.NOT_YET;
    }
    if (token.epoch() == followed.epoch()) {
      return answerOfItsWriter(token);
    }
    if (end.isEmpty()) {
      return Answer.ASK_FOR_END;
    }
    // A later writer goes on from there, so what was there then is here.
    return end.get().holds(token) ? Answer.REACHED : Answer.LOST;
  }

  private Answer answerOfItsWriter(PositionToken token) {
    if (!token.writer().equals(followed.writer())) {
      return Answer.LOST;
    }
    long iteration = followed.iteration();
    // A rewound database has a lower iteration than what its writer took over: another's checkpoint
    // says nothing of it.
    boolean reached =
        iteration == token.iteration()
            ? followed.walOffset() >= token.walOffset()
            : iteration > token.iteration() && anchorEpoch == followed.epoch();
    return reached ? Answer.REACHED : Answer.NOT_YET;
  }
}
