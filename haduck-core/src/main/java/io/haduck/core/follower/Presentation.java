package io.haduck.core.follower;

import io.haduck.core.LocalFileException;
import io.haduck.core.UnopenedException;
import io.haduck.core.internal.duckdb.DatabaseInUseException;
import io.haduck.core.internal.fetch.RangeFetcher;
import io.haduck.core.internal.local.FileRights;
import io.haduck.core.internal.log.LogPosition;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.LookMoment;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What readers are shown: brings a copy that nobody has open to a state, proves it, and shows it
 * when it is time. For one thread, but for what says otherwise.
 */
final class Presentation {
  private static final Logger log = LoggerFactory.getLogger(Presentation.class);

  private final FollowerOptions options;
  private final FollowerDatabase database;
  private final Copies copies;
  private final CopyWriter writer;
  private final Pace pace;
  private @Nullable Copy shownCopy;

  /** A state that DuckDB did not open: not tried again. */
  private LogPosition unopened = LogPosition.START;

  private @Nullable UnopenedException unopenedWhy;

  private volatile @Nullable Shown shown;
  private final AtomicLong shownCount = new AtomicLong();
  private volatile int copiesPresent;
  private volatile int copiesHeld;
  private volatile Duration took = Duration.ZERO;
  private volatile boolean heldBack;

  /**
   * Of the copies in a directory.
   *
   * @param fileName of the database in each copy
   * @param rights of its file
   */
  Presentation(
      FollowerOptions options,
      FollowerDatabase database,
      Path directory,
      Path fileName,
      FileRights rights,
      RangeFetcher fetcher,
      Pace pace) {
    this.options = options;
    this.database = database;
    this.copies = new Copies(directory, fileName, options.mostCopies(), rights, options.steps());
    this.writer =
        new CopyWriter(
            options.store().toString(), fetcher, rights, options.steps(), options.ending());
    this.pace = pace;
  }

  /** The copies, of which nothing is known before they are taken up. */
  Copies copies() {
    return copies;
  }

  /** What is shown; null before the first copy. Safe for any thread. */
  @Nullable Shown shown() {
    return shown;
  }

  /** Whether readers hold every copy. Safe for any thread. */
  boolean isHeldBack() {
    return heldBack;
  }

  /** How many copies lie on the disk. Safe for any thread. */
  int copiesPresent() {
    return copiesPresent;
  }

  /** How many of them readers hold, besides the one that is shown. Safe for any thread. */
  int copiesHeld() {
    return copiesHeld;
  }

  /** How often a copy was shown. Safe for any thread. */
  long shownCount() {
    return shownCount.get();
  }

  /** What showing the last one took. Safe for any thread. */
  Duration took() {
    return took;
  }

  /** Whether a state needs nothing more: it is shown, or DuckDB does not open it. */
  boolean isDone(LogPosition position) {
    Shown now = shown;
    return now != null && (now.position().equals(position) || unopened.equals(position));
  }

  /** Why a state is not shown that DuckDB does not open; null for any other. */
  @Nullable UnopenedException whyUnopened(LogPosition position) {
    return unopened.equals(position) ? unopenedWhy : null;
  }

  /** What is shown was all that there is, at the moment of this state. */
  void isStillCurrent(Newest head) {
    Shown now = shown;
    if (now != null && now.position().equals(head.position())) {
      shown = now.at(head.current());
    }
  }

  /** How much of a write-ahead log DuckDB replays. */
  WalReplay replay() {
    return database.replay();
  }

  /**
   * Brings a copy to the newest state, and shows it if it is time.
   *
   * @throws UnopenedException if DuckDB does not open it
   * @throws LocalFileException if a copy is not what was written to it
   * @throws IOException if a copy cannot be written
   */
  void advance(Newest head) throws IOException {
    Shown now = shown;
    if (isDone(head.state().position())
        || (now != null && now.position().equals(head.position()))) {
      holdBack(false);
      if (copies.present().size() < 2) {
        bring(head, replay()); // the second one, before it is needed
      }
    } else {
      bringAndShow(head);
    }
    copiesPresent = copies.present().size();
    copiesHeld = copies.held(shownCopy);
  }

