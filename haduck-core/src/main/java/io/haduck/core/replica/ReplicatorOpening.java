package io.haduck.core.replica;

import io.haduck.core.Backoff;
import io.haduck.core.DivergedException;
import io.haduck.core.LocalFileException;
import io.haduck.core.UnavailableException;
import io.haduck.core.duckdb.DatabaseFile;
import io.haduck.core.log.LoadProgress;
import io.haduck.core.log.LogState;
import io.haduck.core.log.ReplicationLog;
import io.haduck.core.store.ConditionalWriteProbe;
import io.haduck.core.store.ObjectStore;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens a replica: lock, judge, restore, take over; in that order, and again from the judging on if
 * somebody else was faster. For one use by one thread.
 */
final class ReplicatorOpening {
  private static final Logger log = LoggerFactory.getLogger(ReplicatorOpening.class);
  private static final int ROUNDS = 5;
  private static final Duration PROGRESS_EVERY = Duration.ofSeconds(5);

  private final ReplicatorOptions options;
  private final LocalFiles files;
  private final ObjectStore store;
  private final String replica;
  private final ReplicationLog replicationLog;
  private final Supplier<Backoff> backoffs;

  private ReplicatorOpening(ReplicatorOptions options, LocalFiles files) {
    this.options = options;
    this.files = files;
    this.store = options.store();
    this.replica = store.toString();
    this.replicationLog = new ReplicationLog(store);
    var random = new Random();
    this.backoffs = () -> new Backoff(Duration.ofMillis(200), Duration.ofSeconds(15), random);
  }

  static Replicator open(ReplicatorOptions options, int rollUpAfter) {
    DatabaseFile.requireSupportedSystem();
    LocalFiles files;
    try {
      files = LocalFiles.of(options.database());
    } catch (IOException e) {
      throw new LocalFileException("cannot open " + options.database() + ": " + e.getMessage(), e);
    }
    ProcessLock lock = ProcessLock.take(files.lock());
    var opening = new ReplicatorOpening(options, files);
    try {
      return new Replicator(
          files, options, opening.takeOver(rollUpAfter), lock, opening.backoffs.get());
    } catch (IOException e) {
      lock.close();
      throw new LocalFileException("cannot open " + files.database() + ": " + e, e);
    } catch (RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  private ReplicaWriter takeOver(int rollUpAfter) throws IOException {
    var writer =
        new ReplicaWriter(
            files,
            replica,
            store,
            replicationLog,
            options.clock(),
            options.ticker(),
            backoffs,
            rollUpAfter);
    for (int round = 1; round <= ROUNDS; round++) {
      if (tryTakeOver(writer)) {
        return writer;
      }
      log.info("another writer added to {} while it was being opened; looking again", replica);
    }
    throw new DivergedException(
        "other writers kept adding to "
            + replica
            + " while it was being opened ("
            + ROUNDS
            + " rounds). One process at a time may write to a replica; find the other one");
  }

  private boolean tryTakeOver(ReplicaWriter writer) throws IOException {
    Optional<LogState> head = loadHead();
    LocalRecord.settle(files);
    Optional<LocalRecord> record = LocalRecord.read(files.record());
    LocalStamps judged = LocalStamps.of(files);
    Opening.Verdict verdict =
        new Opening(
                files,
                replica,
                replicationLog,
                new RangeFetcher(store, backoffs),
                options.restorePolicy())
            .judge(record, head);
    log.info(
        "{} and {}: {}{}",
        files.database(),
        replica,
        verdict,
        head.map(state -> ", log at seq " + state.position().seq()).orElse(""));
    switch (verdict) {
      case NEW, ADOPT -> {
        writer.startEmpty();
        return patiently(this::probed);
      }
      case RESTORE -> {
        if (record.isEmpty()) {
          log.warn(
              "{} does not exist and this path never belonged to {}: restoring from there",
              files.database(),
              replica);
        }
        restore(writer, head.orElseThrow(), RestoredFiles.Guard.unguarded(), false);
      }
      case FAST_FORWARD ->
          restore(writer, head.orElseThrow(), () -> judged.requireUnchanged(files), true);
      case UNCHANGED -> writer.start(head.orElseThrow(), record.orElseThrow(), false);
      case DESCENDANT -> writer.start(head.orElseThrow(), record.orElseThrow(), true);
    }
    return settled(writer);
  }

  private boolean settled(ReplicaWriter writer) {
    return patiently(writer::takeOver);
  }

  /**
   * With a new nonce each time: what is left of an attempt without an answer would look like a
   * loser's.
   */
  private boolean probed() {
    String nonce = UUID.randomUUID().toString().replace("-", "");
    new ConditionalWriteProbe(store).run(nonce);
    return true;
  }

  private Optional<LogState> loadHead() {
    try {
      return patiently(() -> replicationLog.loadLatest(LoadProgress.NONE));
    } catch (UnavailableException e) {
      throw new UnavailableException(
          "cannot open "
              + files.database()
              + ": its replica "
              + replica
              + " does not answer, and another writer may own it: "
              + e.getMessage(),
          e);
    }
  }

  /** Tries until the store answers, or the time for opening is over. */
  private <T> T patiently(Supplier<T> attempt) {
    Backoff backoff = backoffs.get();
    long deadline = options.ticker().nanos() + options.openTimeout().toNanos();
    while (true) {
      try {
        return attempt.get();
      } catch (UnavailableException e) {
        if (options.ticker().nanos() - deadline >= 0) {
          throw e;
        }
        LockSupport.parkNanos(backoff.next().toNanos());
      }
    }
  }

  private void restore(
      ReplicaWriter writer, LogState head, RestoredFiles.Guard guard, boolean overwrite)
      throws IOException {
    var request =
        RestoreRequest.latest(store, files.database())
            .reportingTo(new LoggedProgress(files.database().toString()));
    RestoreResult result =
        new Restorer(options.ticker(), backoffs, RestoredFiles.Steps.untold())
            .restore(
                overwrite ? request.overwriting() : request, files, RestorePoint.head(head), guard);
    log.info(
        "restored {} from {} at seq {} (written {}): {} blocks ({} of them from the local file),"
            + " {} bytes of WAL, {} bytes fetched, {} ms",
        result.destination(),
        replica,
        result.seq(),
        result.commitTime(),
        result.blocks(),
        result.localBlocks(),
        result.walBytes(),
        result.bytesFetched(),
        result.elapsed().toMillis());
    LocalRecord restored =
        LocalRecord.read(files.record())
            .orElseThrow(() -> new IOException(files.record() + " vanished after a restore"));
    writer.start(head, restored, false);
  }

  /** Says every few seconds how far a long restore is. */
  private final class LoggedProgress implements RestoreProgress {
    private final String database;
    private long lastNanos = options.ticker().nanos();

    private LoggedProgress(String database) {
      this.database = database;
    }

    @Override
    public void blocksWritten(long blocks, long totalBlocks, long bytesFetched) {
      long now = options.ticker().nanos();
      if (now - lastNanos >= PROGRESS_EVERY.toNanos()) {
        lastNanos = now;
        log.info(
            "restoring {}: {} of {} blocks, {} bytes fetched",
            database,
            blocks,
            totalBlocks,
            bytesFetched);
      }
    }
  }
}
