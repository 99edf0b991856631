package io.haduck.core.lease;

import io.haduck.core.HaduckException;
import io.haduck.core.LeaseHeldException;
import io.haduck.core.UnavailableException;
import io.haduck.core.lease.LeaseObject.Done;
import io.haduck.core.lease.LeaseObject.Seen;
import io.haduck.core.store.ObjectStore;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A writer without a lease: the operator has said that it is the only one. It still does not go
 * where a holder of a lease lives.
 */
public final class LeaseOff {
  private static final Logger log = LoggerFactory.getLogger(LeaseOff.class);

  private final Surroundings surroundings;
  private final Participant self;
  private final Watch watch;

  private LeaseOff(Surroundings surroundings, Participant self, LongSupplier headSeq) {
    this.surroundings = surroundings;
    this.self = self;
    this.watch = new Watch(surroundings.clock(), headSeq);
  }

  /**
   * Makes sure that no holder gives a sign of life. Where the lease is held, that takes its time to
   * live; where it is not, one request.
   *
   * @param store of the replica, for the lease alone
   * @param headSeq as of {@link Contender#opening}
   * @throws LeaseHeldException if a holder lives
   * @throws UnavailableException if the store does not answer, or the thread was interrupted
   */
  public static void requireNoLiveHolder(
      ObjectStore store, Participant self, LongSupplier headSeq) {
    requireNoLiveHolder(Surroundings.of(store), self, headSeq);
  }

  static void requireNoLiveHolder(
      Surroundings surroundings, Participant self, LongSupplier headSeq) {
    new LeaseOff(surroundings, self, headSeq).watch();
  }

  private void watch() {
    Seen first = surroundings.object().read();
    if (first == null || isNobodys(first.record())) {
      return;
    }
    long head = watch.head();
    Seen standing = first.record().knock() == null ? knocked(first) : first;
    long ttlNanos = standing.record().ttl().toNanos();
    watch.saw(standing.etag(), ttlNanos);
    log.info(
        "{}, without a lease (lease=off), makes sure for {} that nobody writes: {}",
        self,
        LeaseWords.seconds(ttlNanos),
        held(standing));
    while (!watch.isUnchangedFor(ttlNanos)) {
      if (Thread.currentThread().isInterrupted()) {
        throw new UnavailableException("interrupted while watching: " + held(standing));
      }
      surroundings.pause().nanos(ttlNanos / 10);
      if (watch.head() != head) {
        throw live(standing, "its log goes on");
      }
      Seen now = read();
      if (now != null) {
        if (isNobodys(now.record())) {
          return;
        }
        if (!now.etag().equals(standing.etag())) {
          throw live(now, "it has answered");
        }
      }
    }
    log.warn(
        "{} writes without a lease (lease=off), though {}. As lease=off says, that one is gone. If it is not, it will be"
            + " fenced by the log, and what it has committed locally by then is not in the replica",
        self,
        held(standing));
  }

  private boolean isNobodys(LeaseRecord record) {
    return switch (record.state()) {
      case RELEASED, IDLE -> true;
      case HELD -> record.appended() && self.isInThePlaceOf(record.holder());
      case HANDING_OVER -> false;
    };
  }

  /** Null where it was deleted meanwhile. */
  private @Nullable Seen read() {
    return surroundings.object().read();
  }

  /**
   * Knocks, where the store can do so: a store without conditional writes is one reason for this.
   */
  private Seen knocked(Seen seen) {
    if (!seen.record().isHeld()) {
      return seen;
    }
    try {
      return surroundings.object().write(seen, surroundings.next().knocked(seen.record(), self))
              instanceof Done done
          ? done.now()
          : seen;
    } catch (HaduckException e) {
      return seen;
    }
  }

  private String held(Seen seen) {
    return LeaseWords.held(surroundings.object().toString(), seen.record(), watch.quietNanos());
  }

  private LeaseHeldException live(Seen seen, String sign) {
    return new LeaseHeldException(
        "lease=off says that nobody else writes, and somebody does ("
            + sign
            + "): "
            + held(seen)
            + ". End that process, or set lease=on here");
  }
}
