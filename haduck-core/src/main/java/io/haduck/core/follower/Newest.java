package io.haduck.core.follower;

import io.haduck.core.internal.log.LogPosition;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.LookMoment;

/**
 * A state of the log that readers are to be shown.
 *
 * @param state of the log; never changed
 * @param anchorEpoch the writer of its last BASE or CHECKPOINT, as an epoch; 0 if not known
 * @param withWal whether its write-ahead log is shown too
 * @param current when it was last known to be all that there is
 */
record Newest(LogState state, long anchorEpoch, boolean withWal, LookMoment current) {
  /** The last changeset of which all is to be shown. */
  LogPosition position() {
    return withWal ? state.position() : state.anchor();
  }

  Newest withoutWal() {
    return new Newest(state, anchorEpoch, false, current);
  }

  /** As readers see it. */
  Shown shown() {
    LogPosition position = position();
    var followed =
        new FollowedPosition(
            state.lineage(),
            state.epoch(),
            state.nonce(),
            position.seq(),
            position.digest().hex(),
            state.identity().iteration(),
            withWal ? state.wal().length() : 0,
            state.time());
    return new Shown(followed, position, anchorEpoch, current);
  }
}
