package io.haduck.jdbc.internal.database;

import io.haduck.core.PositionToken;
import io.haduck.core.Ticker;
import io.haduck.core.UnavailableException;
import io.haduck.core.follower.AwaitOutcome;
import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.kept.KeptReplica;
import io.haduck.core.internal.log.EpochEnd;
import io.haduck.core.internal.log.PatientStore;
import io.haduck.core.replica.ReplicatorStatus;
import io.haduck.core.store.ObjectStore;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Positions that writers of a replica have told of, asked for where it is written: what this writer
 * has told is there, and what one before it has told is there if it came before the take-over. Safe
 * for any thread.
 */
final class ToldPositions {
  private static final Logger log = LoggerFactory.getLogger(ToldPositions.class);

  private final Supplier<ObjectStore> stores;

  /** Of writers before this one: they never change. Empty where the log does not tell. */
  private final Map<Long, Optional<EpochEnd>> ends = new ConcurrentHashMap<>();

  /**
   * Of one replica.
   *
   * @param stores opens it once more, for who asks for a writer before this one
   */
  ToldPositions(Supplier<ObjectStore> stores) {
    this.stores = stores;
  }

  /**
   * Opens the replica once more.
   *
   * @param timeout after which each call is given up
   */
  ObjectStore openStore(Duration timeout) {
    return new PatientStore(stores.get(), timeout, Ticker.system());
  }

  /**
   * What became of one; asks the store at most once for each writer before this one.
   *
   * @param writer this one
   * @param timeout for that
   * @return {@link AwaitOutcome#TIMED_OUT} of a writer that came after this one
   */
  AwaitOutcome outcome(ReplicatorStatus writer, PositionToken token, Duration timeout) {
    if (!token.lineage().equals(writer.lineage())) {
      return AwaitOutcome.LOST;
    }
    if (token.epoch() > writer.epoch()) {
      return AwaitOutcome.TIMED_OUT;
    }
    if (token.epoch() == writer.epoch()) {
      return token.writer().equals(writer.writer()) ? AwaitOutcome.REACHED : AwaitOutcome.LOST;
    }
    try {
      return end(token.epoch(), timeout).filter(end -> end.holds(token)).isPresent()
          ? AwaitOutcome.REACHED
          : AwaitOutcome.LOST;
    } catch (UnavailableException e) {
      log.debug("whether {} was lost cannot be told yet", token, e);
      return AwaitOutcome.TIMED_OUT;
    }
  }

  private Optional<EpochEnd> end(long epoch, Duration timeout) {
    Optional<EpochEnd> known = ends.get(epoch);
    if (known != null) {
      return known;
    }
    try (ObjectStore store = openStore(timeout)) {
      Optional<EpochEnd> found =
          EpochEnd.find(store, new KeptReplica(store, Retries.once()).log(), epoch);
      ends.put(epoch, found);
      return found;
    }
  }
}
