package io.haduck.core.internal.opening;

import io.haduck.core.DivergedException;
import io.haduck.core.HaduckException;
import io.haduck.core.UnavailableException;
import io.haduck.core.internal.log.ChangesetKind;
import io.haduck.core.internal.log.DecodedChangeset;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.points.Point;
import io.haduck.core.points.Points;
import io.haduck.core.store.ObjectStore;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The head that a rewind goes back from. It gets a point, so that what the rewind undoes is kept.
 */
final class RewoundHead {
  private static final Logger log = LoggerFactory.getLogger(RewoundHead.class);

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuuMMdd't'HHmmss'z'", Locale.ROOT).withZone(ZoneOffset.UTC);

  private static final int SHORT_DIGEST = 8;

  private RewoundHead() {}

  /**
   * Names it, by what it is: so a rewind that is tried again finds the point of the first attempt.
   * If it cannot be made, that is warned of, and no reason not to go back.
   *
   * @param seq of that head; its writer has opened the log, so nobody else adds to it
   * @throws UnavailableException if the store does not answer
   */
  static void name(ObjectStore store, long seq) {
    try {
      DecodedChangeset head = head(new ReplicationLog(store), seq);
      Points points = Points.of(store);
      long named = head.changeset().seq();
      String name = "rewind-" + TIME.format(head.changeset().time()) + "-seq" + named;
      Point made;
      try {
        made = points.make(name, named);
      } catch (DivergedException e) { // of a history that is not this one's any more
        log.info("{} has another name: {}", name, e.getMessage());
        made = points.make(name + "-" + head.digest().hex().substring(0, SHORT_DIGEST), named);
      }
      log.info("{}: what is undone now is kept as point {}, seq {}", store, made.name(), named);
    } catch (UnavailableException e) {
      throw e;
    } catch (HaduckException e) {
      log.warn(
          "{}: the state that is undone now has no point, and is kept only for as long as the retention keeps it: {}",
          store,
          e.getMessage());
    }
  }

  /** The last changeset that brought anything; openings bring nothing. */
  private static DecodedChangeset head(ReplicationLog replica, long seq) {
    DecodedChangeset head = replica.read(seq).orElseThrow(() -> gone(seq));
    while (head.changeset().kind() == ChangesetKind.EPOCH) {
      DecodedChangeset opening = head;
      Optional<DecodedChangeset> before =
          replica
              .read(opening.changeset().seq() - 1)
              .filter(it -> it.digest().equals(opening.changeset().parent()));
      if (before.isEmpty()) {
        return opening;
      }
      head = before.get();
    }
    return head;
  }

  private static DivergedException gone(long seq) {
    return new DivergedException("the log's head, seq " + seq + ", is gone");
  }
}
