package io.haduck.core.replica;

import io.haduck.core.CommitReceipt;
import io.haduck.core.DatabasePosition;
import io.haduck.core.DivergedException;
import io.haduck.core.FencedException;
import io.haduck.core.HaduckException;
import io.haduck.core.LocalFileException;
import io.haduck.core.internal.capture.ReplicaWriter;
import io.haduck.core.internal.capture.WriterListener;
import io.haduck.core.internal.fetch.RangeFetcher;
import io.haduck.core.internal.local.LocalFiles;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.internal.opening.OfflineOpening;
import io.haduck.core.internal.opening.OpenedReplica;
import io.haduck.core.internal.upkeep.Scrub;
import io.haduck.core.internal.watch.DatabaseObserver;
import java.io.IOException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the thread of a replicator does: captures, sends, and sees to what is due now and then. Its
 * methods but {@link #run} are safe for any thread.
 */
final class ReplicationLoop {
  private static final Logger log = LoggerFactory.getLogger(ReplicationLoop.class);

  private final LocalFiles files;
  private final ReplicatorOptions options;
  private final ReplicaWriter writer;
  private final ReplicationLog replicationLog;
  private final RangeFetcher fetcher;
  private final Scrub scrub;
  private final WatchedDatabase watched;
  private final ReplicationProgress progress;

  /** How the log is to be taken over; null once it is. For the thread. */
  private @Nullable OfflineOpening late;

  private volatile @Nullable FencedException fenced;
  private volatile CheckpointHold hold = CheckpointHold.none();
  private volatile ReplicationListener listener = new ReplicationListener() {};

  ReplicationLoop(
      OpenedReplica opened,
      ReplicatorOptions options,
      WatchedDatabase watched,
      ReplicationProgress progress) {
    this.files = opened.files();
    this.options = options;
    this.writer = opened.writer();
    this.replicationLog = opened.replicationLog();
    this.fetcher = opened.fetcher();
    this.scrub = opened.scrub();
    this.late = opened.late();
    this.watched = watched;
    this.progress = progress;
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
    return fenced;
  }

  /** Returns whether there may be something to send. */
  boolean mayBeBehind() {
    return watched.mayHaveChanged() || !progress.view().held().covers(watched.lastPosition());
  }

  /** Replicates until the replicator is closed, or another writer has taken over. */
  void run() {
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

  /** Nothing is written any more. For the thread, which ends with it. */
  private void fence(FencedException problem) {
    log.error("{}", problem.getMessage());
    fenced = problem;
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
        });
  }

  private void takeOverLate(DatabaseObserver current) throws IOException {
    OfflineOpening opening = late;
    if (opening == null) {
      return;
    }
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
    progress.tookOver(
        writer.head().lineage(), writer.head().epoch(), writer.head().committed().seq());
    late = null;
  }

  private long nanosToUpkeep() {
    return watched.observer() == null
        ? Long.MAX_VALUE
        : Math.min(scrub.nanosToNext(), writer.head().nanosToCheck());
  }

  /** What is due now and then, while there is nothing else to do. */
  private void keepUp(@Nullable DatabaseObserver current) throws IOException {
    if (writer.head().nanosToCheck() <= 0) {
      writer.head().check();
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
}
