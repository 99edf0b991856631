package io.haduck.core.lease;

import io.haduck.core.HaduckException;
import io.haduck.core.LeaseHeldException;
import io.haduck.core.StoreAccessException;
import io.haduck.core.UnavailableException;
import io.haduck.core.lease.LeaseClock.Moment;
import io.haduck.core.lease.LeaseObject.Done;
import io.haduck.core.lease.LeaseObject.Refused;
import io.haduck.core.lease.LeaseObject.Seen;
import io.haduck.core.lease.LeaseObject.Written;
import io.haduck.core.lease.LeaseRecord.State;
import io.haduck.core.store.ObjectStore;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Somebody who wants the lease. It takes at once what nobody holds. Else it knocks, and takes the
 * lease when the object has stayed the same for the whole time to live that stands in it, by its
 * own monotonic clock, from the answer on that showed it: a holder that lives would have answered.
 *
 * <p>It holds no lock and no thread; for one thread. What it wrote and never learnt the fate of may
 * still make it the holder after it has given up: then that lease runs out.
 */
public final class Contender {
  private static final Logger log = LoggerFactory.getLogger(Contender.class);
  private static final Duration SAY_EVERY = Duration.ofSeconds(30);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);

  private final Surroundings surroundings;
  private final LeaseObject object;
  private final NextRecord next;
  private final LeaseClock clock;
  private final Participant self;
  private final LeaseOptions options;
  private final String role;
  private final boolean patient;
  private final Watch watch;

  /** Sessions that it has begun to take, and does not know whether it did. */
  private final Set<String> begun = new HashSet<>();

  private @Nullable Seen last;
  private long knockedNanos;
  private boolean knocked;

  /** Another holding was seen since it knocked: the head may move by lives that all end soon. */
  private boolean changedHands;

  private String problem = "";

  private Contender(
      Surroundings surroundings,
      Participant self,
      LeaseOptions options,
      LongSupplier headSeq,
      String role,
      boolean patient) {
    this.surroundings = surroundings;
    this.object = surroundings.object();
    this.next = surroundings.next();
    this.clock = surroundings.clock();
    this.self = self;
    this.options = options;
    this.role = role;
    this.patient = patient;
    this.watch = new Watch(surroundings.clock(), headSeq);
  }

  /**
   * Somebody who is about to open a database for writing, and waits for it.
   *
   * @param store of the replica, for the lease alone: by another client than the log's, so that a
   *     long upload does not cost the lease
   * @param headSeq the log's head as far as it can be seen now; 0 if there is no log. May throw
   *     what the store does
   */
  public static Contender opening(
      ObjectStore store, Participant self, LeaseOptions options, LongSupplier headSeq) {
    return opening(Surroundings.of(store), self, options, headSeq);
  }

  static Contender opening(
      Surroundings surroundings, Participant self, LeaseOptions options, LongSupplier headSeq) {
    return new Contender(surroundings, self, options, headSeq, "writer", false);
  }

  /**
   * Somebody who follows, and becomes the writer when there is none: knocks about once in a time to
   * live, and not while the log's head moves, unless the lease changes hands meanwhile. As {@link
   * #opening} otherwise.
   */
  public static Contender standby(
      ObjectStore store, Participant self, LeaseOptions options, LongSupplier headSeq) {
    return standby(Surroundings.of(store), self, options, headSeq);
  }

  static Contender standby(
      Surroundings surroundings, Participant self, LeaseOptions options, LongSupplier headSeq) {
    return new Contender(surroundings, self, options, headSeq, "promoted", true);
  }

  /**
   * Waits for the lease as long as the options say.
   *
   * @param owner is asked and told from the beginning
   * @throws LeaseHeldException if another one has it; says who, and what to do
   * @throws UnavailableException if the store did not answer, or the thread was interrupted, which
   *     stays so
   * @throws HaduckException at once if the store refuses, or the object is no lease
   */
  public HeldLease acquire(LeaseOwner owner) {
    return HeldLease.keeping(acquired(owner), clock);
  }

  LeaseKeeper acquired(LeaseOwner owner) {
    long begunNanos = clock.nanos();
    Duration longest = options.longestWait();
    long saidNanos = 0;
    boolean said = false;
    while (true) {
      LeaseKeeper taken = lookAtOnce(owner);
      if (taken != null) {
        return taken;
      }
      long waited = clock.nanos() - begunNanos;
      long left = longest == null ? Long.MAX_VALUE : longest.toNanos() - waited;
      if (Thread.currentThread().isInterrupted()) {
        throw new UnavailableException("interrupted while waiting: " + waitingFor());
      }
      if (left <= 0) {
        throw inVain(waited);
      }
      if (!said || clock.nanos() - saidNanos >= SAY_EVERY.toNanos()) {
        said = true;
        saidNanos = clock.nanos();
        log.info(
            "{} waits: {}{}",
            self,
            waitingFor(),
            longest == null ? "" : "; up to " + LeaseWords.seconds(left) + " more");
      }
      surroundings.pause().nanos(Math.min(left, nanosToNextLook()));
    }
  }

  /**
   * Looks once, and does what is due; never waits but for the store.
   *
   * @return the lease, if it is this one's now; empty also if the store does not answer
   * @throws HaduckException if the store refuses, or the object is no lease
   */
  public Optional<HeldLease> look(LeaseOwner owner) {
    return Optional.ofNullable(lookAtOnce(owner)).map(keeper -> HeldLease.keeping(keeper, clock));
  }

  /** Returns when to look again. */
  public Duration untilNextLook() {
    return Duration.ofNanos(nanosToNextLook());
  }

  /** Returns what the lease was when it was last seen; empty if there was none. */
  public Optional<LeaseRecord> seen() {
    return Optional.ofNullable(last).map(Seen::record);
  }

  private long ttlNanos() {
    return last == null ? options.ttl().toNanos() : last.record().ttl().toNanos();
  }

  private long nanosToNextLook() {
    long pace = ttlNanos() / (patient ? 3 : 15);
    long usual = patient ? pace : Math.min(pace, LONGEST_PAUSE.toNanos());
    long over = watch.nanosUntilQuietFor(ttlNanos());
    return over > 0 ? Math.min(usual, over) : usual;
  }

  @Nullable LeaseKeeper lookAtOnce(LeaseOwner owner) {
    Moment before = clock.now();
    Seen seen;
    try {
      seen = object.read();
      remember(seen);
      problem = "";
      if (seen != null && begun.contains(seen.record().session()) && object.wrote(seen)) {
        return keeper(owner, seen, before); // the answer to an earlier write was lost
      }
      if (mayTake(seen)) {
        return take(seen, owner);
      }
    } catch (UnavailableException e) {
      problem = String.valueOf(e.getMessage());
      return null;
    }
    if (seen != null && isKnockDue(seen)) {
      knock(seen);
    }
    return null;
  }

  private void remember(@Nullable Seen seen) {
    Seen before = last;
    if (before != null && seen != null) {
      changedHands |= !seen.record().session().equals(before.record().session());
    }
    last = seen;
    watch.saw(seen == null ? "" : seen.etag(), ttlNanos());
  }

  private boolean mayTake(@Nullable Seen seen) {
    if (seen == null) {
      boolean noLog = watch.head() == 0;
      return noLog || (watch.isUnchangedFor(ttlNanos()) && watch.quietNanos() >= ttlNanos());
    }
    LeaseRecord found = seen.record();
    boolean quiet = watch.isUnchangedFor(ttlNanos());
    return switch (found.state()) {
      case RELEASED, IDLE -> true;
      case HANDING_OVER -> quiet || self.isCalled(String.valueOf(found.to()));
      case HELD -> (found.knock() != null && quiet) || isOwnFromBefore(found);
    };
  }

  /**
   * This very process, started again. Not where another one waits for it already: so a process that
   * crashes again and again does not keep others out.
   */
  private boolean isOwnFromBefore(LeaseRecord found) {
    return found.appended() && found.knock() == null && self.isInThePlaceOf(found.holder());
  }

  private @Nullable LeaseKeeper take(@Nullable Seen seen, LeaseOwner owner) {
    LeaseRecord before = seen == null ? null : seen.record();
    LeaseRecord wanted = next.taken(before, self, role, options.ttl());
    begun.add(wanted.session());
    Moment moment = clock.now();
    Written written = object.write(seen, wanted);
    if (written instanceof Done done) {
      log.info(
          "{} has taken the lease {}{}",
          self,
          object,
          before == null ? "" : ", which was of " + LeaseWords.whose(before));
      return keeper(owner, done.now(), moment);
    }
    return settle(written);
  }

  private LeaseKeeper keeper(LeaseOwner owner, Seen mine, Moment before) {
    begun.clear();
    return new LeaseKeeper(surroundings, owner, mine, before);
  }

  private @Nullable LeaseKeeper settle(Written written) {
    if (written instanceof Refused refused) {
      remember(refused.now());
    } else if (written instanceof LeaseObject.Unsettled unsettled) {
      StoreAccessException refusal = unsettled.refusal();
      if (refusal != null) {
        throw refusal; // nobody waits for a permission
      }
      problem = unsettled.why();
    }
    return null;
  }

  private boolean isKnockDue(Seen seen) {
    LeaseRecord found = seen.record();
    Duration longest = options.longestWait();
    boolean neverWaits = !patient && longest != null && longest.isZero();
    if (found.state() != State.HELD || found.knock() != null || neverWaits) {
      return false;
    }
    long pause = patient ? ttlNanos() : ttlNanos() / 3;
    boolean due = !knocked || clock.nanos() - knockedNanos >= pause;
    return due && (!patient || changedHands || watch.headStoodStillFor(ttlNanos() / 3));
  }

  /** From its answer on the object must not change. */
  private void knock(Seen seen) {
    Written written = object.write(seen, next.knocked(seen.record(), self));
    if (written instanceof Done done) {
      knocked = true;
      changedHands = false;
      knockedNanos = clock.nanos();
      remember(done.now());
      log.debug("{} has knocked at {}", self, object);
    } else {
      settle(written);
    }
  }

  private String waitingFor() {
    return problem.isEmpty()
        ? LeaseWords.held(
            object.toString(), last == null ? null : last.record(), watch.quietNanos())
        : "the lease " + object + " cannot be read or written: " + problem;
  }

  private HaduckException inVain(long waitedNanos) {
    String waited =
        waitingFor() + ". Waited " + LeaseWords.seconds(waitedNanos) + " (haduck.lease_wait)";
    if (!problem.isEmpty()) {
      return new UnavailableException(waited);
    }
    return new LeaseHeldException(
        waited
            + ". If that process is to go on writing, open the database elsewhere with mode=follower or mode=standby. If it"
            + " hangs or is gone, end it, and wait for "
            + LeaseWords.seconds(ttlNanos())
            + " at a time (haduck.lease_wait): so long, its lease_ttl, a dead writer's lease is left alone; or let it hand"
            + " over");
  }
}
