package io.haduck.core.replica;

import io.haduck.core.log.Changeset;
import io.haduck.core.log.DecodedChangeset;
import io.haduck.core.log.LogState;
import io.haduck.core.log.ReplicationLog;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Finds checkpoints in a log from its end on, without reading what lies in the WAL between them:
 * each changeset names the last one before it that is not {@code WAL}.
 */
final class Checkpoints {
  private Checkpoints() {}

  /** The seq of the {@code BASE} or {@code CHECKPOINT} on which a state stands. */
  static Optional<Long> lastBefore(ReplicationLog replica, LogState state) {
    return find(replica, state.anchor().seq(), changeset -> true).map(Changeset::seq);
  }

  /**
   * The last {@code BASE} or {@code CHECKPOINT} that a condition holds for.
   *
   * @param from a seq that is not {@code WAL}
   * @return empty if the log holds none (any more)
   */
  static Optional<Changeset> find(
      ReplicationLog replica, long from, Predicate<Changeset> condition) {
    for (long seq = from; seq > 0; ) {
      Optional<DecodedChangeset> read = replica.read(seq);
      if (read.isEmpty()) {
        return Optional.empty();
      }
      Changeset changeset = read.get().changeset();
      if (changeset.kind().hasHeaders() && condition.test(changeset)) {
        return Optional.of(changeset);
      }
      seq = changeset.anchor().seq();
    }
    return Optional.empty();
  }
}
