package io.haduck.core.internal.opening;

import io.haduck.core.FencedException;
import io.haduck.core.LocalFileException;
import io.haduck.core.internal.capture.ReplicaWriter;
import io.haduck.core.internal.duckdb.DatabaseHeaders;
import io.haduck.core.internal.duckdb.DatabaseMoment;
import io.haduck.core.internal.duckdb.HeaderMovedException;
import io.haduck.core.internal.fetch.RangeFetcher;
import io.haduck.core.internal.local.FileStamp;
import io.haduck.core.internal.local.LocalFiles;
import io.haduck.core.internal.local.LocalRecord;
import io.haduck.core.internal.log.LoadProgress;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.internal.restoring.Restoration;
import io.haduck.core.internal.watch.DatabaseObserver;
import io.haduck.core.store.ReplicaPlace;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A database that was opened while its store did not answer: judges it when the store does, while
 * DuckDB has it open, so that nothing can be restored over it any more.
 *
 * <p>What is known of it was observed before DuckDB opened it. It may take the log over only if the
 * head is what its record says, or what its record intended: then nobody else has written, and what
 * DuckDB does to the file continues the log.
 *
 * @param record of the local file, which names this replica
 * @param iteration of its last checkpoint when it was opened
 * @param walLength of its write-ahead log's stream then, in bytes
 */
public record OfflineOpening(LocalFiles files, LocalRecord record, long iteration, long walLength) {
  private static final Logger log = LoggerFactory.getLogger(OfflineOpening.class);

  /**
   * Looks at a local file that DuckDB has not opened yet.
   *
   * @param replica that does not answer
   * @param problem why
   * @throws LocalFileException if it cannot be opened without the replica, and why
   */
  static OfflineOpening of(LocalFiles files, String replica, String problem) throws IOException {
    Restoration.settle(files);
    Optional<LocalRecord> record = LocalRecord.read(files.record());
    String refused = refusal(files, record, replica);
    if (refused == null) {
      try (FoundDatabase found = FoundDatabase.observe(files)) {
        LocalRecord known = record.orElseThrow();
        boolean behind =
            found.iteration() < known.iteration()
                || (found.iteration() == known.iteration() && found.walLength() < known.wal());
        if (!behind) {
          log.warn(
              "{} is opened without its replica, which does not answer ({}): if another writer owns it, or takes it"
                  + " over meanwhile, what is committed from here on will have diverged",
              files.database(),
              problem);
          return new OfflineOpening(files, known, found.iteration(), found.walLength());
        }
        refused = "the replica holds commits that the local file does not";
      }
    }
    throw new LocalFileException(
        "cannot open "
            + files.database()
            + " although offline=allow: its replica "
            + replica
            + " does not answer ("
            + problem
            + "), and "
            + refused
            + ". Open it when the replica answers, or without one (haduck.replica=none)");
  }

  private static @Nullable String refusal(
      LocalFiles files, Optional<LocalRecord> record, String replica) throws IOException {
    if (!files.databaseExists()) {
      return "there is no local file";
    }
    if (record.isEmpty()) {
      return "there is no usable " + files.record() + " that says where the file belongs";
    }
    LocalRecord known = record.get();
    if (!ReplicaPlace.isSame(known.replica(), replica)) {
      return files.record() + " names another replica, " + known.replica();
    }
    if (known.committed().seq() == 0) {
      return "the replica is not known to hold it yet";
    }
    if (known.detached()) {
      return "it was restored to an earlier point of it";
    }
    if (!FileStamp.of(files.database()).isSameFile(known.stamp())) {
      return "the local file is not the one that "
          + files.record()
          + " describes (another inode: it was copied or replaced)";
    }
    return null;
  }

  /**
   * Lets a writer begin at the head of the log, if this file is the one that the log goes on with.
   * To be called again if the store does not answer.
   *
   * @throws FencedException if it is not
   * @throws io.haduck.core.DivergedException if the log has lost history
   */
  public void begin(
      ReplicaWriter writer,
      ReplicationLog replicationLog,
      DatabaseObserver observer,
      RangeFetcher fetcher)
      throws IOException {
    String replica = record.replica();
    Optional<LogState> loaded = replicationLog.loadLatest(LoadProgress.NONE);
    new RecordedHistory(files, replica, replicationLog).require(Optional.of(record), loaded);
    LogState head = loaded.orElseThrow();
    String problem = problem(head, observer);
    if (problem == null) {
      problem = difference(head, observer, fetcher);
    }
    if (problem != null) {
      throw new FencedException(
          files.database()
              + " was opened while "
              + replica
              + " did not answer, and now "
              + problem
              + ". What was committed to the local file since then is not in the replica, and will not be. Close the"
              + " database and open it anew: what it says then tells how to keep either side (with on_diverge=restore the"
              + " local files are kept under another name, and the replica is restored)");
    }
    writer.startUnproven(head, record);
  }

  private @Nullable String problem(LogState head, DatabaseObserver observer) throws IOException {
    if (!FileStamp.of(files.database()).isSameFile(record.stamp())) {
      return "the local file is another one";
    }
    DatabaseHeaders headers = observer.observeHeaders();
    if (!Reconciliation.mayBeSameDatabase(headers, head)) {
      return "it holds database "
          + head.identity().identifier()
          + ", the local file database "
          + headers.main().databaseIdentifier();
    }
    if (!head.lineage().equals(record.lineage())) {
      return "it holds another lineage, " + head.lineage() + " instead of " + record.lineage();
    }
    if (!head.position().equals(record.committed()) && !head.position().equals(record.intent())) {
      return "another writer has added to it (the head is seq "
          + head.position().seq()
          + " of epoch "
          + head.epoch()
          + ", written "
          + head.time()
          + ", the file was at seq "
          + record.committed().seq()
          + ")";
    }
    boolean holdsMore =
        head.identity().iteration() > iteration
            || (head.identity().iteration() == iteration && head.wal().length() > walLength);
    return holdsMore
        ? "it holds commits that the local file had lost before (the head has iteration "
            + head.identity().iteration()
            + " with "
            + head.wal().length()
            + " bytes of WAL, the file had iteration "
            + iteration
            + " with "
            + walLength
            + ")"
        : null;
  }

  /** While no checkpoint has come since, the log's commits must be the first ones of the local. */
  private static @Nullable String difference(
      LogState head, DatabaseObserver observer, RangeFetcher fetcher) throws IOException {
    DatabaseMoment now = observer.observeMoment();
    if (now.iteration() != head.identity().iteration()) {
      return null;
    }
    try {
      WalComparison comparison = WalComparison.of(observer.wal(), now.wal(), head.wal(), fetcher);
      return comparison.localHoldsAll() ? null : "the two have parted: " + comparison;
    } catch (HeaderMovedException e) {
      throw new LocalFileException(
          observer.file().path() + " had a checkpoint while it was compared; it is tried again", e);
    }
  }
}
