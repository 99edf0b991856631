package io.haduck.core.lease;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.haduck.core.FencedException;
import io.haduck.core.HaduckException;
import io.haduck.core.UnavailableException;
import io.haduck.core.WritePermit;
import io.haduck.core.lease.Holding.Phase;
import io.haduck.core.lease.LeaseClock.Moment;
import io.haduck.core.lease.LeaseObject.Done;
import io.haduck.core.lease.LeaseObject.Refused;
import io.haduck.core.lease.LeaseObject.Seen;
import io.haduck.core.lease.LeaseObject.Unsettled;
import io.haduck.core.lease.LeaseObject.Written;
import io.haduck.core.lease.LeaseRecord.Reply;
import io.haduck.core.lease.LeaseRecord.Request;
import io.haduck.core.lease.LeaseRecord.State;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The holder's side: reads the lease now and then, and answers who knocks. Its own record without a
 * knock is good for two thirds of its time to live from before the request that showed it: whoever
 * knocks afterwards waits for all of it.
 *
 * <p>{@link #step} is called by one thread; the other methods by any. Only {@link #ask} and {@link
 * #rest} never wait for the store.
 */
final class LeaseKeeper implements WritePermit {
  private static final int MOST_TURNS = 5;
  private static final Duration BETWEEN_TURNS = Duration.ofMillis(200);

  private final LeaseObject object;
  private final NextRecord next;
  private final LeaseClock clock;
  private final Surroundings.Pause pause;
  private final LeaseOwner owner;
  private final long ttlNanos;
  private final IdleWish idle;

  private final Participant self;

  /** Written under this monitor only. */
  private volatile Seen mine;

  /** What this holder is since it has added to the log; null before. */
  private volatile @Nullable Participant appendedAs;

  @GuardedBy("this")
  private boolean toldConfirmed;

  @GuardedBy("this")
  private final Doubt doubt;

  private volatile Holding holding;

  /**
   * @param mine as it was taken
   * @param before when the request began by which it was
   */
  LeaseKeeper(Surroundings surroundings, LeaseOwner owner, Seen mine, Moment before) {
    this.object = surroundings.object();
    this.next = surroundings.next();
    this.clock = surroundings.clock();
    this.pause = surroundings.pause();
    this.owner = owner;
    this.mine = mine;
    this.self = mine.record().holder();
    this.ttlNanos = mine.record().ttl().toNanos();
    this.idle = new IdleWish(ttlNanos / 3);
    this.doubt = new Doubt(clock, owner, ttlNanos);
    this.holding = Holding.begun(ttlNanos / 3 * 2);
    confirm(before);
    this.toldConfirmed = true;
  }

  @Override
  public Answer ask() {
    return holding.answer(clock);
  }

  /** Returns what was last known to be in the store of this holder. */
  LeaseRecord record() {
    return mine.record();
  }

  /**
   * Looks at the lease once, and does what is to be done.
   *
   * @return nanoseconds until the next look; {@code Long.MAX_VALUE} if none is needed
   */
  synchronized long step() {
    if (holding.phase() != Phase.HELD) {
      return Long.MAX_VALUE;
    }
    Moment before = clock.now();
    try {
      judge(object.read(), before);
    } catch (HaduckException e) {
      holding = holding.troubled(String.valueOf(e.getMessage()));
    }
    return told();
  }

  @GuardedBy("this")
  private long told() {
    Answer now = ask();
    if (now instanceof Fenced fenced) {
      owner.fenced(fenced.evidence());
      return Long.MAX_VALUE;
    }
    if (now instanceof Unconfirmed not && toldConfirmed && holding.phase() == Phase.HELD) {
      toldConfirmed = false;
      owner.unconfirmed(not.why());
    } else if (now instanceof Confirmed && !toldConfirmed) {
      toldConfirmed = true;
      owner.confirmed();
    }
    if (holding.phase() != Phase.HELD) {
      return Long.MAX_VALUE;
    }
    boolean well = now instanceof Confirmed && holding.why().isEmpty();
    return Math.min(well ? ttlNanos / 3 : ttlNanos / 6, idle.nanosLeft(clock.nanos()));
  }

  @GuardedBy("this")
  private void judge(@Nullable Seen first, Moment firstBefore) {
    Seen seen = first;
    Moment before = firstBefore;
    for (int turn = 0; turn < MOST_TURNS; turn++) {
      if (!isStillHeld(seen)) {
        return;
      }
      if (seen != null && !isDoubtful(seen) && seen.record().knock() == null) {
        confirm(before);
      }
      LeaseRecord wanted = wanted(seen);
      if (wanted == null) {
        return;
      }
      before = clock.now();
      Written written = object.write(seen, wanted);
      if (written instanceof Done done) {
        wrote(done.now(), before);
        return;
      }
      if (written instanceof Unsettled unsettled) {
        holding = holding.troubled(unsettled.why());
        return;
      }
      seen = ((Refused) written).now();
      before = clock.now();
    }
  }

  @GuardedBy("this")
  private void wrote(Seen now, Moment before) {
    mine = now;
    if (now.record().isHeld()) {
      confirm(before);
    }
  }

  /** Adopts what is our own, and finds out whether it is another one's by now. */
  @GuardedBy("this")
  private boolean isStillHeld(@Nullable Seen seen) {
    if (seen == null) {
      return true;
    }
    if (seen.isSame(mine.bytes()) || object.wrote(seen)) {
      mine = seen;
      return true;
    }
    LeaseRecord found = seen.record();
    if (!found.session().equals(mine.record().session())) {
      lose(LeaseWords.fenced(object.toString(), found, self));
      return false;
    }
    boolean byOthers = found.knock() != null || found.request() != null;
    boolean isOlder = found.counter() < mine.record().counter();
    if (!isOlder && (!byOthers || found.counter() == mine.record().counter())) {
      lose(LeaseWords.cloned(object.toString(), found, self));
      return false;
    }
    return true;
  }

  /** Whether it was rolled back. */
  @GuardedBy("this")
  private boolean isDoubtful(Seen seen) {
    return seen.record().counter() < mine.record().counter();
  }

  /** Returns what is to be written now; null if nothing. */
  @GuardedBy("this")
  private @Nullable LeaseRecord wanted(@Nullable Seen seen) {
    if (seen == null || isDoubtful(seen)) {
      return mended(seen);
    }
    doubt.over();
    LeaseRecord found = seen.record();
    boolean knocked = found.knock() != null;
    Request request = found.request();
    if (idle.grant(clock.nanos(), knocked)) {
      holding =
          holding.to(Phase.AWAY, "nobody used the database, so that anyone may take the lease");
      return next.left(found, State.IDLE, null);
    }
    if (knocked && !owner.canAppend()) {
      holding = holding.troubled("somebody knocks, and this writer cannot append for now");
      return null;
    }
    if (knocked || request != null) {
      return next.answered(found, request == null ? null : reply(request));
    }
    Participant by = appendedAs;
    return by == null || (found.appended() && found.holder().equals(by))
        ? null
        : next.appended(found, by);
  }

  @GuardedBy("this")
  private Reply reply(Request request) {
    String refusal =
        clock.now().wallMillis() > request.until().toEpochMilli()
            ? late(request)
            : owner.refusal(request).orElse(null);
    return new Reply(
        request.nonce(),
        refusal == null,
        refusal == null ? "done soon" : Participant.shown(refusal));
  }

  private String late(Request request) {
    return request.isWithdrawn()
        ? "it was withdrawn"
        : "by the clock of " + self.host() + " it came after " + request.until();
  }

  @GuardedBy("this")
  private @Nullable LeaseRecord mended(@Nullable Seen seen) {
    boolean confirmed = ask() instanceof Confirmed;
    LeaseRecord known = mine.record();
    long counter = seen == null ? 0 : seen.record().counter();
    String lost = LeaseWords.lostHistory(object.toString(), counter, known.counter());
    holding = holding.doubted(lost);
    return doubt.isLifted(lost, confirmed) ? next.above(known, counter) : null;
  }

  /** Called by the constructor, too. */
  private void confirm(Moment before) {
    if (clock.jumpedSince(before)) {
      holding = holding.doubted("this machine's clock jumped, or it was suspended");
    } else {
      holding = holding.confirmed(before);
    }
  }

  private void lose(FencedException evidence) {
    holding = holding.lost(evidence);
  }

  /**
   * The log has been added to by this holder; its database is this file by now.
   *
   * @return whether that is to be written
   */
  boolean appended(Participant now) {
    appendedAs = now;
    LeaseRecord known = mine.record();
    return !known.appended() || !known.holder().equals(now);
  }

  /** Nobody uses the database any more, and all is shipped: see {@code IDLE}. */
  void rest() {
    idle.begin(clock.nanos());
  }

  /**
   * Somebody uses it again. No request where the lease was not given away meanwhile.
   *
   * @return whether it was
   * @throws FencedException if another one has taken it
   * @throws UnavailableException if that cannot be found out for now
   */
  boolean use() {
    if (idle.end() || holding.phase() != Phase.HELD) {
      takePartAgain();
      return true;
    }
    return false;
  }

  private synchronized void takePartAgain() {
    for (int turn = 0; turn < MOST_TURNS && holding.phase() == Phase.AWAY; turn++) {
      Seen seen = object.read();
      if (!isStillHeld(seen)) {
        break;
      }
      LeaseRecord wanted =
          seen == null || isDoubtful(seen) ? mended(seen) : next.answered(seen.record(), null);
      if (wanted == null) {
        break;
      }
      Moment before = clock.now();
      Written written = object.write(seen, wanted);
      if (written instanceof Done done) {
        holding = holding.to(Phase.HELD, "");
        wrote(done.now(), before);
      } else if (written instanceof Unsettled unsettled) {
        throw new UnavailableException(unsettled.why());
      }
    }
    long unusedSinceTheThreadLooks = told();
    require(Phase.HELD);
    idle.over();
  }

  /**
   * Lets go of the lease.
   *
   * @param to whom it is given, by id or label; null to release it to anyone
   * @param longest how long to try
   * @throws FencedException if it is another one's already
   * @throws UnavailableException if it is not known whether it is given: then this may be called
   *     again, or {@link #use}, and until one of them returns nothing may be written
   */
  synchronized void leave(@Nullable String to, Duration longest) {
    long end = clock.nanos() + longest.toNanos();
    String why = "";
    for (int turn = 1; !holding.isOver(); turn++) {
      why = tryToLeave(to == null ? State.RELEASED : State.HANDING_OVER, to);
      if (!holding.isOver()) {
        if (turn == MOST_TURNS || clock.nanos() - end >= 0) {
          throw new UnavailableException(
              "it is not known whether the lease " + object + " was given away: " + why);
        }
        pause.nanos(BETWEEN_TURNS.toNanos());
      }
    }
    require(Phase.LEFT);
  }

  /** Returns why it may not have been done. */
  @GuardedBy("this")
  private String tryToLeave(State state, @Nullable String to) {
    holding = holding.to(Phase.AWAY, "the lease is being given away: " + state.word());
    try {
      Seen seen = object.read();
      if (seen == null) {
        holding = holding.to(Phase.LEFT, "the lease was deleted when it was given away");
        return "";
      }
      if (!isStillHeld(seen)) {
        return "";
      }
      if (seen.record().state() == state && Objects.equals(seen.record().to(), to)) {
        holding = holding.to(Phase.LEFT, "the lease was given away: " + state.word());
        return "";
      }
      return given(object.write(seen, next.left(seen.record(), state, to)));
    } catch (HaduckException e) {
      return String.valueOf(e.getMessage());
    }
  }

  @GuardedBy("this")
  private String given(Written written) {
    if (written instanceof Done done) {
      mine = done.now();
      holding = holding.to(Phase.LEFT, "the lease was given away");
    }
    return written instanceof Unsettled unsettled ? unsettled.why() : "others write to it";
  }

  private void require(Phase phase) {
    Holding now = holding;
    FencedException evidence = now.evidence();
    if (evidence != null) {
      throw evidence;
    }
    if (now.phase() != phase) {
      throw new UnavailableException(
          "the lease " + object + " is not as it should be: " + now.why());
    }
  }
}
