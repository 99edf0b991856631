package io.haduck.testing.internal.splitbrain;

import java.time.Duration;
import java.util.Random;
import java.util.Set;

/** How the way to the store is in a round, while it has troubles; the same way for all. */
final class Weather {
  private static final long MILLI = 1_000_000L;

  private final Random random;
  private final double lost;
  private final double unanswered;
  private final double slow;
  private final double late;
  private final double repeated;
  private final long latestMillis;
  private boolean fair;

  /** What becomes of a request. */
  enum Fate {
    WELL,
    LOST,
    UNANSWERED,
    LATE,
    /** Arrives twice soon, and the second answer is told. */
    TWICE,
    /** Arrives twice, the second time much later. */
    ONCE_MORE
  }

  /**
   * @param latest for how long a request is under way at most after its sender has given up
   */
  Weather(Random random, Set<Trouble> troubles, Duration latest) {
    this.random = random;
    this.latestMillis = latest.toMillis();
    double much = 0.03 + random.nextDouble() * 0.12;
    lost = troubles.contains(Trouble.LOST_REQUESTS) ? much : 0;
    unanswered = troubles.contains(Trouble.LOST_ANSWERS) ? much : 0;
    slow = troubles.contains(Trouble.SLOW_ANSWERS) ? much : 0;
    late = troubles.contains(Trouble.LATE_REQUESTS) ? much : 0;
    repeated = troubles.contains(Trouble.REPEATED_REQUESTS) ? much : 0;
  }

  /** From now on all is well; what is under way stays so. */
  void clearUp() {
    fair = true;
  }

  Fate fate() {
    double drawn = random.nextDouble();
    if (fair) {
      return Fate.WELL;
    }
    if (drawn < lost) {
      return Fate.LOST;
    }
    if (drawn < lost + unanswered) {
      return Fate.UNANSWERED;
    }
    if (drawn < lost + unanswered + late) {
      return Fate.LATE;
    }
    if (drawn < lost + unanswered + late + repeated) {
      return random.nextBoolean() ? Fate.TWICE : Fate.ONCE_MORE;
    }
    return Fate.WELL;
  }

  /** Returns for how long a request, or its answer, is under way. */
  long travels() {
    if (!fair && random.nextDouble() < slow) {
      return random.nextInt(25_000) * MILLI;
    }
    return (2 + random.nextInt(40)) * MILLI;
  }

  /** Returns how much later something happens. */
  long later() {
    long most = random.nextBoolean() ? 5_000 : latestMillis;
    return (long) (random.nextDouble() * most * MILLI);
  }
}
