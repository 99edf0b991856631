package io.haduck.jdbc.internal.following;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.haduck.core.HaduckException;
import io.haduck.core.follower.Follower;
import io.haduck.core.follower.FollowerCopy;
import io.haduck.core.internal.concurrent.Backoff;
import io.haduck.core.internal.concurrent.DaemonThreads;
import io.haduck.core.internal.local.LocalFiles;
import io.haduck.core.lease.LeaseOptions;
import io.haduck.core.lease.WriterLease;
import io.haduck.core.replica.ReplicationListener;
import io.haduck.core.replica.ReplicationListeners;
import io.haduck.core.settings.Setting;
import io.haduck.core.settings.Settings;
import io.haduck.core.store.ObjectStoreProvider;
import io.haduck.core.store.ReplicaLocation;
import io.haduck.jdbc.internal.database.Promoted;
import io.haduck.jdbc.internal.database.PromotionSite;
import io.haduck.jdbc.internal.sql.SqlErrors;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Contends for the lease of a replica that is followed, on a thread of its own, and has the
 * database promoted when it has it. What fails releases the lease, and is tried again after a
 * while: somebody else may be better off. Safe for any thread.
 */
final class StandbyContest {
  private static final Logger log = LoggerFactory.getLogger(StandbyContest.class);
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

  /** Between two looks while somebody waits for the promotion. */
  private static final Duration HURRY = Duration.ofMillis(200);

  /** For so long F.haduck-lock is waited for, with the lease: its last process may be ending. */
  private static final Duration LOCKED = Duration.ofSeconds(10);

  private static final Duration LONGEST_END = Duration.ofSeconds(60);

  private final Path path;
  private final Settings settings;
  private final ReplicaLocation location;
  private final ShownCopies copies;
  private final Follower follower;
  private final PromotionSite site;
  private final ReplicationListeners listeners;
  private final Runnable promotion;
  private final Backoff backoff = new Backoff(FIRST_PAUSE, LONGEST_PAUSE, new Random());
  private final Thread thread;

  /** Contended for, or held; for the thread alone. */
  private @Nullable WriterLease lease;

  /** Guards what follows, and is waited on by the thread and by who waits for the promotion. */
  private final Object news = new Object();

  @GuardedBy("news")
  private int waiting;

  @GuardedBy("news")
  private boolean over;

  @GuardedBy("news")
  private @Nullable Runnable atEnd;

  @GuardedBy("news")
  private boolean promoted;

  @GuardedBy("news")
  private @Nullable Exception problem;

  private volatile boolean ended;

  /** It has the lease, and may be promoted by now. */
  private volatile boolean holding;

  /**
   * Of one standby.
   *
   * @param promotion run once DuckDB has the database open for writing
   */
  StandbyContest(
      Path path,
      Settings settings,
      ReplicaLocation location,
      ShownCopies copies,
      Follower follower,
      PromotionSite site,
      ReplicationListeners listeners,
      Runnable promotion) {
    this.path = path;
    this.settings = settings;
    this.location = location;
    this.copies = copies;
    this.follower = follower;
    this.site = site;
    this.listeners = listeners;
    this.promotion = promotion;
    this.thread = DaemonThreads.named("haduck-standby").newThread(this::run);
  }

  void begin() {
    thread.start();
  }

  /**
   * Ends it, and waits for a promotion that is under way.
   *
   * @param afterwards run once its thread does nothing any more, perhaps later
   */
  void end(Runnable afterwards) {
    ended = true;
    boolean now;
    synchronized (news) {
      news.notifyAll();
    }
    if (Thread.currentThread() != thread) {
      DaemonThreads.join(thread, LONGEST_END);
    }
    synchronized (news) {
      now = over || Thread.currentThread() == thread || thread.getState() == Thread.State.NEW;
      atEnd = now ? null : afterwards;
    }
    if (now) {
      afterwards.run();
    }
  }

  private void run() {
    try {
      while (!ended && !round()) {
        // until it is promoted
      }
    } finally {
      letGo();
      Runnable afterwards;
      synchronized (news) {
        over = true;
        afterwards = atEnd;
        news.notifyAll();
      }
      if (afterwards != null) {
        afterwards.run();
      }
    }
  }

  /** One look, and a pause. True if it is promoted. */
  private boolean round() {
    Duration pause;
    try {
      WriterLease mine = contended();
      LocalFiles files = LocalFiles.of(path);
      if (mine.tryAcquire(files.database(), files.lock(), this::headSeq) && promote(mine)) {
        return true;
      }
      pause = lease == null ? HURRY : looked(mine);
    } catch (HaduckException | SQLException | IOException e) {
      failed(e);
      pause = backoff.next();
    } catch (RuntimeException | Error e) { // whatever it was: what is shown is whole
      log.error("{} could not be promoted, in a way that was not foreseen", path, e);
      letGo();
      pause = LONGEST_PAUSE;
    }
    pause(pause);
    return false;
  }

