package io.haduck.core.lease;

import io.haduck.core.DivergedException;
import io.haduck.core.FencedException;
import io.haduck.core.HaduckException;
import io.haduck.core.LeaseHeldException;
import io.haduck.core.UnavailableException;
import io.haduck.core.WritePermit;
import io.haduck.core.lease.Participant.FileKey;
import io.haduck.core.store.ObjectStore;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The lease of one writer, from before it is taken until it is given back, and whoever answers for
 * it: first whoever opens the replica, then whoever replicates it. One that needs none is one of
 * these, too: {@link #off} and {@link #none}.
 *
 * <p>To be taken by one thread; safe for any thread afterwards.
 */
public final class WriterLease implements AutoCloseable {
  /** Who has taken it, and is not writing after that time, does not answer who knocks. */
  private static final Duration OPENING = Duration.ofSeconds(30);

  /** How it is come by. */
  private enum Kind {
    OPENING,
    STANDBY,
    OFF,
    NONE
  }

  private final Kind kind;
  private final @Nullable ObjectStore store;
  private final @Nullable String label;
  private final LeaseOptions options;
  private final LeaseClock clock = LeaseClock.system();
  private volatile LeaseOwner owner = new Opening();
  private volatile @Nullable HeldLease held;
  private volatile @Nullable Participant self;
  private @Nullable Contender contender;
  private volatile long takenNanos;
  private volatile boolean toldAppended;

  private WriterLease(
      Kind kind, @Nullable ObjectStore store, LeaseOptions options, @Nullable String label) {
    this.kind = kind;
    this.store = store;
    this.options = options;
    this.label = label;
  }

  /**
   * Returns one that a process contends for when it opens a database.
   *
   * @param store of the replica, for the lease alone: by another client than the log's, so that a
   *     long upload does not cost the lease. Closed with this
   * @param label what people call this process; null for its host and number
   */
  public static WriterLease opening(
      ObjectStore store, LeaseOptions options, @Nullable String label) {
    return new WriterLease(Kind.OPENING, store, options, label);
  }

  /** Returns one that a standby contends for, by {@link #tryAcquire}. */
  public static WriterLease standby(
      ObjectStore store, LeaseOptions options, @Nullable String label) {
    return new WriterLease(Kind.STANDBY, store, options, label);
  }

  /** Returns none: somebody sees to it that there is one writer; a live holder is an error. */
  public static WriterLease off(ObjectStore store, @Nullable String label) {
    return new WriterLease(Kind.OFF, store, LeaseOptions.defaults(), label);
  }

  /** Returns none, and does not look whether another one has it: the log alone decides. */
  public static WriterLease none() {
    return new WriterLease(Kind.NONE, null, LeaseOptions.defaults(), null);
  }

  /** Returns how it is taken, and how long it is waited for. */
  public LeaseOptions options() {
    return options;
  }

  /** Returns whether it is contended for at all, so that a writer can wait for another one. */
  public boolean isContended() {
    return kind == Kind.OPENING || kind == Kind.STANDBY;
  }

  /** Returns what an append and an acknowledgement are to ask. */
  public WritePermit permit() {
    return this::answer;
  }

  private WritePermit.Answer answer() {
    HeldLease mine = held;
    if (mine != null) {
      return mine.permit().ask();
    }
    return isContended()
        ? new WritePermit.Unconfirmed("the lease was not taken yet")
        : WritePermit.CONFIRMED;
  }

  /**
   * Takes it, and waits for as long as the options say. Without effect if it is held already.
   *
   * @param database its file, which need not exist
   * @param lock {@code F.haduck-lock}
   * @param headSeq as of {@link Contender#opening}
   * @throws LeaseHeldException if another one has it
   * @throws UnavailableException if the store does not answer, or the thread was interrupted
   */
  public void acquire(Path database, Path lock, LongSupplier headSeq) {
    if (kind == Kind.OFF) {
      LeaseOff.requireNoLiveHolder(store(), participant(database, lock), headSeq);
    } else if (isContended() && held == null) {
      took(contender(database, lock, headSeq, options).acquire(new Answering()));
    }
  }

  /**
   * Looks once whether it can be taken, and knocks where that is due. To be called again after
   * {@link #untilNextLook}.
   *
   * @return whether it is held now, or needed by nobody
   * @throws HaduckException as of {@link Contender#look}
   */
  public boolean tryAcquire(Path database, Path lock, LongSupplier headSeq) {
    if (!isContended() || held != null) {
      return true;
    }
    // Whoever only looks may wait for ever, and so knocks whatever the options say.
    Optional<HeldLease> found =
        contender(database, lock, headSeq, options.waiting(null)).look(new Answering());
    found.ifPresent(this::took);
    return found.isPresent();
  }

  /** Returns when to call {@link #tryAcquire} again. */
  public Duration untilNextLook() {
    Contender known = contender;
    return known == null ? Duration.ZERO : known.untilNextLook();
  }

  /** Returns what the lease was when it was last seen; empty if there was none. */
  public Optional<LeaseRecord> seen() {
    HeldLease mine = held;
    if (mine != null) {
      return Optional.of(mine.record());
    }
    Contender known = contender;
    return known == null ? Optional.empty() : known.seen();
  }

  private void took(HeldLease lease) {
    takenNanos = clock.nanos();
    held = lease;
  }

  private Contender contender(Path database, Path lock, LongSupplier headSeq, LeaseOptions wanted) {
    Contender known = contender;
    if (known == null) {
      Participant here = participant(database, lock);
      self = here;
      known =
          kind == Kind.STANDBY
              ? Contender.standby(store(), here, wanted, headSeq)
              : Contender.opening(store(), here, wanted, headSeq);
      contender = known;
    }
    return known;
  }

  private Participant participant(Path database, Path lock) {
    Participant here = Participant.here(label, database, lock, new SecureRandom());
    // A standby has not locked the files, so they do not prove that whoever has them is dead.
    return kind == Kind.STANDBY ? here.with(null) : here;
  }

  private ObjectStore store() {
    return Objects.requireNonNull(store);
  }

  /** Returns whether somebody who names a process so means this one: by its id or its label. */
  public boolean isOf(String name) {
    Participant here = self;
    return here != null && here.isCalled(name);
  }

  /** Returns whether this process has it, or had it until another one took it. */
  public boolean isHeld() {
    return held != null;
  }

  /** From now on this one answers for it. */
  public void answeredBy(LeaseOwner newOwner) {
    owner = newOwner;
    if (answer() instanceof WritePermit.Fenced fenced) {
      newOwner.fenced(fenced.evidence()); // in case that the one before was told
    }
  }

  /**
   * Says that this holder has added to the log: so it takes the lease back at once when it is
   * started again in the same place.
   */
  public void appended(Path database) {
    HeldLease mine = held;
    Participant here = self;
    if (mine != null && here != null && !toldAppended) { // else each commit would ask for the file
      toldAppended = true;
      mine.appended(here.with(FileKey.of(database)));
    }
  }

  /** See {@link HeldLease#rest}. */
  public void rest() {
    HeldLease mine = held;
    if (mine != null) {
      mine.rest();
    }
  }

  /** See {@link HeldLease#use}. */
  public void use() {
    HeldLease mine = held;
    if (mine != null) {
      mine.use();
    }
  }

  /** See {@link HeldLease#handOver}. */
  public void handOver(@Nullable String to, Duration longest) {
    HeldLease mine = held;
    if (mine == null) {
      throw new UnavailableException("there is no lease that could be handed over");
    }
    mine.handOver(to, longest);
  }

  /**
   * Gives it back, so that anyone may take it at once; for some seconds at most. The permit says no
   * from here on.
   *
   * @return whether it is known to be released, or was not held
   */
  public boolean release() {
    HeldLease mine = held;
    return mine == null || mine.release();
  }

  /** Ends the keeping, and leaves the lease as it is, if it was not released. Idempotent. */
  @Override
  public void close() {
    HeldLease mine = held;
    if (mine != null) {
      mine.close();
    }
    ObjectStore mineAlone = store;
    if (mineAlone != null) {
      mineAlone.close();
    }
  }

  /** Passes on what the keeper of the lease asks and tells. */
  private final class Answering implements LeaseOwner {
    @Override
    public boolean canAppend() {
      return owner.canAppend();
    }

    @Override
    public boolean historyIntact() {
      return owner.historyIntact();
    }

    @Override
    public Optional<String> refusal(LeaseRecord.Request request) {
      return owner.refusal(request);
    }

    @Override
    public void confirmed() {
      owner.confirmed();
    }

    @Override
    public void unconfirmed(String why) {
      owner.unconfirmed(why);
    }

    @Override
    public void historyDoubted(DivergedException why) {
      owner.historyDoubted(why);
    }

    @Override
    public void fenced(FencedException evidence) {
      owner.fenced(evidence);
    }
  }

  /** Of a process that has it, and does not write yet. */
  private final class Opening implements LeaseOwner {
    @Override
    public boolean canAppend() {
      return clock.nanos() - takenNanos < OPENING.toNanos();
    }

    @Override
    public boolean historyIntact() {
      return false; // nothing is known of it yet
    }
  }
}
