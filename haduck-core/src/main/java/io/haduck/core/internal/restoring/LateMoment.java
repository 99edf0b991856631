package io.haduck.core.internal.restoring;

import io.haduck.core.restore.RestoreResult;
import io.haduck.core.store.ObjectStore;
import java.time.Instant;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What to say of a restore to a moment after the last commit: it gets that commit. That is what a
 * database that was idle since looks like, or a writer that has not sent what came then; only a
 * moment in the future is certainly a slip.
 *
 * @param moment that is asked for
 * @param store where
 * @param now by this machine's clock
 */
public record LateMoment(Instant moment, ObjectStore store, Instant now) {
  private static final Logger log = LoggerFactory.getLogger(LateMoment.class);

  /**
   * Says at INFO that the last commit was before the moment.
   *
   * @param found for it
   * @return what to warn of; empty unless the moment is in the future
   */
  public Optional<String> comparedWith(RestorePoint found) {
    RestoreResult.LostWal lost = found.lost().orElse(null);
    long seq = lost == null ? found.state().position().seq() : lost.lastSeq();
    Instant last = lost == null ? found.state().time() : lost.until();
    if (seq < found.headSeq() || last.equals(moment)) {
      return Optional.empty();
    }
    boolean future = moment.isAfter(now);
    String text =
        moment
            + (future ? " is in the future (it is " + now + " here), and" : " is")
            + " later than the last commit that "
            + store
            + " holds (seq "
            + seq
            + ", "
            + last
            + "): the restore went by that one";
    if (future) {
      return Optional.of(text);
    }
    log.info(text);
    return Optional.empty();
  }
}
