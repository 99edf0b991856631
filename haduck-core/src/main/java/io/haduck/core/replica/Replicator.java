package io.haduck.core.replica;

import io.haduck.core.CommitMark;
import io.haduck.core.DatabasePosition;
import io.haduck.core.DivergedException;
import io.haduck.core.FencedException;
import io.haduck.core.LocalFileException;
import io.haduck.core.UnavailableException;
import io.haduck.core.UnsupportedDatabaseException;
import io.haduck.core.internal.capture.ReplicaWriter;
import io.haduck.core.internal.concurrent.DaemonThreads;
import io.haduck.core.internal.local.LocalFiles;
import io.haduck.core.internal.local.ProcessLock;
import io.haduck.core.internal.log.PatientStore;
import io.haduck.core.internal.opening.OfflineOpening;
import io.haduck.core.internal.opening.OpenedReplica;
import io.haduck.core.internal.opening.Opener;
import io.haduck.core.internal.watch.FileWatcher;
import io.haduck.core.internal.watch.Observation;
import io.haduck.core.restore.RestoreResult;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

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
  private static final Duration LONGEST_CLOSE = Duration.ofSeconds(60);

  private final LocalFiles files;
  private final ReplicatorOptions options;
  private final ReplicaWriter writer;
  private final StatusReport report;
  private final WatchedDatabase watched;
  private final @Nullable RestoreResult restored;
  private final ProcessLock processLock;
  private final ReplicationProgress progress;
  private final long openedNanos;

  /** Whether DuckDB may make the file when it opens it. */
  private final boolean mayBeMade;

  private final Thread thread;
  private final ReplicationLoop loop;
  private final WriterDuty duty;
  private final ClosedDatabase closed;
  private final Sweeper sweeper;
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile boolean abandoned;

  /**
   * Where the database is for good, as far as this replicator is concerned, which has let go of the
   * file; null while it has not, or somebody may go on writing to it.
   */
  private volatile @Nullable CommitMark last;

  private Replicator(OpenedReplica opened, ReplicatorOptions options, Sweeper sweeper) {
    this.files = opened.files();
    this.options = options;
    this.writer = opened.writer();
    OfflineOpening late = opened.late();
    this.restored = opened.restored();
    this.mayBeMade = late == null && writer.head().committed().seq() == 0;
    this.processLock = opened.lock();
    this.watched = new WatchedDatabase(files, FileWatcher.shared());
    this.progress =
        new ReplicationProgress(
            late == null ? writer.head().lineage() : late.record().lineage(),
            late == null ? writer.head().epoch() : 0,
            late == null ? writer.head().committed().seq() : late.record().committed().seq(),
            opened.backoff(),
            options.clock(),
            options.ticker());
    this.sweeper = sweeper;
    this.report =
        new StatusReport(
            options.store().toString(), writer, progress, watched, opened.scrub(), sweeper);
    this.loop = new ReplicationLoop(opened, options, watched, progress);
    loop.listen(sweeper);
    this.duty = new WriterDuty(files.database(), loop, progress, options);
    this.closed = new ClosedDatabase(files);
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
    var sweeper = new Sweeper(options);
    OpenedReplica opened = Opener.open(sweeper.compacting(options).opening());
    var replicator = new Replicator(opened, options, sweeper);
    replicator.thread.start();
    replicator.duty.begin();
    return replicator;
  }

  /**
   * Tells a listener from now on, instead of the one before. It is called by the replicating thread
   * itself, so it must return at once and never throw: {@link ReplicationListeners} is made so.
   */
  public void listen(ReplicationListener newListener) {
    sweeper.passTo(newListener);
  }

  /** Returns the database file, symbolic links resolved. */
  public Path database() {
    return files.database();
  }

  /** Returns what opening it has restored; empty if nothing had to be. */
  public Optional<RestoreResult> restored() {
    return Optional.ofNullable(restored);
  }

  /**
   * Returns whether the file that this replicator knows is still the one at its path. If it was
   * deleted or replaced, close the replicator and open another, which judges what is there now.
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
   * @throws FencedException if another process has taken the lease, which was not needed meanwhile
   * @throws UnavailableException if it is not known whether one has
   */
  public void databaseOpening() {
    closed.opening();
    if (!isCurrent()) {
      throw watched.replaced();
    }
    loop.used(true);
    watched.opening(this::isInLog);
  }

  /**
   * DuckDB has opened the file; from now on it is watched.
   *
   * @throws UnsupportedDatabaseException if it is a new one that cannot be replicated
   */
  public void databaseOpened(CheckpointHold newHold) {
    closed.opened();
    loop.holdBy(newHold);
    watched.opened(this::isInLog, this::changed);
    progress.wantNow();
  }

  /**
   * DuckDB did not open the file. The next opening lets it try before it takes the log over; noted
   * when this is closed.
   */
  public void databaseFailedToOpen() {
    closed.failedToOpen();
  }

  private boolean isInLog(Observation seen) {
    // The writer belongs to its thread from the first opening on.
    return watched.observer() == null
        ? writer.covers(seen.headers())
        : progress.view().held().covers(seen.position());
  }

  /**
   * DuckDB is about to close the file, and so to checkpoint what is in its WAL. Where another
   * writer has taken over, that checkpoint will never be in the log; this tells it from changes.
   *
   * @param alone whether nobody can commit anything any more before it is closed
   */
  public void databaseClosing(boolean alone) {
    closed.closing(alone ? watched.positionIfReadable() : DatabasePosition.NONE);
  }

  /** DuckDB has closed the file. What it wrote while closing is sent like everything else. */
  public void databaseClosed() {
    loop.holdBy(CheckpointHold.none());
    closed.closed();
    watched.closed();
    loop.used(false);
    progress.wantNow(); // also to say that it is at rest
  }

  /**
   * Something may have changed: observes the files, at the cost of a few calls of stat if they have
   * not. A checkpoint is sent at once, commits within {@code sync_interval}, or together with the
   * first that is waited for. To be called after everything that may have run SQL; never throws and
   * never waits for the store.
   */
  public void changed() {
    // Where commits are about to be sent anyway, only a checkpoint is of interest: one call of
    // stat.
    if (!progress.isWanted() && !watched.mayHaveChanged()) {
      return;
    }
    if (watched.iterationIfReadable() != progress.view().held().iteration()) {
      progress.wantNow();
    } else {
      progress.wantSoon();
    }
  }

  /** Returns whether DuckDB has opened the file since this replicator was made. */
  public boolean isOpened() {
    return watched.observer() != null;
  }

  /**
   * Returns where the local database is now: everything that DuckDB has acknowledged is part of it.
   * Takes some 20 microseconds, and parses what was added to the WAL. Once this is closed, and
   * DuckDB has closed the file, it is where the database was then.
   *
   * @throws LocalFileException if the files cannot be read
   */
  public DatabasePosition position() {
    return look(watched::position, CommitMark::position);
  }

  /**
   * Returns where the local database is now, to be compared with a later moment. Takes a few
   * microseconds if nothing was written since they were last observed, else as {@link #position}.
   *
   * @throws LocalFileException if the files cannot be read
   */
  public CommitMark mark() {
    return look(watched::mark, mark -> mark);
  }

  private <T> T look(Supplier<T> now, Function<CommitMark, T> atLast) {
    CommitMark known = last;
    if (known == null) {
      try {
        return now.get();
      } catch (LocalFileException e) {
        known = last;
        if (known == null) {
          throw e; // for another reason than that this was closed while it was looked
        }
      }
    }
    return atLast.apply(known);
  }

  /** Returns whether the log holds a position. Never waits for the store. */
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
    progress.hurry(watched.observer() != null && loop.mayBeBehind());
  }

  /** Returns whether a call waits at this moment, in {@link #await}. */
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

  /**
   * Returns why this process may not write any more; null while it may. Costs one volatile read.
   */
  public @Nullable FencedException fenced() {
    return loop.fenced();
  }

  /** Returns how it is doing; looks at the local files but not at the store. */
  public ReplicatorStatus status() {
    return report.of(Duration.ofNanos(options.ticker().nanos() - openedNanos));
  }

  /** Returns what it takes to be the writer, and to hand that over. */
  public WriterDuty duty() {
    return duty;
  }

  private void run() {
    try {
      loop.run();
    } finally {
      ended.countDown();
      if (abandoned) {
        processLock.close();
      }
    }
  }

  /**
   * Ends replication; what was not sent stays in the local file and is sent when it is opened
   * again. Waits for a commit that is under way, for as long as opening may wait for the store;
   * what becomes of one that is given up is found out at the next opening. Idempotent.
   */
  @Override
  public void close() {
    if (!progress.beginClosing()) {
      return;
    }
    watched.closed();
    writer.stop();
    Duration patience = PatientStore.atLeast(options.openTimeout());
    DaemonThreads.join(thread, patience.compareTo(LONGEST_CLOSE) < 0 ? patience : LONGEST_CLOSE);
    if (thread.isAlive()) {
      options.store().close(); // what waits for an answer still gives up
      DaemonThreads.join(thread, LONGEST_CLOSE);
    }
    // Whoever opens the database next must not find a thread of this replicator still writing.
    abandoned = true;
    boolean over = ended.getCount() == 0;
    try {
      if (over) {
        last = closed.lastMark(watched);
        closed.noteClosed(writer, watched.observer());
        writer.close();
        watched.closeWal();
        closed.noteFailed();
        duty.end();
      }
    } finally {
      try {
        options.lease().close();
        sweeper.endSoon();
        options.store().close();
      } finally {
        if (over) {
          processLock.close();
        }
      }
    }
  }
}
