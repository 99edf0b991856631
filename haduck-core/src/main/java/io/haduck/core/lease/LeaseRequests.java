package io.haduck.core.lease;

import io.haduck.core.HaduckException;
import io.haduck.core.LeaseHeldException;
import io.haduck.core.UnavailableException;
import io.haduck.core.lease.LeaseObject.Done;
import io.haduck.core.lease.LeaseObject.Seen;
import io.haduck.core.lease.LeaseRecord.Reply;
import io.haduck.core.lease.LeaseRecord.Request;
import io.haduck.core.lease.LeaseRecord.Wish;
import io.haduck.core.store.ObjectStore;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What an operator's process, which need not hold nor want a lease, asks of the holder. */
public final class LeaseRequests {
  private static final Duration POLL = Duration.ofMillis(500);

  private final Surroundings surroundings;

  /**
   * For a replica.
   *
   * @param store of the replica, for the lease alone
   */
  public LeaseRequests(ObjectStore store) {
    this(Surroundings.of(store));
  }

  LeaseRequests(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  /**
   * Returns what the lease says now.
   *
   * @return empty if there is none
   * @throws HaduckException if the store does not answer or refuses, or the object is no lease
   */
  public static Optional<LeaseRecord> read(ObjectStore store) {
    return Optional.ofNullable(new LeaseObject(store).read()).map(Seen::record);
  }

  /**
   * Asks the holder, and waits for its reply.
   *
   * @param wish what it is to do
   * @param to who is to write then, by id or label
   * @param by what people call whoever asks
   * @param longest how long to wait; afterwards the holder refuses, by its clock
   * @return what the holder says
   * @throws LeaseHeldException if nobody holds the lease, or the request of another one stands
   * @throws UnavailableException if the holder did not reply in time, or the thread was interrupted
   */
  public Reply ask(Wish wish, String to, String by, Duration longest) {
    LeaseClock clock = surroundings.clock();
    long end = clock.nanos() + longest.toNanos();
    Instant until =
        Instant.ofEpochMilli(clock.now().wallMillis()).plus(longest).truncatedTo(ChronoUnit.MILLIS);
    var request =
        new Request(
            wish, Participant.shown(to), Participant.shown(by), surroundings.next().token(), until);
    String problem =
        "it looks every third of its lease_ttl; if it had the time, its process may hang, or be gone";
    while (clock.nanos() - end < 0 && !Thread.currentThread().isInterrupted()) {
      try {
        Reply reply = lookAtOnce(request);
        if (reply != null) {
          return reply;
        }
      } catch (UnavailableException e) {
        problem = String.valueOf(e.getMessage());
      }
      surroundings.pause().nanos(POLL.toNanos());
    }
    withdraw(request);
    throw new UnavailableException(
        "the holder of the lease "
            + surroundings.object()
            + " did not reply to the request within "
            + LeaseWords.seconds(longest.toNanos())
            + ": "
            + problem);
  }

  private @Nullable Reply lookAtOnce(Request request) {
    Seen seen = surroundings.object().read();
    Reply reply = seen == null ? null : seen.record().reply();
    if (reply != null && reply.nonce().equals(request.nonce())) {
      return reply; // perhaps it is done already, and another one's by now
    }
    if (seen == null || !seen.record().isHeld()) {
      throw new LeaseHeldException(
          "nobody holds the lease "
              + surroundings.object()
              + " who could be asked"
              + (seen == null ? "" : ": it is held by " + LeaseWords.whose(seen.record())));
    }
    Request standing = seen.record().request();
    if (standing != null && standing.isWithdrawn()) {
      standing = null;
    }
    if (standing != null && !standing.nonce().equals(request.nonce())) {
      throw new LeaseHeldException(
          "the request of '" + standing.by() + "' stands until " + standing.until());
    }
    // Whoever has knocked counts the time since: the object is not to be changed then.
    if (standing == null && seen.record().knock() == null) {
      var unusedSinceTheNextLookTells =
          surroundings.object().write(seen, surroundings.next().requested(seen.record(), request));
    }
    return null;
  }

  private void withdraw(Request request) {
    try {
      Seen seen = surroundings.object().read();
      if (seen != null
          && seen.record().knock() == null
          && request.equals(seen.record().request())
          && surroundings
                  .object()
                  .write(seen, surroundings.next().requested(seen.record(), request.withdrawn()))
              instanceof Done) {
        return;
      }
    } catch (HaduckException e) {
      // The holder refuses it: its time is over.
    }
  }
}