  private void bringAndShow(Newest head) throws IOException {
    Copy copy = bring(head, replay());
    holdBack(copy == null);
    if (copy == null || (shown != null && !pace.untilShowing(options.ticker().nanos()).isZero())) {
      return;
    }
    try {
      show(copy, head);
    } catch (UnopenedException e) {
      unopened = e.ofContent() ? head.state().position() : LogPosition.START;
      unopenedWhy = e;
      if (!e.ofContent() || head.state().wal().length() == 0) {
        throw e;
      }
      showCheckpoint(head.withoutWal(), e);
    }
  }

  private void holdBack(boolean now) {
    if (now && !heldBack) {
      log.info("readers hold every copy of {}, so that no newer one is shown", options.database());
      options.listener().heldBack();
    }
    heldBack = now;
  }

  /** DuckDB does not replay the log, so the checkpoint before it is shown, unless it is. */
  private void showCheckpoint(Newest checkpoint, UnopenedException why) throws IOException {
    Shown now = shown;
    if (now != null && now.position().seq() >= checkpoint.position().seq()) {
      throw why;
    }
    log.warn(
        "{} is shown without its write-ahead log, as of seq {}: {}",
        options.database(),
        checkpoint.position().seq(),
        why.getMessage());
    Copy copy = bring(checkpoint, WalReplay.NONE);
    if (copy == null) {
      throw why;
    }
    show(copy, checkpoint);
  }

  /** Null if somebody has open whatever could be written to. */
  private @Nullable Copy bring(Newest target, WalReplay replay) throws IOException {
    for (Copy copy : copies.free(shownCopy)) {
      try {
        writer.bring(copy, target.state().copy(), replay, target.current(), copies.others(copy));
        return copy;
      } catch (DatabaseInUseException e) {
        log.debug("another copy is taken", e); // another process reads this one
      }
    }
    return null;
  }

  private static void prove(Copy copy, LogState state) throws IOException {
    String difference = CopyProof.difference(copy, state);
    if (difference != null) {
      copy.doubt();
      throw new LocalFileException(
          "a copy of the database is not what was written to it, and is compared anew: "
              + difference);
    }
  }

  private void show(Copy copy, Newest next) throws IOException {
    prove(copy, next.state());
    long begun = options.ticker().nanos();
    try {
      options.steps().before("show the copy");
      database.show(new FollowerCopy(copy.files().database(), next.shown().followed()));
    } finally {
      took = Duration.ofNanos(options.ticker().nanos() - begun);
      pace.shown(options.ticker().nanos(), took);
    }
    shownCopy = copy;
    shown = next.shown();
    shownCount.incrementAndGet();
    if (!copy.isUntouched()) {
      // Between the proof and DuckDB's lock somebody wrote to it: another one is shown soon.
      copy.doubt();
      shown = next.withoutWal().shown();
      throw new LocalFileException(copy + " was written to by somebody else while it was opened");
    }
    options.listener().shown(next.shown().followed(), took);
  }

  /**
   * Shows a copy that an earlier follower left, as it was noted, while the log cannot be read.
   *
   * @return false if there is none that is whole and of this replica
   */
  boolean showKept(LookMoment now) throws IOException {
    for (KeptCopy kept : KeptCopy.of(copies.places(), options.store().toString(), replay())) {
      try {
        options.steps().before("show the copy");
        database.show(kept.asFollower());
      } catch (UnopenedException e) {
        log.info("{}", e.getMessage());
        continue;
      }
      shownCopy = kept.copy();
      shown = kept.shown(now);
      shownCount.incrementAndGet();
      if (!kept.isUntouched()) {
        throw new LocalFileException(
            kept.copy() + " was written to by somebody else while it was opened");
      }
      copiesPresent = copies.present().size();
      options.listener().shown(kept.state().shown(), Duration.ZERO);
      return true;
    }
    return false;
  }

  /**
   * Brings a copy that is not shown to a state and lets go of it for ever, with all of its
   * write-ahead log: whoever takes it may open it for writing.
   *
   * @return empty if readers hold all copies
   */
  Optional<FollowerCopy> giveAway(Newest head) throws IOException {
    Copy copy = bring(head, WalReplay.WHOLE);
    if (copy == null) {
      return Optional.empty();
    }
    prove(copy, head.state());
    var given = new FollowerCopy(copy.files().database(), head.shown().followed());
    copy.giveAway();
    return Optional.of(given);
  }
}