  /** What failed before is over. */
  private Duration looked(WriterLease mine) {
    synchronized (news) {
      problem = null;
    }
    return mine.untilNextLook();
  }

  private WriterLease contended() {
    WriterLease known = lease;
    if (known == null) {
      known =
          WriterLease.standby(
              ObjectStoreProvider.openStore(location, settings.storeSettings()),
              new LeaseOptions(settings.leaseTtl(), LOCKED),
              settings.get(Setting.LABEL));
      lease = known;
    }
    return known;
  }

  private long headSeq() {
    return follower.status().headSeq();
  }

  /** Whoever waits for the promotion wants it tried sooner. */
  private void pause(Duration longest) {
    long begun = System.nanoTime();
    synchronized (news) {
      while (!ended) {
        Duration pause = waiting > 0 && HURRY.compareTo(longest) < 0 ? HURRY : longest;
        long left = pause.toNanos() - (System.nanoTime() - begun);
        if (left <= 0) {
          return;
        }
        try {
          TimeUnit.NANOSECONDS.timedWait(news, left);
        } catch (InterruptedException e) {
          log.debug("nobody ends a standby by an interrupt", e);
          return;
        }
      }
    }
  }

  private void failed(Exception e) {
    boolean held = holding;
    holding = false;
    letGo();
    boolean said;
    synchronized (news) {
      said = problem != null && String.valueOf(problem.getMessage()).equals(e.getMessage());
      problem = e;
      news.notifyAll();
    }
    if (!said) {
      log.warn(
          "{} {}, stands by still, and tries again: {}",
          path,
          held ? "had the lease, and cannot be promoted" : "cannot contend for the lease",
          e.getMessage());
    }
    if (held) {
      listeners.promotionFailed(e);
    }
  }

  private void letGo() {
    WriterLease mine = lease;
    lease = null;
    if (mine != null) {
      try {
        mine.release();
      } finally {
        mine.close();
      }
    }
  }

  // --- promotion

  private boolean promote(WriterLease mine) throws SQLException {
    holding = true;
    log.info("{} has the lease of {}, and is promoted", path, location);
    FollowerCopy copy = HeadCopy.of(follower, location.toString()).orElse(null);
    boolean done = false;
    try {
      lease = null; // whoever opens the replica has it from here on, and gives it back
      done = site.promote(new Promoted(mine, copy), new Swapping(), () -> ended);
    } finally {
      if (!done) {
        mine.release(); // without effect where whoever opened it has done so
        mine.close();
        if (copy != null) {
          HeadCopy.discard(copy);
        }
      }
    }
    if (done) {
      becomeWriter();
      log.info("{} is promoted: this process writes it, and {}", path, location);
      synchronized (news) {
        promoted = true;
        news.notifyAll();
      }
      listeners.promoted();
    }
    return done;
  }

  /** Nothing that fails here makes it less of a writer. */
  private void becomeWriter() {
    try {
      promotion.run();
    } catch (RuntimeException e) {
      log.warn("following {} cannot be ended: {}", path, e.getMessage());
    }
  }

  /** What DuckDB shows, as the place of the promotion sees it. */
  private final class Swapping implements PromotionSite.Swap {
    @Override
    public String name() {
      return copies.name();
    }

    @Override
    public Connection toWritable(Path database) throws SQLException {
      return copies.toWritable(database);
    }

    @Override
    public ReplicationListener listener() {
      return listeners;
    }

    @Override
    public void done() {
      copies.close();
    }

    @Override
    public void back() {
      copies.back();
    }
  }

  // --- who waits for it

  /** As {@link io.haduck.jdbc.internal.database.StandingBy#promote}. */
  void promote(Duration timeout) throws SQLException, InterruptedException {
    long end = System.nanoTime() + timeout.toNanos();
    synchronized (news) {
      waiting++;
      news.notifyAll();
    }
    try {
      askUnlessHeld(timeout);
      awaitPromotion(end);
    } finally {
      synchronized (news) {
        waiting--;
      }
    }
  }

  private void askUnlessHeld(Duration timeout) throws SQLException {
    if (holding) {
      return;
    }
    try {
      new PromotionRequest(path, settings, location).ask(timeout);
    } catch (SQLException e) {
      if (!holding) { // it was asked itself, and is on its way
        throw e;
      }
    }
  }

  private void awaitPromotion(long end) throws SQLException, InterruptedException {
    synchronized (news) {
      long left = end - System.nanoTime();
      while (!promoted && !over && left > 0) {
        TimeUnit.NANOSECONDS.timedWait(news, left);
        left = end - System.nanoTime();
      }
      if (!promoted) {
        Exception why = problem;
        throw SqlErrors.notPromoted(
            path,
            over
                ? "nobody is connected any more"
                : why == null
                    ? "the lease was not to be had in time"
                    : String.valueOf(why.getMessage()),
            why);
      }
    }
  }
}
