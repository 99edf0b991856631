package io.haduck.core.replica;

import io.haduck.core.store.ObjectStore;
import java.time.Instant;
import java.util.Optional;

/**
 * What to say of a restore to a moment after the last commit: it gets that commit, whether the
 * database was idle since, its writer has not sent what came then, or the moment is a slip.
 */
final class LateMoment {
  private LateMoment() {}

  /**
   * Says it.
   *
   * @param moment that was asked for
   * @param found for it
   * @param now by this machine's clock
   * @return a sentence; empty if the log goes on after the moment
   */
  static Optional<String> of(Instant moment, RestorePoint found, ObjectStore store, Instant now) {
    RestoreResult.LostWal lost = found.lost().orElse(null);
    long seq = lost == null ? found.state().position().seq() : lost.lastSeq();
    if (seq < found.headSeq()) {
      return Optional.empty();
    }
    Instant last = lost == null ? found.state().time() : lost.until();
    return last.equals(moment)
        ? Optional.empty()
        : Optional.of(
            moment
                + (moment.isAfter(now) ? " is in the future (it is " + now + " here), and" : " is")
                + " later than the last commit that "
                + store
                + " holds (seq "
                + seq
                + ", "
                + last
                + "): the restore went by that one");
  }
}
