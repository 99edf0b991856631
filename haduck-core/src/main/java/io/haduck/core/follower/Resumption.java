package io.haduck.core.follower;

import io.haduck.core.DivergedException;
import io.haduck.core.HaduckException;
import io.haduck.core.internal.log.LoadProgress;
import io.haduck.core.internal.log.LogPosition;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.store.ObjectStore;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes up the copies that an earlier follower left, by what was noted of each. */
final class Resumption {
  private static final Logger log = LoggerFactory.getLogger(Resumption.class);

  private final ObjectStore store;
  private final ReplicationLog replicationLog;
  private final LogState head;
  private final boolean freshWhenLost;
  private final boolean reclaims;

  /**
   * Of copies of one replica.
   *
   * @param replicationLog its log
   * @param head of that
   * @param freshWhenLost whether copies of another history are made anew
   * @param reclaims whether copies that were given away and not taken are made anew
   */
  Resumption(
      ObjectStore store,
      ReplicationLog replicationLog,
      LogState head,
      boolean freshWhenLost,
      boolean reclaims) {
    this.store = store;
    this.replicationLog = replicationLog;
    this.head = head;
    this.freshWhenLost = freshWhenLost;
    this.reclaims = reclaims;
  }

  /**
   * Takes up all of them.
   *
   * @throws DivergedException if one is of another history
   */
  void takeUp(Copies copies) throws IOException {
    for (Copy copy : copies.places()) {
      Optional<CopyCondition> noted =
          Files.exists(copy.files().journal()) ? copy.journal().read() : Optional.empty();
      boolean left = noted.isPresent() && noted.get().givenAway() && reclaims;
      if (noted.isPresent() && !left) {
        takeUp(copy, noted.get());
      }
    }
  }

  private void takeUp(Copy copy, CopyCondition noted) throws IOException {
    LogPosition position = noted.position();
    Optional<String> difference = noted.givenAway() ? Optional.empty() : difference(noted);
    if (difference.isPresent()) {
      if (!freshWhenLost) {
        throw new DivergedException(
            copy
                + " follows another history: "
                + difference.get()
                + ". To follow what is there now, delete the directory "
                + copy.files().directory().getParent());
      }
      log.warn("{} is made anew: {}", copy, difference.get());
    }
    boolean known = position.seq() > 0 && difference.isEmpty() && !noted.givenAway();
    copy.takeUp(noted, known ? stateAt(position) : null);
  }

  private Optional<String> difference(CopyCondition noted) {
    return noted.lineage().equals(head.lineage())
        ? replicationLog.lost(noted.position())
        : Optional.of(
            store + " holds lineage " + head.lineage() + ", the copy lineage " + noted.lineage());
  }

  /** Null if the log does not tell any more what the state was: then all blocks are hashed. */
  private @Nullable LogState stateAt(LogPosition position) {
    if (position.equals(head.position())) {
      return head;
    }
    try {
      return replicationLog
          .loadAt(position.seq(), LoadProgress.NONE)
          .filter(found -> found.position().equals(position))
          .orElse(null);
    } catch (HaduckException e) {
      log.info("all blocks of a copy at {} are compared: {}", position, e.getMessage());
      return null;
    }
  }
}
