package io.haduck.core.lease;

import io.haduck.core.Ticker;
import io.haduck.core.WritePermit;
import io.haduck.core.lease.LeaseObject.Seen;
import io.haduck.core.store.ObjectStore;
import java.time.Duration;
import java.time.InstantSource;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** A lease whose steps, clocks and waits are those of a test. */
public final class SteppedLease {
  private final Surroundings surroundings;
  private final LeaseOwner owner;
  private final LeaseKeeper keeper;

  private SteppedLease(Surroundings surroundings, LeaseOwner owner, LeaseKeeper keeper) {
    this.surroundings = surroundings;
    this.owner = owner;
    this.keeper = keeper;
  }

  /** What a test gives to whoever wants a lease. */
  public static final class World {
    private final Surroundings surroundings;

    /**
     * Of one process.
     *
     * @param pause waits so many nanoseconds
     */
    public World(
        ObjectStore store,
        Ticker ticker,
        InstantSource wall,
        RandomGenerator random,
        LongConsumer pause) {
      surroundings = Surroundings.of(store, ticker, wall, random, pause::accept);
    }

    /** Waits as {@link Contender#acquire} does; as a standby, as one does that follows. */
    public SteppedLease acquire(
        Participant self,
        LeaseOptions options,
        LongSupplier headSeq,
        boolean standby,
        LeaseOwner owner) {
      Contender contender =
          standby
              ? Contender.standby(surroundings, self, options, headSeq)
              : Contender.opening(surroundings, self, options, headSeq);
      return new SteppedLease(surroundings, owner, contender.acquired(owner));
    }

    /** See {@link LeaseOff}. */
    public void requireNoLiveHolder(Participant self, LongSupplier headSeq) {
      LeaseOff.requireNoLiveHolder(surroundings, self, headSeq);
    }

    /** Goes on with what another one knew, as a copy of its machine does. */
    public @Nullable SteppedLease copyOf(SteppedLease other, LeaseOwner owner) {
      Seen seen = other.surroundings.object().read();
      return seen == null || !seen.record().session().equals(other.keeper.record().session())
          ? null
          : new SteppedLease(
              surroundings,
              owner,
              new LeaseKeeper(surroundings, owner, seen, surroundings.clock().now()));
    }
  }

  /** Looks once; returns nanoseconds until the next look. */
  public long step() {
    return keeper.step();
  }

  /** What an append asks. */
  public WritePermit permit() {
    return keeper;
  }

  /** See {@link HeldLease#appended}. */
  public boolean appended(Participant now) {
    return keeper.appended(now);
  }

  /** See {@link HeldLease#rest}. */
  public void rest() {
    keeper.rest();
  }

  /** See {@link HeldLease#use}. */
  public void use() {
    boolean unusedSinceTheNextStepLooks = keeper.use();
  }

  /** See {@link HeldLease#handOver}; null releases it. */
  public void leave(@Nullable String to, Duration longest) {
    keeper.leave(to, longest);
  }

  /** Returns how long the lease is good without a sign. */
  public Duration ttl() {
    return keeper.record().ttl();
  }

  @Override
  public String toString() {
    return "lease of " + LeaseWords.whose(keeper.record()) + " by " + owner;
  }
}
