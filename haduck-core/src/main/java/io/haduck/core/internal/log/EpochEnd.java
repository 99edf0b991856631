package io.haduck.core.internal.log;

import java.util.UUID;

/**
 * Up to where one writer's history counts: the state that the next one has taken over.
 *
 * @param epoch of the writer
 * @param nonce of the last changeset before the take-over
 * @param iteration of the database there
 * @param walOffset up to which the log has the WAL's stream of that iteration, in bytes
 */
public record EpochEnd(long epoch, UUID nonce, long iteration, long walOffset) {
  static EpochEnd of(LogState state) {
    return new EpochEnd(
        state.epoch(), state.nonce(), state.identity().iteration(), state.wal().length());
  }
}
