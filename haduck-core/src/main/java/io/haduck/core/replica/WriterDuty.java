package io.haduck.core.replica;

import io.haduck.core.DatabasePosition;
import io.haduck.core.DivergedException;
import io.haduck.core.FencedException;
import io.haduck.core.HaduckException;
import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.UnavailableException;
import io.haduck.core.WritePermit;
import io.haduck.core.internal.concurrent.DaemonThreads;
import io.haduck.core.lease.LeaseOwner;
import io.haduck.core.lease.LeaseRecord;
import io.haduck.core.lease.WriterLease;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** Being the writer of a replica: answers for its lease, and hands it over. Safe for any thread. */
public final class WriterDuty {
  private static final Logger log = LoggerFactory.getLogger(WriterDuty.class);
  private static final int MOST_TURNS = 20;
  private static final Duration FIND_OUT_EVERY = Duration.ofSeconds(1);
  private static final ThreadFactory HANDING_OVER = DaemonThreads.named("haduck-hand-over");

  private final Path database;
  private final ReplicationLoop loop;
  private final ReplicationProgress progress;
  private final ReplicatorOptions options;
  private final WriterLease lease;
  private volatile @Nullable Consumer<String> onRequest;
  private volatile boolean handedOver;
  private final AtomicBoolean handing = new AtomicBoolean();
  private volatile boolean doubtful;

  /** The last request that was agreed to. */
  private volatile @Nullable String requested;

  WriterDuty(
      Path database,
      ReplicationLoop loop,
      ReplicationProgress progress,
      ReplicatorOptions options) {
    this.database = database;
    this.loop = loop;
    this.progress = progress;
    this.options = options;
    this.lease = options.lease();
  }

  /** Begins it. */
  void begin() {
    lease.answeredBy(new Answers());
  }

  /** Ends it: everything is done that could be done. */
  void end() {
    if (!lease.release()) {
      log.warn(
          "the lease of {} cannot be given back: others wait until its time is over",
          options.store());
    }
  }

  /** Returns whether the replica was given to another process. */
  public boolean isHandedOver() {
    return handedOver;
  }

  /** Returns the session of the lease that this process has or had; null if it had none. */
  public @Nullable String leaseSession() {
    return lease.isHeld() ? lease.seen().map(LeaseRecord::session).orElse(null) : null;
  }

  /** Returns whether this process is the writer, as far as it can know. */
  public boolean isPermitted() {
    return lease.permit().ask() instanceof WritePermit.Confirmed;
  }

  /**
   * Does what an operator wishes who asks for a hand-over by the lease; else he is refused. Called
   * on a thread of its own, with the id or label of who is to write.
   */
  public void handOverOnRequest(Consumer<String> handler) {
    onRequest = handler;
  }

  /**
   * Returns whether the lease may have been given away, and nobody knows: then nothing may be
   * committed. It is found out in the background.
   */
  public boolean isInDoubt() {
    return doubtful && loop.fenced() == null && !isPermitted();
  }

  /**
   * Gives the replica to another process, when everything that is committed is sent. The caller
   * sees to it that nothing is begun meanwhile. Afterwards this process is fenced.
   *
   * @param position where the database is at that moment
   * @param to whom, by id or label; null for whoever comes first
   * @param longest for sending, and again for giving the lease
   * @throws InvalidConfigurationException if there is no lease, or the target is this process
   * @throws UnavailableException if it did not come to that; then nothing may be committed while
   *     {@link #isInDoubt}
   * @throws FencedException if another process has taken over
   */
  public void handOver(Supplier<DatabasePosition> position, @Nullable String to, Duration longest)
      throws InterruptedException {
    if (!handing.compareAndSet(false, true)) {
      throw new UnavailableException(database + " is being handed over already");
    }
    try {
      if (!lease.isHeld()) {
        throw new InvalidConfigurationException(
            database
                + " has no lease that could be handed over: "
                + (lease.isContended() ? "its store has not answered yet" : "haduck.lease=off"));
      }
      if (to != null && lease.isOf(to)) {
        throw new InvalidConfigurationException(
            database + " is written by '" + to + "' already, which is this process");
      }
      ship(position, longest);
      give(to, longest);
      handedOver = true;
      var toWhom =
          new FencedException(
              database
                  + " was handed over to "
                  + (to == null ? "whoever comes first" : "'" + to + "'")
                  + " at "
                  + options.clock().instant()
                  + ", so that this process may not write it any more. Close the database; opened anew, it waits"
                  + " (haduck.lease_wait), stands by (haduck.mode=standby) or follows (haduck.mode=follower)");
      loop.end(toWhom, Level.INFO);
      progress.retryNow(); // so that the thread ends
    } finally {
      handing.set(false);
    }
  }

