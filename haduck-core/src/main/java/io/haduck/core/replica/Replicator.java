package io.haduck.core.replica;

import io.haduck.core.DivergedException;
import io.haduck.core.FencedException;
import io.haduck.core.HaduckException;
import io.haduck.core.LocalFileException;
import io.haduck.core.UnavailableException;
import io.haduck.core.UnsupportedDatabaseException;
import io.haduck.core.duckdb.DatabaseFile;
import io.haduck.core.log.ReplicationLog;
import io.haduck.core.watch.DatabaseObserver;
import io.haduck.core.watch.FileWatcher;
import io.haduck.core.watch.Observation;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Replicates one database: sees what DuckDB writes to its file, and adds it to the log.
 *
 * <p>The life of a replicator, as the owner of the SQL connections drives it:
 *
 * <ol>
 *   <li>{@link #open} judges the local file against the log, restores it if it is missing, and
 *       takes the log over;
 *   <li>{@link #databaseOpening} while DuckDB has the file closed, then DuckDB opens it, then
 *       {@link #databaseOpened}; or {@link #databaseOpened} alone where another program has it
 *       open;
 *   <li>{@link #changed} after every call that may have changed something, {@link #await} where
 *       something must be on the replica;
 *   <li>{@link #databaseClosed} when DuckDB has closed the file; it may be opened again from step
 *       2, as long as {@link #isCurrent};
 *   <li>{@link #close}.
 * </ol>
 *
 * <p>Methods may be called by any thread; those of the second and fourth step one at a time. One
 * daemon thread captures and sends.
 */
public final class Replicator implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Replicator.class);
  private static final Duration LONGEST_CLOSE = Duration.ofSeconds(60);

  private final LocalFiles files;
  private final ReplicatorOptions options;
  private final ReplicaWriter writer;
  private final ReplicationLog replicationLog;
  private final RangeFetcher fetcher;
  private final Scrub scrub;
  private final StatusReport report;
  private final WatchedDatabase watched;
  private final @Nullable RestoreResult restored;
  private final ProcessLock processLock;
  private final ReplicationProgress progress;
  private final long openedNanos;

  /** Whether DuckDB may make the file when it opens it. */
  private final boolean mayBeMade;

  private final Thread thread;

  /** How the log is to be taken over; null once it is. For the thread. */
  private @Nullable LateOpening late;

  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile boolean abandoned;

  /** DuckDB did not open the file when it was asked to last. */
  private volatile boolean failedToOpen;

  private volatile @Nullable FencedException fenced;
  private volatile CheckpointHold hold = CheckpointHold.none();

  /** Where the database was when DuckDB began to close it, if nobody could go on writing. */
  private volatile DatabasePosition closing = DatabasePosition.NONE;

  /** The file just after that; null if somebody may have had it open still. */
  private volatile @Nullable FileStamp closedStamp;

  private volatile ReplicationListener listener = new ReplicationListener() {};

  private Replicator(OpenedReplica opened, ReplicatorOptions options) {
    this.files = opened.files();
    this.options = options;
    this.writer = opened.writer();
    this.replicationLog = opened.replicationLog();
    this.fetcher = opened.fetcher();
    this.scrub = opened.scrub();
    this.late = opened.late();
    this.restored = opened.restored();
    this.mayBeMade = late == null && writer.committed().seq() == 0;
    this.processLock = opened.lock();
    this.watched = new WatchedDatabase(files, options.clock(), FileWatcher.shared());
    this.progress =
        new ReplicationProgress(
            late == null ? writer.lineage() : late.record().lineage(),
            late == null ? writer.epoch() : 0,
            late == null ? writer.committed().seq() : late.record().committed().seq(),
            opened.backoff(),
            options.clock(),
            options.ticker());
    this.report = new StatusReport(options.store().toString(), progress, watched, scrub);
    this.openedNanos = options.ticker().nanos();
    if (late != null) {
      progress.failed(
          new UnavailableException(
              options.store()
                  + " does not answer; "
                  + files.database()
                  + " was opened without it"));
    }
    this.thread = new Thread(this::run, "haduck-" + files.database().getFileName());
    this.thread.setDaemon(true);
  }

  /**
   * Opens the replica of a database whose file DuckDB has not opened yet. Takes the time that a
   * restore takes.
   *
   * @throws DivergedException if file and log cannot be proven to belong together
   * @throws io.haduck.core.UnavailableException if the store does not answer
   * @throws LocalFileException if another process has the database, or the disk fails
   * @throws UnsupportedDatabaseException on Windows
   */
  public static Replicator open(ReplicatorOptions options) {
    var replicator = new Replicator(ReplicatorOpening.open(options.opening()), options);
    replicator.thread.start();
    return replicator;
  }

  /**
   * Tells a listener from now on, instead of the one before. It is called by the replicating thread
   * itself, so it must return at once and never throw: {@link ReplicationListeners} is made so.
   */
  public void listen(ReplicationListener newListener) {
    listener = newListener;
  }

  /** The database file, symbolic links resolved. */
  public Path database() {
    return files.database();
  }

  /** What opening it has restored; empty if nothing had to be. */
  public Optional<RestoreResult> restored() {
    return Optional.ofNullable(restored);
  }

  /**
   * Whether the file that this replicator knows is still the one at its path. If it was deleted or
   * replaced, close the replicator and open another, which judges what is there now.
   */
  public boolean isCurrent() {
    return watched.isAtPath()
        && (watched.observer() != null || mayBeMade || files.databaseExists());
  }

  /**
   * DuckDB is about to open the file, and has it closed now as far as the caller knows.
   *
   * @throws UnsupportedDatabaseException if the file cannot be replicated, such as an encrypted one
   * @throws DivergedException if the file was deleted or replaced meanwhile
   */
  public void databaseOpening() {
    closing = DatabasePosition.NONE;
    if (!isCurrent()) {
      throw watched.replaced();
    }
    watched.opening(this::isInLog);
  }

  /**
   * DuckDB has opened the file; from now on it is watched.
   *
   * @throws UnsupportedDatabaseException if it is a new one that cannot be replicated
   */
  public void databaseOpened(CheckpointHold newHold) {
    failedToOpen = false;
    hold = newHold;
    watched.opened(this::isInLog, this::changed);
    progress.wantNow();
  }

  /**
   * DuckDB did not open the file. The next opening lets it try before it takes the log over; noted
   * when this is closed.
   */
  public void databaseFailedToOpen() {
    failedToOpen = true;
  }

  private boolean isInLog(Observation seen) {
    // The writer belongs to its thread from the first opening on.
    return watched.observer() == null
        ? writer.covers(seen.headers())
        : progress.view().held().covers(DatabasePosition.of(seen));
  }

  /**
   * DuckDB is about to close the file, and so to checkpoint what is in its WAL. Where another
   * writer has taken over, that checkpoint will never be in the log; this tells it from changes.
   *
   * @param alone whether nobody can commit anything any more before it is closed
   */
  public void databaseClosing(boolean alone) {
    closing = alone ? watched.positionIfReadable() : DatabasePosition.NONE;
  }

  /** Nothing is written any more. For the thread, which ends with it. */
  private void fence(FencedException problem) {
    log.error("{}", problem.getMessage());
    fenced = problem;
    progress.failed(problem);
    listener.fenced(problem);
  }

  /** DuckDB has closed the file. What it wrote while closing is sent like everything else. */
  public void databaseClosed() {
    hold = CheckpointHold.none();
    noteStampOfClosed();
    watched.closed();
    changed();
  }

  /**
   * Something may have changed: looks at the files, at the cost of a few calls of stat if they have
   * not. A checkpoint is sent at once, commits within {@code sync_interval}, or together with the
   * first that is waited for. To be called after everything that may have run SQL; never throws and
   * never waits for the store.
   */
  public void changed() {
    if (!watched.mayHaveChanged()) {
      return;
    }
    if (watched.iterationIfReadable() != progress.view().held().iteration()) {
      progress.wantNow();
    } else {
      progress.wantSoon();
    }
  }

  /** Whether DuckDB has opened the file since this replicator was made. */
  public boolean isOpened() {
    return watched.observer() != null;
  }

  /**
   * Where the local database is now: everything that DuckDB has acknowledged is part of it. Takes
   * some 20 microseconds, and parses what was added to the WAL.
   *
   * @throws LocalFileException if the files cannot be read
   */
  public DatabasePosition position() {
    return watched.position();
  }

  /**
   * Where the local database is now, to be compared with a later moment. Takes a few microseconds
   * if nothing was written since the last look, else as {@link #position}.
   *
   * @throws LocalFileException if the files cannot be read
   */
  public CommitMark mark() {
    return watched.mark();
  }

  /** Whether the log holds a position. Never waits for the store. */
  public boolean holds(DatabasePosition position) {
    return progress.view().held().covers(position);
  }

  /**
   * Waits until the log holds a position, and sends at once what it takes. All that wait at one
   * time share a commit. Holds nothing while waiting.
   *
   * @param cancelled asked whenever {@link #wakeWaiters} is called; ends the wait
   * @throws InterruptedException if this thread is interrupted; the work goes on in the background
   */
  public SyncResult await(DatabasePosition position, Duration timeout, BooleanSupplier cancelled)
      throws InterruptedException {
    return progress.await(position, timeout, cancelled);
  }

  /**
   * From now on everything is sent at once instead of within {@code sync_interval}, since the
   * process is about to end. Never waits.
   */
  public void hurry() {
    progress.hurry(watched.observer() != null && mayBeBehind());
  }

  /** Whether a call waits at this moment, in {@link #await}. */
  public boolean isAwaited() {
    return progress.isAwaited();
  }

  /** Lets those who wait look whether they were cancelled. */
  public void wakeWaiters() {
    progress.wakeWaiters();
  }

  /**
   * Waits while a long capture reads the file, so that a checkpoint that is about to be asked for
   * does not make it begin again.
   */
  public void awaitCaptureRead(Duration timeout) throws InterruptedException {
    progress.awaitRead(timeout);
  }

  /** Why this process may not write any more; null while it may. Costs one volatile read. */
  public @Nullable FencedException fenced() {
    return fenced;
  }

  /** How it is doing; looks at the local files but not at the store. */
  public ReplicatorStatus status() {
    return report.of(Duration.ofNanos(options.ticker().nanos() - openedNanos));
  }

  private void run() {
    try {
      replicateWhileOpen();
    } finally {
      ended.countDown();
      if (abandoned) {
        processLock.close();
      }
    }
  }

  private void replicateWhileOpen() {
    // Nothing is read while nothing changes: an idle database costs a few calls of stat per
    // interval.
    while (true) {
      ReplicationProgress.Turn turn =
          progress.awaitWork(options.syncInterval(), this::mayBeBehind, nanosToUpkeep());
      DatabaseObserver current = watched.observer();
      switch (turn) {
        case WORK -> {
          if (current != null && !replicate(current)) {
            return;
          }
        }
        case UPKEEP -> {
          if (!attempt(() -> keepUp(current))) {
            return;
          }
        }
        case END -> {
          return;
        }
      }
    }
  }

  private boolean mayBeBehind() {
    return watched.mayHaveChanged() || !progress.view().held().covers(watched.lastPosition());
  }

  /** One round; false if it was the last one. */
  private boolean replicate(DatabaseObserver current) {
    return attempt(
        () -> {
          takeOverLate(current);
          writer.catchUp(current, writerListener);
          HaduckException over = progress.succeeded(writer.held(), watched.position());
          if (over != null) {
            log.info("{} is replicated again, after: {}", files.database(), over.getMessage());
            listener.recovered();
          }
        });
  }

  private void takeOverLate(DatabaseObserver current) throws IOException {
    LateOpening opening = late;
    if (opening == null) {
      return;
    }
    if (writer.committed().seq() == 0) {
      opening.begin(writer, replicationLog, current, fetcher);
    }
    if (!writer.takeOver()) {
      throw new FencedException(
          "another writer took "
              + options.store()
              + " over while "
              + files.database()
              + " was open without it. Close the database and open it anew");
    }
    progress.tookOver(writer.lineage(), writer.epoch(), writer.committed().seq());
    late = null;
  }

  private long nanosToUpkeep() {
    return watched.observer() == null
        ? Long.MAX_VALUE
        : Math.min(scrub.nanosToNext(), writer.nanosToLook());
  }

  /** What is due now and then, while there is nothing else to do. */
  private void keepUp(@Nullable DatabaseObserver current) throws IOException {
    if (writer.nanosToLook() <= 0) {
      writer.look();
    } else if (current != null) {
      RoaringBitmap different = scrub.slice(current, writer.settledState());
      if (!different.isEmpty()) {
        writer.resend(current, different);
        progress.distrust();
        progress.wantNow();
      }
    }
  }

  /** Does something, and says what became of it; false if nothing can follow. */
  private boolean attempt(Attempt work) {
    try {
      work.run();
    } catch (FencedException e) {
      fence(e);
      return false;
    } catch (DivergedException e) {
      progress.distrust(); // what was acknowledged before is not there any more
      failed(e);
    } catch (HaduckException e) {
      failed(e);
    } catch (IOException e) {
      failed(watched.unreadable(e));
    } catch (RuntimeException | Error e) {
      // Also when memory is short: whatever it is, those who wait must hear of it, and it is tried
      // again.
      log.error("replicating {} failed unexpectedly", files.database(), e);
      failed(new LocalFileException("replicating " + files.database() + " failed: " + e, e));
    }
    return true;
  }

  /** Something that may fail. */
  @FunctionalInterface
  private interface Attempt {
    void run() throws IOException;
  }

  private void announce(CommitReceipt made) {
    log.debug(
        "{}: {} committed as seq {}, {} of {} blocks, {} bytes, {} ms",
        files.database(),
        made.kind(),
        made.seq(),
        made.blocks(),
        made.blocksInUse(),
        made.bytes(),
        made.elapsed().toMillis());
    listener.committed(made);
  }

  private void failed(HaduckException problem) {
    if (progress.failed(problem) && !progress.isClosing()) {
      log.warn(
          "replicating {} fails and is tried again: {}", files.database(), problem.getMessage());
      Instant since = progress.view().failingSince();
      listener.failing(problem, since == null ? options.clock().instant() : since);
    }
  }

  private final WriterListener writerListener =
      new WriterListener() {
        @Override
        public void committed(CommitReceipt receipt, DatabasePosition held) {
          progress.committed(receipt, held);
          announce(receipt);
        }

        @Override
        public void readingBegins(boolean longRead) {
          // While the store fails, keeping DuckDB from checkpointing would only let its WAL grow.
          if (longRead && progress.view().problem() == null) {
            progress.setReading(true);
            hold.hold();
          }
        }

        @Override
        public void readingEnds() {
          if (progress.setReading(false)) {
            hold.release();
          }
        }
      };

  /**
   * Ends replication; what was not sent stays in the local file and is sent when it is opened
   * again. Waits for a commit that is under way, at most as long as the store takes. Idempotent.
   */
  @Override
  public void close() {
    if (!progress.beginClosing()) {
      return;
    }
    watched.closed();
    writer.stop();
    joinThread();
    // Whoever opens the database next must not find a thread of this replicator still writing.
    abandoned = true;
    boolean over = ended.getCount() == 0;
    try {
      if (over) {
        noteClosed();
        writer.close();
        watched.closeWal();
        noteFailed();
      }
    } finally {
      try {
        options.store().close();
      } finally {
        if (over) {
          processLock.close();
        }
      }
    }
  }

  /**
   * Whoever else still has the file open may commit to it later: then nothing is known of what is
   * in it when it is looked at. Only Linux tells.
   */
  private void noteStampOfClosed() {
    FileStamp stamp = null;
    try {
      if (closing.walOffset() > 0
          && DatabaseFile.descriptorsInThisProcess(files.database()).orElse(1) == 0) {
        stamp = FileStamp.of(files.database());
      }
    } catch (IOException e) {
      log.debug("cannot tell whether {} is closed", files.database(), e);
    }
    closedStamp = stamp;
  }

  private void noteClosed() {
    DatabaseObserver current = watched.observer();
    if (current == null) {
      return;
    }
    try {
      if (DatabaseFile.descriptorsInThisProcess(files.database()).orElse(0) == 0) {
        writer.noteClosed(current, closing, closedStamp);
      }
    } catch (IOException | HaduckException e) {
      log.debug("the next opening of {} reads the whole file", files.database(), e);
    }
  }

  private void noteFailed() {
    if (!failedToOpen) {
      return;
    }
    try {
      FileRights rights = FileRights.of(files.database());
      LocalRecord.read(files.record())
          .ifPresent(record -> record.withFailed(true).write(files.record(), rights));
    } catch (IOException | HaduckException e) {
      log.debug(
          "the next opening of {} takes its replica over before it tries", files.database(), e);
    }
  }

  private void joinThread() {
    boolean interrupted = false;
    long deadline = System.nanoTime() + LONGEST_CLOSE.toNanos();
    while (thread.isAlive() && System.nanoTime() < deadline) {
      try {
        thread.join(1000);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
