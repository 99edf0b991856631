package io.haduck.core.replica;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.haduck.core.Backoff;
import io.haduck.core.FencedException;
import io.haduck.core.HaduckException;
import io.haduck.core.LocalFileException;
import io.haduck.core.UnsupportedDatabaseException;
import io.haduck.core.duckdb.DatabaseFile;
import io.haduck.core.duckdb.DatabaseHeaders;
import io.haduck.core.duckdb.DatabaseNotReadyException;
import io.haduck.core.watch.DatabaseObserver;
import io.haduck.core.watch.FileWatcher;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
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
 *       2;
 *   <li>{@link #close}.
 * </ol>
 *
 * <p>Methods may be called by any thread; those of the second and fourth step one at a time. One
 * daemon thread captures and sends. Lock order: {@code lock}, then nothing; the observer's monitor
 * is taken without it.
 */
public final class Replicator implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Replicator.class);
  private static final int READS_OF_A_NEW_FILE = 200;

  private final LocalFiles files;
  private final ReplicatorOptions options;
  private final ReplicaWriter writer;
  private final ProcessLock processLock;
  private final Backoff backoff;
  private final long openedNanos;
  private final Thread thread;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  @GuardedBy("lock")
  private boolean wanted;

  @GuardedBy("lock")
  private boolean closing;

  @GuardedBy("lock")
  private long retryAtNanos;

  @GuardedBy("lock")
  private boolean failing;

  @GuardedBy("lock")
  private boolean readingLong;

  @GuardedBy("lock")
  private Progress progress;

  private volatile @Nullable DatabaseObserver observer;
  private volatile @Nullable FencedException fenced;
  private volatile CheckpointHold hold = CheckpointHold.none();
  private volatile FileWatcher.@Nullable Registration watch;

  /** What others may know of the writer, which is its thread's own. */
  private record Progress(
      long seq,
      long iteration,
      boolean covered,
      @Nullable CommitReceipt receipt,
      long commits,
      long bytesSent,
      @Nullable HaduckException problem,
      @Nullable Instant failingSince) {
    Progress withReceipt(CommitReceipt made) {
      return new Progress(
          made.seq(),
          made.iteration(),
          true,
          made,
          commits + 1,
          bytesSent + made.bytes(),
          null,
          null);
    }

    Progress withoutProblem(boolean nowCovered, long nowIteration) {
      return new Progress(seq, nowIteration, nowCovered, receipt, commits, bytesSent, null, null);
    }

    Progress withProblem(HaduckException found, Instant since) {
      return new Progress(seq, iteration, false, receipt, commits, bytesSent, found, since);
    }
  }

  Replicator(
      LocalFiles files,
      ReplicatorOptions options,
      ReplicaWriter writer,
      ProcessLock processLock,
      Backoff backoff) {
    this.files = files;
    this.options = options;
    this.writer = writer;
    this.processLock = processLock;
    this.backoff = backoff;
    this.openedNanos = options.ticker().nanos();
    this.progress = new Progress(writer.committed().seq(), -1, false, null, 0, 0, null, null);
    this.thread = new Thread(this::run, "haduck-" + files.database().getFileName());
    this.thread.setDaemon(true);
  }

  /**
   * Opens the replica of a database whose file DuckDB has not opened yet. Takes the time that a
   * restore takes.
   *
   * @throws io.haduck.core.DivergedException if file and log cannot be proven to belong together
   * @throws io.haduck.core.UnavailableException if the store does not answer
   * @throws LocalFileException if another process has the database, or the disk fails
   */
  public static Replicator open(ReplicatorOptions options) {
    Replicator replicator = ReplicatorOpening.open(options);
    replicator.thread.start();
    return replicator;
  }

  /** The database file, symbolic links resolved. */
  public Path database() {
    return files.database();
  }

  /**
   * DuckDB is about to open the file, and has it closed now as far as the caller knows.
   *
   * @throws UnsupportedDatabaseException if the file cannot be replicated, such as an encrypted one
   */
  public void databaseOpening() {
    if (!files.databaseExists()) {
      return; // DuckDB will make it
    }
    try {
      OptionalInt open = DatabaseFile.descriptorsInThisProcess(files.database());
      begin(open.orElse(0) == 0);
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  /** DuckDB has opened the file; from now on it is watched. */
  public void databaseOpened(CheckpointHold newHold) {
    hold = newHold;
    try {
      if (observer == null) {
        awaitHeaders();
        // A database without a block has no history that could have been missed.
        begin(DatabaseFile.open(files.database()).readHeaders().active().blockCount() == 0);
      }
    } catch (IOException e) {
      throw unreadable(e);
    }
    if (watch == null) {
      watch = options.watcher().watch(files.database(), this::changed);
    }
    wake();
  }

  private void begin(boolean closed) throws IOException {
    DatabaseFile file = DatabaseFile.open(files.database());
    DatabaseHeaders headers = file.readHeaders();
    if (headers.main().encrypted()) {
      throw new UnsupportedDatabaseException(
          files.database()
              + " is encrypted: haduck cannot replicate encrypted databases yet. Open it without a"
              + " replica, or copy it into an unencrypted database");
    }
    DatabaseObserver current = observer;
    boolean first = current == null || !current.file().fileKey().equals(file.fileKey());
    if (current == null || first) {
      current = new DatabaseObserver(file, options.clock());
    }
    var seen = closed ? current.beginInstance() : current.joinInstance();
    lock.lock();
    try {
      boolean inLog = progress.covered() && progress.iteration() == seen.iteration();
      if (first ? writer.covers(seen.headers()) : inLog) {
        current.committed(seen);
      } else if (first) {
        current.distrustPast();
      }
    } finally {
      lock.unlock();
    }
    observer = current;
  }

  /** A database that DuckDB has just made may not have its headers for a moment. */
  private void awaitHeaders() throws IOException {
    for (int reads = 1; ; reads++) {
      try {
        DatabaseFile.open(files.database()).readHeaders();
        return;
      } catch (DatabaseNotReadyException e) {
        if (reads == READS_OF_A_NEW_FILE) {
          throw e;
        }
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
      }
    }
  }

  /** DuckDB has closed the file. What it wrote while closing is sent like everything else. */
  public void databaseClosed() {
    hold = CheckpointHold.none();
    FileWatcher.Registration registration = watch;
    watch = null;
    if (registration != null) {
      registration.close();
    }
    changed();
  }

  /**
   * Something may have changed: looks at the file, at the cost of one stat if it has not. To be
   * called after everything that may have run SQL; never throws and never waits for the store.
   */
  public void changed() {
    DatabaseObserver current = observer;
    if (current == null || !current.mayHaveChanged()) {
      return;
    }
    try {
      DatabaseHeaders headers = current.look();
      if (!isCovered(headers.active().iteration())) {
        wake();
      }
    } catch (IOException | HaduckException e) {
      log.debug("looking at {} failed; the replicator will see it too", files.database(), e);
      wake();
    }
  }

  private boolean isCovered(long iteration) {
    lock.lock();
    try {
      return progress.covered() && progress.iteration() == iteration;
    } finally {
      lock.unlock();
    }
  }

  private void wake() {
    lock.lock();
    try {
      wanted = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Where the local database is now.
   *
   * @throws LocalFileException if the file cannot be read
   */
  public DatabasePosition position() {
    DatabaseObserver current = observer;
    if (current == null) {
      throw new IllegalStateException("the database was not opened yet");
    }
    try {
      long iteration = current.look().active().iteration();
      return new DatabasePosition(iteration, WalCommits.exist(files.wal()));
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  /**
   * Waits until the log holds the checkpoint of a position. Holds nothing while waiting.
   *
   * @param cancelled asked whenever {@link #wakeWaiters} is called; ends the wait
   * @throws InterruptedException if this thread is interrupted; the work goes on in the background
   */
  public SyncResult await(DatabasePosition position, Duration timeout, BooleanSupplier cancelled)
      throws InterruptedException {
    long left = timeout.toNanos();
    lock.lockInterruptibly();
    try {
      wanted = true;
      changed.signalAll();
      while (true) {
        if (progress.covered() && progress.iteration() >= position.iteration()) {
          return new SyncResult(true, progress.receipt(), null, null);
        }
        if (left <= 0 || closing || fenced != null || cancelled.getAsBoolean()) {
          return new SyncResult(false, null, progress.problem(), progress.failingSince());
        }
        left = changed.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Lets those who wait look whether they were cancelled. */
  public void wakeWaiters() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits while a long capture reads the file, so that a checkpoint that is about to be asked for
   * does not make it begin again.
   */
  public void awaitCaptureRead(Duration timeout) throws InterruptedException {
    long left = timeout.toNanos();
    lock.lockInterruptibly();
    try {
      while (readingLong && left > 0 && !closing) {
        left = changed.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Why this process may not write any more; null while it may. Costs one volatile read. */
  public @Nullable FencedException fenced() {
    return fenced;
  }

  /** How it is doing; looks at the WAL files but not at the store. */
  public ReplicatorStatus status() {
    DatabaseObserver current = observer;
    long local = -1;
    long missed = 0;
    if (current != null) {
      missed = current.missedIterations();
      try {
        local = current.look().active().iteration();
      } catch (IOException | HaduckException e) {
        log.debug("looking at {} failed", files.database(), e);
      }
    }
    FileWatcher.Registration registration = watch;
    boolean wal = WalCommits.exist(files.wal());
    lock.lock();
    try {
      HaduckException problem = progress.problem();
      return new ReplicatorStatus(
          options.store().toString(),
          state(local),
          writer.lineage(),
          writer.epoch(),
          progress.seq(),
          progress.iteration(),
          local,
          wal,
          progress.failingSince(),
          problem == null ? null : problem.getMessage(),
          progress.commits(),
          progress.bytesSent(),
          missed,
          registration != null && registration.receivesEvents(),
          Duration.ofNanos(options.ticker().nanos() - openedNanos));
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private ReplicatorStatus.State state(long localIteration) {
    if (closing) {
      return ReplicatorStatus.State.CLOSED;
    }
    if (fenced != null) {
      return ReplicatorStatus.State.FENCED;
    }
    if (progress.problem() != null) {
      return ReplicatorStatus.State.FAILING;
    }
    return progress.covered() && progress.iteration() == localIteration
        ? ReplicatorStatus.State.IN_SYNC
        : ReplicatorStatus.State.SENDING;
  }

  private void run() {
    while (awaitWork()) {
      DatabaseObserver current = observer;
      if (current == null) {
        continue;
      }
      try {
        Optional<CommitReceipt> receipt = writer.catchUp(current, captureListener);
        DatabaseHeaders headers = current.look();
        succeeded(receipt, writer.covers(headers), headers.active().iteration());
      } catch (FencedException e) {
        log.error("{}", e.getMessage());
        fenced = e;
        failed(e);
        return;
      } catch (HaduckException e) {
        failed(e);
      } catch (IOException e) {
        failed(unreadable(e));
      } catch (RuntimeException e) {
        log.error("replicating {} failed unexpectedly", files.database(), e);
        failed(new LocalFileException("replicating " + files.database() + " failed: " + e, e));
      }
    }
  }

  /** False when it is time to end. */
  private boolean awaitWork() {
    lock.lock();
    try {
      while (!closing) {
        long now = options.ticker().nanos();
        long due = failing ? retryAtNanos - now : 0;
        if (wanted && due <= 0) {
          wanted = false;
          return true;
        }
        long waitNanos = wanted ? due : options.syncInterval().toNanos();
        if (changed.awaitNanos(waitNanos) <= 0) {
          DatabaseObserver current = observer;
          // Nothing is read while nothing changes: an idle database costs one stat per interval.
          wanted |= current != null && (failing || !progress.covered() || current.mayHaveChanged());
        }
      }
      return false;
    } catch (InterruptedException e) {
      // This thread is ours; nobody has a reason to interrupt it, and nothing ends because of it.
      return !closing;
    } finally {
      lock.unlock();
    }
  }

  private void succeeded(Optional<CommitReceipt> receipt, boolean covered, long iteration) {
    receipt.ifPresent(
        made ->
            log.debug(
                "{}: {} committed as seq {}, {} of {} blocks, {} bytes, {} ms",
                files.database(),
                made.kind(),
                made.seq(),
                made.blocks(),
                made.blocksInUse(),
                made.bytes(),
                made.elapsed().toMillis()));
    lock.lock();
    try {
      if (progress.problem() != null) {
        log.info(
            "{} is replicated again, after {}", files.database(), progress.problem().getMessage());
      }
      failing = false;
      backoff.reset();
      Progress now = receipt.map(progress::withReceipt).orElse(progress);
      progress = covered ? now.withoutProblem(true, iteration) : now;
      wanted |= !covered;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void failed(HaduckException problem) {
    lock.lock();
    try {
      Instant since = progress.failingSince();
      if (since == null) {
        since = options.clock().instant();
        log.warn(
            "replicating {} fails and is tried again: {}", files.database(), problem.getMessage());
      }
      progress = progress.withProblem(problem, since);
      failing = true;
      retryAtNanos = options.ticker().nanos() + backoff.next().toNanos();
      wanted = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private final CaptureListener captureListener =
      new CaptureListener() {
        @Override
        public void readingBegins(boolean longRead) {
          if (longRead) {
            setReadingLong(true);
            hold.hold();
          }
        }

        @Override
        public void readingEnds() {
          if (setReadingLong(false)) {
            hold.release();
          }
        }
      };

  /** Returns what it was before. */
  private boolean setReadingLong(boolean reading) {
    lock.lock();
    try {
      boolean before = readingLong;
      readingLong = reading;
      changed.signalAll();
      return before;
    } finally {
      lock.unlock();
    }
  }

  private LocalFileException unreadable(IOException e) {
    return new LocalFileException("cannot read " + files.database() + ": " + e, e);
  }

  /**
   * Ends replication; what was not sent stays in the local file and is sent when it is opened
   * again. Waits for a capture that is under way, at most as long as the store takes. Idempotent.
   */
  @Override
  public void close() {
    lock.lock();
    try {
      if (closing) {
        return;
      }
      closing = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    FileWatcher.Registration registration = watch;
    if (registration != null) {
      registration.close();
    }
    writer.close();
    joinThread();
    try {
      noteClosed();
    } finally {
      try {
        options.store().close();
      } finally {
        processLock.close();
      }
    }
  }

  private void noteClosed() {
    DatabaseObserver current = observer;
    if (current == null || thread.isAlive()) {
      return;
    }
    try {
      if (DatabaseFile.descriptorsInThisProcess(files.database()).orElse(0) == 0) {
        writer.noteClosed(current.look());
      }
    } catch (IOException | HaduckException e) {
      log.debug("the next opening of {} reads the whole file", files.database(), e);
    }
  }

  private void joinThread() {
    boolean interrupted = false;
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
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