  /** Calls that were under way go on committing for a moment. */
  private void ship(Supplier<DatabasePosition> position, Duration longest)
      throws InterruptedException {
    long end = options.ticker().nanos() + longest.toNanos();
    DatabasePosition sent = position.get();
    for (int turn = 0; turn < MOST_TURNS; turn++) {
      Duration left = Duration.ofNanos(Math.max(0, end - options.ticker().nanos()));
      SyncResult result = progress.await(sent, left, () -> false);
      if (!result.reached()) {
        HaduckException problem = result.problem();
        throw new UnavailableException(
            database
                + " is not handed over, since not everything was sent within "
                + longest.toSeconds()
                + " s"
                + (problem == null ? "" : ": " + problem.getMessage()),
            problem);
      }
      DatabasePosition now = position.get();
      if (now.equals(sent)) {
        return;
      }
      sent = now;
    }
    throw new UnavailableException(
        database + " is not handed over: something goes on committing to it; end it first");
  }

  private void give(@Nullable String to, Duration longest) {
    try {
      lease.handOver(to, longest);
    } catch (UnavailableException e) {
      doubtful = true;
      if (!takenBack(e)) {
        HANDING_OVER.newThread(this::findOut).start();
      }
      throw e;
    }
  }

  /** So that it is known who may write, before anybody does. */
  private boolean takenBack(UnavailableException why) {
    try {
      lease.use();
      return true;
    } catch (UnavailableException e) {
      why.addSuppressed(e);
      return false;
    }
  }

  private void findOut() {
    while (isInDoubt() && !progress.isClosing()) {
      LockSupport.parkNanos(FIND_OUT_EVERY.toNanos());
      try {
        if (!handing.get()) { // else it is being given once more
          lease.use();
        }
      } catch (UnavailableException e) {
        log.debug("it is not known yet who writes {}", options.store(), e);
      } catch (FencedException e) {
        loop.fence(e);
        progress.retryNow();
      }
    }
  }

  /** What the keeper of the lease asks and tells. */
  private final class Answers implements LeaseOwner {
    @Override
    public boolean canAppend() {
      return loop.canAppend(lease.options().ttl());
    }

    @Override
    public boolean historyIntact() {
      return loop.isHistoryIntact();
    }

    @Override
    public Optional<String> refusal(LeaseRecord.Request request) {
      if (lease.isOf(request.to())) { // it was a standby when it was asked for
        return Optional.of("it is the writer already");
      }
      Consumer<String> handler = onRequest;
      if (handler == null) {
        return Optional.of("this writer hands over to nobody on request");
      }
      if (request.nonce().equals(requested)) {
        return Optional.empty(); // it is being done: the reply did not arrive
      }
      if (handing.get()) {
        return Optional.of("it is being handed over already");
      }
      requested = request.nonce();
      log.info("{} asks to hand {} over to {}", request.by(), database, request.to());
      HANDING_OVER.newThread(() -> handler.accept(request.to())).start();
      return Optional.empty();
    }

    @Override
    public void confirmed() {
      log.info("the lease of {} is confirmed again", options.store());
      progress.retryNow();
    }

    @Override
    public void unconfirmed(String why) {
      log.warn("nothing is added to {} until its lease is confirmed: {}", options.store(), why);
    }

    @Override
    public void historyDoubted(DivergedException why) {
      log.warn("{}", why.getMessage());
    }

    @Override
    public void fenced(FencedException evidence) {
      loop.fence(evidence);
      progress.retryNow(); // so that the thread ends
    }
  }
}
