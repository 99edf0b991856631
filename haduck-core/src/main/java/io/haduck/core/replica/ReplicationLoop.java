package io.haduck.core.replica;

import io.haduck.core.CommitReceipt;
import io.haduck.core.DatabasePosition;
import io.haduck.core.DivergedException;
import io.haduck.core.FencedException;
import io.haduck.core.HaduckException;
import io.haduck.core.LocalFileException;
import io.haduck.core.UnavailableException;
import io.haduck.core.internal.capture.LogHead;
import io.haduck.core.internal.capture.ReplicaWriter;
import io.haduck.core.internal.capture.WriterListener;
import io.haduck.core.internal.fetch.RangeFetcher;
import io.haduck.core.internal.local.LocalFiles;
import io.haduck.core.internal.log.LogPosition;
import io.haduck.core.internal.log.PatientStore;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.internal.opening.OfflineOpening;
import io.haduck.core.internal.opening.OpenedReplica;
import io.haduck.core.internal.watch.DatabaseObserver;
import io.haduck.core.lease.LeaseRecord;
import io.haduck.core.lease.WriterLease;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * What the thread of a replicator does: captures, sends, and sees to what is due now and then. Its
 * methods but {@link #run} are safe for any thread.
 */
final class ReplicationLoop {
  private static final Logger log = LoggerFactory.getLogger(ReplicationLoop.class);

  /** Longer than between two attempts to send what cannot be sent. */
  private static final Duration UNTRIED = Duration.ofSeconds(30);

  /** So long it is not looked whether this is to end, while the lease is waited for. */
  private static final Duration LATE_LOOK = Duration.ofMillis(500);

  /** So long a file may be read before who does it counts as hung. */
  private static final Duration LONG_READ = Duration.ofMinutes(10);

  private final LocalFiles files;
  private final ReplicatorOptions options;
  private final ReplicaWriter writer;
  private final PatientStore store;
  private final ReplicationLog replicationLog;
  private final RangeFetcher fetcher;
  private final WatchedDatabase watched;
  private final ReplicationProgress progress;
  private final Upkeep upkeep;

  /** How the log is to be taken over; null once it is. For the thread. */
  private @Nullable OfflineOpening late;

  private final AtomicReference<@Nullable FencedException> fenced = new AtomicReference<>();
  private volatile CheckpointHold hold = CheckpointHold.none();

  /** DuckDB has the database open, or is about to. */
  private volatile boolean used = true;

  /** When the thread began what it does now; null while it waits for something to do. */
  private volatile @Nullable Long busySince;

  /** When it began to read the file; null while it does not. */
  private volatile @Nullable Long readingSince;

  /** When it last tried to add something and failed; null if it has succeeded since. */
  private volatile @Nullable Long failedAt;

  /** Where the log ended after the last thing that it did. */
  private volatile LogPosition committed;

  /** Where the log ends if what it tried to add last has arrived; null if nothing is open. */
  private volatile @Nullable LogPosition pending;

  private volatile ReplicationListener listener = new ReplicationListener() {};

  ReplicationLoop(
      OpenedReplica opened,
      ReplicatorOptions options,
      WatchedDatabase watched,
      ReplicationProgress progress) {
    this.files = opened.files();
    this.options = options;
    this.writer = opened.writer();
    this.store = opened.store();
    this.replicationLog = opened.replicationLog();
    this.fetcher = opened.fetcher();
    this.late = opened.late();
    this.watched = watched;
    this.progress = progress;
    this.upkeep = new Upkeep(writer, opened.scrub(), watched, progress);
    this.committed = writer.head().committed();
  }

  /** Tells a listener from now on, instead of the one before. */
  void listen(ReplicationListener newListener) {
    listener = newListener;
  }

  /** DuckDB has the file open, and can be kept from checkpointing in this way. */
  void holdBy(CheckpointHold newHold) {
    hold = newHold;
  }

  /**
   * Returns why this process may not write any more; null while it may. Costs one volatile read.
   */
  @Nullable FencedException fenced() {
    return fenced.get();
  }

  /** DuckDB has closed the database, or is about to open it again: see {@link WriterLease#rest}. */
  void used(boolean now) {
    used = now;
    if (now) {
      options.lease().use();
    }
  }

  private void restIfUnused() {
    if (!used && !mayBeBehind()) {
      options.lease().rest();
      if (used) {
        options.lease().use(); // since a moment ago
      }
    }
  }

  /**
   * Returns whether the thread could add something now: it hears of the store, and nothing that it
   * tried has failed since. Who has tried nothing for long, since it may not, would have to try.
   *
   * @param silence after which a thread that does something, and hears nothing, counts as hung
   */
  boolean canAppend(Duration silence) {
    long now = options.ticker().nanos();
    if (fenced() != null) {
      return false;
    }
    Long failed = failedAt;
    Duration twice = silence.multipliedBy(2);
    Duration untried = twice.compareTo(UNTRIED) > 0 ? twice : UNTRIED;
    if (failed != null && now - failed < untried.toNanos()) {
      return false;
    }
    Long reading = readingSince;
    if (reading != null && now - reading < LONG_READ.toNanos()) {
      return true; // a large file, of which the store hears nothing meanwhile
    }
    Long since = busySince;
    long sign = since == null ? now : Math.max(since, store.heardNanos().orElse(since));
    return now - sign < silence.toNanos();
  }

  /**
   * Returns whether the log still ends with what was committed last, or with what was sent since
   * and may have arrived: while there is no permit, that is not sent again, and would never be
   * known. Asks the store.
   *
   * @throws HaduckException if that cannot be found out
   */
  boolean isHistoryIntact() {
    LogPosition known = committed;
    LogPosition own = pending;
    if (replicationLog.lost(known).isPresent()) {
      return false;
    }
    return endsWith(known) || (own != null && isThere(own) && endsWith(own));
  }

  private boolean endsWith(LogPosition known) {
    return known.seq() == 0 || replicationLog.firstBeyond(known.seq()).isEmpty();
  }

  private boolean isThere(LogPosition own) {
    return replicationLog.read(own.seq()).filter(there -> there.position().equals(own)).isPresent();
  }

  /** Returns whether there may be something to send. */
  boolean mayBeBehind() {
    return writer.hasFound()
        || watched.mayHaveChanged()
        || !progress.view().held().covers(watched.lastPosition());
  }

  /** Replicates until the replicator is closed, or another writer has taken over. */
  void run() {
    // Nothing is read while nothing changes: an idle database costs a few calls of stat per
    // interval.
    while (true) {
      Turn turn =
          progress.awaitWork(options.syncInterval(), this::mayBeBehind, upkeep.nanosToNext());
      DatabaseObserver current = watched.observer();
      if (fenced() != null) {
        return;
      }
      switch (turn) {
        case WORK -> {
          if (current != null && !replicate(current)) {
            return;
          }
        }
        case UPKEEP -> {
          if (!attempt(() -> upkeep.run(current, writerListener))) {
            return;
          }
        }
        case END -> {
          return;
        }
      }
    }
  }

  /** Nothing is written any more, and the thread ends. Told once. */
  void fence(FencedException problem) {
    end(problem, Level.ERROR);
  }

  /** The same, said otherwise: it may have been planned. */
  void end(FencedException problem, Level level) {
    if (!fenced.compareAndSet(null, problem)) {
      return;
    }
    log.atLevel(level).log("{}", problem.getMessage());
    progress.failed(problem);
    listener.fenced(problem);
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
          restIfUnused();
        });
  }

  private void takeOverLate(DatabaseObserver current) throws IOException {
    OfflineOpening opening = late;
    if (opening == null) {
      return;
    }
    awaitLease(opening.record().committed().seq());
    if (writer.head().committed().seq() == 0) {
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
    tellHead();
    late = null;
  }

  private void tellHead() {
    LogHead head = writer.head();
    progress.headIs(head.lineage(), head.epoch(), head.committed().seq());
  }

  /** For as long as it takes to find out that who has it is dead; then it is tried again. */
  private void awaitLease(long known) {
    WriterLease lease = options.lease();
    long begun = options.ticker().nanos();
    while (!lease.tryAcquire(files.database(), files.lock(), () -> replicationLog.lastSeq(known))) {
      Duration longest =
          lease.seen().map(LeaseRecord::ttl).orElse(lease.options().ttl()).multipliedBy(2);
      if (progress.isClosing() || options.ticker().nanos() - begun > longest.toNanos()) {
        throw new UnavailableException(
            options.store()
                + " answers again, and another process has its lease: "
                + lease.seen().map(it -> it.holder().toString()).orElse("nobody knows who"));
      }
      LockSupport.parkNanos(Math.min(lease.untilNextLook().toNanos(), LATE_LOOK.toNanos()));
    }
  }

  /** Does something, and says what became of it; false if nothing can follow. */
  private boolean attempt(Attempt work) {
    busySince = options.ticker().nanos();
    try {
      work.run();
      failedAt = null;
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
    } finally {
      committed = writer.head().committed();
      pending = writer.head().pending();
      busySince = null;
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
        "{}: {} committed as seq {}, {} of {} blocks, {} bytes for {}, {} ms",
        files.database(),
        made.kind(),
        made.seq(),
        made.blocks(),
        made.blocksInUse(),
        made.bytes(),
        made.rawBytes(),
        made.elapsed().toMillis());
    listener.committed(made);
  }

  private void failed(HaduckException problem) {
    if (!writer.head().isUnpermitted()) {
      failedAt = options.ticker().nanos();
    }
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
          options.lease().appended(files.database());
          announce(receipt);
        }

        @Override
        public void wentOn() {
          tellHead();
          options.lease().appended(files.database());
        }

        @Override
        public void readingBegins(boolean longRead) {
          readingSince = options.ticker().nanos();
          // While the store fails, keeping DuckDB from checkpointing would only let its WAL grow.
          if (longRead && progress.view().problem() == null) {
            progress.setReading(true);
            hold.hold();
          }
        }

        @Override
        public void readingEnds() {
          readingSince = null;
          if (progress.setReading(false)) {
            hold.release();
          }
        }
      };
}
