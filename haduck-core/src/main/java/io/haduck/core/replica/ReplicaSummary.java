package io.haduck.core.replica;

import io.haduck.core.CorruptDataException;
import io.haduck.core.MissingObjectException;
import io.haduck.core.UnavailableException;
import io.haduck.core.internal.concurrent.Backoff;
import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.kept.KeptReplica;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.internal.log.LogRange;
import io.haduck.core.store.ObjectStore;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Random;

/**
 * Which moments a replica has. Immutable.
 *
 * @param firstSeq of the oldest state that it keeps
 * @param firstTime when that was committed, by its writer's clock
 * @param lastSeq of the newest state
 * @param lastTime when that was committed, by its writer's clock
 */
public record ReplicaSummary(long firstSeq, Instant firstTime, long lastSeq, Instant lastTime) {
  private static final int ATTEMPTS = 8;

  /**
   * Whether anything was ever replicated there, whole or not. One request.
   *
   * @throws UnavailableException if the store does not answer
   */
  public static boolean isThere(ObjectStore store) {
    return !store.list(LogKeys.CHANGESETS, "", 1).objects().isEmpty();
  }

  /**
   * Looks at a replica, by a few requests, from any machine.
   *
   * @param store scoped to the replica; stays open
   * @return empty if there is none
   * @throws CorruptDataException if what is kept, or the oldest or newest changeset, cannot be read
   * @throws UnavailableException if the store does not answer
   */
  public static Optional<ReplicaSummary> of(ObjectStore store) {
    var random = new Random();
    var retries =
        Retries.of(
            ATTEMPTS, () -> new Backoff(Duration.ofMillis(200), Duration.ofSeconds(10), random));
    var replica = new KeptReplica(store, retries);
    return range(replica, retries)
        .map(
            range ->
                new ReplicaSummary(
                    range.firstSeq(), range.firstTime(), range.lastSeq(), range.lastTime()));
  }

  /** What was listed may be swept before it is read: then it is looked at again, once. */
  private static Optional<LogRange> range(KeptReplica replica, Retries retries) {
    try {
      return retries.run(() -> replica.log().range());
    } catch (MissingObjectException e) {
      return retries.run(() -> replica.log().range());
    }
  }
}
