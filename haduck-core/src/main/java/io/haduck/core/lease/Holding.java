package io.haduck.core.lease;

import io.haduck.core.FencedException;
import io.haduck.core.WritePermit;
import io.haduck.core.lease.LeaseClock.Moment;
import org.jspecify.annotations.Nullable;

/**
 * What a holder knows of its lease at some moment. Immutable, so that it is read by one volatile
 * read.
 *
 * @param phase where the holder is
 * @param confirmed before the request that showed the lease to be its own last; null if that does
 *     not count any more
 * @param goodForNanos how long that is good for
 * @param why what is the matter, for when it is not confirmed
 * @param evidence of another one's lease; null unless {@code LOST}
 */
record Holding(
    Phase phase,
    @Nullable Moment confirmed,
    long goodForNanos,
    String why,
    @Nullable FencedException evidence) {

  /** Where a holder is. */
  enum Phase {
    /** It has the lease, as far as it knows. */
    HELD,
    /** It has given the lease out of its hands, or is about to, and may want it again. */
    AWAY,
    /** It has let go of it for good. */
    LEFT,
    /** Another one has it. */
    LOST
  }

  static Holding begun(long goodForNanos) {
    return new Holding(Phase.HELD, null, goodForNanos, "the lease was not confirmed yet", null);
  }

  Holding confirmed(Moment before) {
    return new Holding(Phase.HELD, before, goodForNanos, "", null);
  }

  /** What was confirmed stays good for as long as it was. */
  Holding troubled(String problem) {
    return new Holding(phase, confirmed, goodForNanos, problem, evidence);
  }

  /** What was confirmed counts no more. */
  Holding doubted(String problem) {
    return new Holding(phase, null, goodForNanos, problem, evidence);
  }

  Holding to(Phase next, String problem) {
    return new Holding(next, null, goodForNanos, problem, null);
  }

  Holding lost(FencedException by) {
    return new Holding(Phase.LOST, null, goodForNanos, "", by);
  }

  /** Returns whether nothing changes any more. */
  boolean isOver() {
    return phase == Phase.LOST || phase == Phase.LEFT;
  }

  WritePermit.Answer answer(LeaseClock clock) {
    if (evidence != null) {
      return new WritePermit.Fenced(evidence);
    }
    if (phase != Phase.HELD || confirmed == null) {
      return new WritePermit.Unconfirmed(why);
    }
    long age = clock.since(confirmed);
    if (age < 0 || age >= goodForNanos) {
      return new WritePermit.Unconfirmed(
          "the lease was last confirmed "
              + age / 1_000_000
              + " ms ago"
              + (why.isEmpty() ? "" : ": " + why));
    }
    if (clock.jumpedSince(confirmed)) {
      return new WritePermit.Unconfirmed(
          "this machine's clock jumped, or it was suspended, since the lease was confirmed");
    }
    return WritePermit.CONFIRMED;
  }
}
