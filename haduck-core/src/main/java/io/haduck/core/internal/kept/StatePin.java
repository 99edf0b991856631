package io.haduck.core.internal.kept;

import io.haduck.core.HaduckException;
import io.haduck.core.internal.log.LogPosition;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a state while somebody reads it, where that may be written down; where not, it is read
 * without, and what is gone then is a reason to plan again. For one thread; close it.
 */
public final class StatePin implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(StatePin.class);

  /**
   * After that it names nothing, should nobody have closed it. Longer than what it is for takes:
   * none can be made longer.
   */
  private static final Duration LASTS = Duration.ofHours(24);

  private final KeptReplica replica;

  /** Empty if it could not be made. */
  private final Optional<StateName> name;

  private StatePin(KeptReplica replica, Optional<StateName> name) {
    this.replica = replica;
    this.name = name;
  }

  /** Pins nothing: for a replica that was never swept. */
  public static StatePin none(KeptReplica replica) {
    return new StatePin(replica, Optional.empty());
  }

  /**
   * Pins a state, if that can be. Never fails: no state is not read because it could not be pinned.
   *
   * @param time of the state
   * @param purpose one word, which a plan shows
   * @param id drawn for this pin
   */
  public static StatePin of(
      KeptReplica replica, LogPosition position, Instant time, String purpose, UUID id) {
    try {
      Instant now = replica.storeTimeSince(position);
      NameRecord wanted = NameRecord.pin(id, position, time, now, now.plus(LASTS), purpose);
      return new StatePin(replica, Optional.of(replica.names().make(wanted).name()));
    } catch (HaduckException e) {
      log.info("{}: {} of seq {} goes without a pin: {}", replica, purpose, position, e.toString());
      return none(replica);
    }
  }

  @Override
  public void close() {
    if (name.isEmpty()) {
      return;
    }
    try {
      boolean unused = replica.names().delete(name.get());
    } catch (HaduckException e) {
      log.info(
          "{} of {} stays until its time is over, {} after it was made: {}",
          name.get(),
          replica,
          LASTS,
          e.toString());
    }
  }
}
