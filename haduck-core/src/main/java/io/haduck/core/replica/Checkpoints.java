package io.haduck.core.replica;

import io.haduck.core.internal.log.Changeset;
import io.haduck.core.internal.log.DecodedChangeset;
import io.haduck.core.internal.log.ReplicationLog;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Finds checkpoints in a log from its end on, without reading what lies between them: each
 * changeset names the last {@code BASE} or {@code CHECKPOINT} before it.
 */
final class Checkpoints {
  private Checkpoints() {}

  /**
   * Returns the last one that a condition holds for.
   *
   * @param from the seq of one
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
      if (condition.test(changeset)) {
        return Optional.of(changeset);
      }
      seq = changeset.anchor().seq();
    }
    return Optional.empty();
  }
}
