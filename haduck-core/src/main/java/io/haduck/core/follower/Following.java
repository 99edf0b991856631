package io.haduck.core.follower;

import io.haduck.core.DivergedException;
import io.haduck.core.HaduckException;
import io.haduck.core.LocalFileException;
import io.haduck.core.MissingObjectException;
import io.haduck.core.PositionToken;
import io.haduck.core.UnopenedException;
import io.haduck.core.internal.concurrent.Backoff;
import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.fetch.EmptyReplica;
import io.haduck.core.internal.fetch.RangeFetcher;
import io.haduck.core.internal.kept.KeptReplica;
import io.haduck.core.internal.local.FileRights;
import io.haduck.core.internal.local.LocalFiles;
import io.haduck.core.internal.log.EpochEnd;
import io.haduck.core.internal.log.FollowedLog;
import io.haduck.core.internal.log.LogPosition;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.LookMoment;
import io.haduck.core.lease.LeaseRequests;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One round after the other: looks at the log, and lets the newest state be shown; states in
 * between are skipped. For one thread at a time, but for {@link #status}, {@link #shown} and {@link
 * #answer}.
 */
final class Following {
  private static final Logger log = LoggerFactory.getLogger(Following.class);

  private final FollowerOptions options;
  private final KeptReplica kept;
  private final RangeFetcher fetcher;
  private final Presentation presentation;
  private final Backoff backoff;
  private final Pace pace;
  private FollowedLog followed;

  /** Whether the log was read, and what an earlier follower left was compared with it. */
  private boolean begun;

  /** When the head that is known was last known to be the log's. */
  private @Nullable LookMoment headSeen;

  private volatile long headSeq;
  private final AtomicLong looks = new AtomicLong();
  private volatile boolean lost;

  /** What the writer of this epoch is called; null if that is not known. */
  private volatile @Nullable String writerLabel;

  private long labelledEpoch;
  private volatile @Nullable HaduckException problem;
  private volatile @Nullable Instant failingSince;

  /**
   * Follows, once {@link #begin} and {@link #start} were called.
   *
   * @param directory of the copies; its lock is held
   */
  Following(
      FollowerOptions options,
      LocalFiles files,
      Path directory,
      FollowerDatabase database,
      Supplier<Backoff> backoffs)
      throws IOException {
    this.options = options;
    this.kept = new KeptReplica(options.store(), Retries.once());
    this.fetcher = new RangeFetcher(options.store(), backoffs);
    this.backoff = backoffs.get();
    this.pace =
        new Pace(options.pollInterval(), options.pollIntervalIdle(), options.ticker().nanos());
    this.presentation =
        new Presentation(
            options,
            database,
            directory,
            Objects.requireNonNull(files.database().getFileName()),
            FileRights.of(files.database()),
            fetcher,
            pace);
    this.followed = newLog();
  }

  private FollowedLog newLog() {
    return new FollowedLog(options.store(), kept.log(), options.ticker(), options.clock());
  }

  private LookMoment now() {
    return LookMoment.now(options.ticker(), options.clock());
  }

  /**
   * Reads the log.
   *
   * @return false if it is empty
   */
  boolean begin() {
    LookMoment asked = now();
    if (!followed.begin()) {
      return false;
    }
    headSeen = asked;
    headSeq = followed.position().seq();
    return true;
  }

  /** The state at the log's head; after {@link #begin}. */
  LogState head() {
    return followed.state();
  }

  private Newest newest() {
    return new Newest(
        followed.state(),
        followed.anchorEpoch(),
        presentation.replay() != WalReplay.NONE,
        Objects.requireNonNull(headSeen));
  }

  /**
   * Takes up the copies that are there, and shows the first one.
   *
   * @throws DivergedException if the log no longer holds what they were copied from
   */
  void start() throws IOException {
    takeUp();
    advance();
    if (presentation.shown() == null) {
      throw new LocalFileException(
          "no copy of "
              + options.database()
              + " can be written: somebody has all of them open, or they were given away");
    }
  }

  /**
   * Shows a copy that an earlier follower left, since the log cannot be read; {@link #round} tries
   * that again.
   *
   * @return false if there is none
   */
  boolean startUnread(HaduckException why) throws IOException {
    if (!presentation.showKept(now())) {
      return false;
    }
    headSeq = Objects.requireNonNull(shown()).position().seq();
    failing(why);
    return true;
  }

  /** Compares what an earlier follower left with the log that was read. */
  private void takeUp() throws IOException {
    new Resumption(
            options.store(),
            kept.log(),
            followed.state(),
            options.freshWhenLost(),
            options.standsBy())
        .takeUp(presentation.copies());
    begun = true;
  }

  private void beginLate() throws IOException {
    if (!begin()) {
      throw new DivergedException("nothing to follow: " + EmptyReplica.text(options.store()));
    }
    takeUp();
  }

  /**
   * One look at the log, and what follows from it.
   *
   * @param somebodyWaits for a position
   * @return how long to wait until the next round
   */
  Duration round(boolean somebodyWaits) {
    try {
      if (!begun) {
        beginLate();
      }
      look();
      advance();
      UnopenedException unopened = presentation.whyUnopened(followed.position());
      if (unopened == null) {
        well();
      } else {
        backoff.reset(); // the next state may open
        failing(unopened);
      }
      return untilNextRound(somebodyWaits);
    } catch (DivergedException e) {
      lost = true;
      failing(e);
    } catch (HaduckException e) {
      failing(e);
    } catch (IOException e) {
      failing(new LocalFileException("a copy of the database cannot be written: " + e, e));
    }
    return backoff.next();
  }

  /**
   * Shows what the log holds. What it held may be given up by now, where this has stood still for
   * long: then it has gone on, and that is shown.
   */
  private void advance() throws IOException {
    try {
      presentation.advance(newest());
    } catch (MissingObjectException e) {
      LogPosition before = followed.position();
      followed.distrust();
      look();
      if (followed.position().equals(before)) {
        throw e;
      }
      log.info("{} has gone on: {}", options.store(), e.getMessage());
      presentation.advance(newest());
    }
  }

  private Duration untilNextRound(boolean somebodyWaits) {
    long nanos = options.ticker().nanos();
    Duration look = pace.untilLook(nanos, somebodyWaits);
    if (presentation.isDone(followed.position())) {
      return look;
    }
    Duration poll = look.compareTo(options.pollInterval()) > 0 ? options.pollInterval() : look;
    Duration showing = pace.untilShowing(nanos);
    boolean soon = !presentation.isHeldBack() && !showing.isZero() && showing.compareTo(poll) < 0;
    return soon ? showing : poll;
  }

  private void look() {
    FollowedLog.Look look;
    try {
      look = followed.look();
    } catch (DivergedException e) {
      look = lookAnew(e);
    }
    looks.incrementAndGet();
    headSeen = look.moment();
    headSeq = followed.position().seq();
    lost = false;
    if (look.changesets() > 0) {
      pace.changed(look.moment().nanos());
    }
    presentation.isStillCurrent(newest());
    learnWriter();
  }

  /** For people only: asked once for each writer. */
  private void learnWriter() {
    long epoch = followed.state().epoch();
    if (epoch == labelledEpoch) {
      return;
    }
    labelledEpoch = epoch;
    try {
      writerLabel =
          LeaseRequests.read(options.store()).map(lease -> lease.holder().label()).orElse(null);
    } catch (HaduckException e) {
      log.debug("who writes {} is not known", options.store(), e);
      writerLabel = null;
    }
  }

  private FollowedLog.Look lookAnew(DivergedException why) {
    LookMoment asked = now();
    FollowedLog fresh = newLog();
    if (!options.freshWhenLost() || !fresh.begin()) {
      throw why;
    }
    log.warn("following what is there now: {}", why.getMessage());
    followed = fresh;
    return new FollowedLog.Look(asked, 1);
  }

  /** As {@link Presentation#giveAway}, at the log's head. */
  Optional<FollowerCopy> giveAway() throws IOException {
    look();
    return presentation.giveAway(newest());
  }

  private void failing(HaduckException e) {
    HaduckException before = problem;
    Instant known = failingSince;
    Instant since = known == null ? options.clock().instant() : known;
    failingSince = since;
    problem = e;
    if (before == null
        || !Objects.equals(before.getMessage(), e.getMessage())
        || before.getClass() != e.getClass()) {
      log.warn("following {}: {}", options.store(), e.getMessage());
      options.listener().failing(e, since);
    }
  }

  private void well() {
    backoff.reset();
    if (problem != null) {
      problem = null;
      failingSince = null;
      options.listener().recovered();
    }
  }

  /** What is shown; null before the first copy. */
  @Nullable Shown shown() {
    return presentation.shown();
  }

  /** What is known of a position that somebody waits for. */
  Shown.Answer answer(PositionToken token) {
    Shown now = shown();
    return now == null ? Shown.Answer.NOT_YET : now.answer(token, Optional.empty());
  }

  /** The same, and asks the log for what it may need; not for any thread. */
  Shown.Answer fullAnswer(PositionToken token) {
    Shown now = shown();
    Shown.Answer answer = answer(token);
    if (now == null || answer != Shown.Answer.ASK_FOR_END || !begun) {
      return answer;
    }
    Optional<EpochEnd> end = followed.endOf(token.epoch());
    return end.isEmpty() ? Shown.Answer.LOST : now.answer(token, end);
  }

  /** How it is doing. */
  FollowerStatus status(boolean closed) {
    Shown now = Objects.requireNonNull(shown(), "nothing was shown yet");
    long behind = Math.max(0, headSeq - now.position().seq());
    return new FollowerStatus(
        state(closed, behind),
        now.followed(),
        headSeq,
        behind,
        now().since(now.current()),
        options.maxLag(),
        presentation.copiesPresent(),
        presentation.copiesHeld(),
        presentation.took(),
        presentation.shownCount(),
        looks.get(),
        fetcher.bytesFetched(),
        problem,
        failingSince,
        options.store().toString(),
        writerLabel);
  }

  private FollowerStatus.State state(boolean closed, long behind) {
    if (closed) {
      return FollowerStatus.State.CLOSED;
    }
    if (lost) {
      return FollowerStatus.State.LOST;
    }
    if (problem != null) {
      return FollowerStatus.State.FAILING;
    }
    if (presentation.isHeldBack()) {
      return FollowerStatus.State.HELD_BACK;
    }
    return behind > 0 ? FollowerStatus.State.BEHIND : FollowerStatus.State.AT_HEAD;
  }
}
