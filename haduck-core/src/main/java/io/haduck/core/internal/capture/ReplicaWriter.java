package io.haduck.core.internal.capture;

import io.haduck.core.DatabasePosition;
import io.haduck.core.DivergedException;
import io.haduck.core.FencedException;
import io.haduck.core.HaduckException;
import io.haduck.core.Ticker;
import io.haduck.core.UnavailableException;
import io.haduck.core.internal.concurrent.Backoff;
import io.haduck.core.internal.duckdb.DatabaseHeaders;
import io.haduck.core.internal.local.FileStamp;
import io.haduck.core.internal.local.HeaderImages;
import io.haduck.core.internal.local.LocalFiles;
import io.haduck.core.internal.local.LocalRecord;
import io.haduck.core.internal.local.RecordKeeper;
import io.haduck.core.internal.log.AppendResult;
import io.haduck.core.internal.log.BlockCompression;
import io.haduck.core.internal.log.BlockIndex;
import io.haduck.core.internal.log.Changeset;
import io.haduck.core.internal.log.ChangesetCodec;
import io.haduck.core.internal.log.EncodedChangeset;
import io.haduck.core.internal.log.LogPosition;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.internal.log.SnapshotPolicy;
import io.haduck.core.internal.upkeep.HeadCheck;
import io.haduck.core.internal.watch.DatabaseObserver;
import io.haduck.core.internal.watch.Observation;
import io.haduck.core.store.ObjectStore;
import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Adds to the log what the local database has and the log has not: one commit at a time, each
 * settled before the next is begun. For one thread at a time: the one that opens, then the {@link
 * Replicator}'s.
 */
public final class ReplicaWriter implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ReplicaWriter.class);
  private static final long LONG_READ_BYTES = 16 << 20;

  /** In one round: a scan that finds nothing is not needed again, unless somebody else is wrong. */
  private static final int MOST_SCANS = 10;

  private final LocalFiles files;
  private final String replica;
  private final String databasePath;
  private final boolean keepsPath;
  private final ReplicationLog replicationLog;
  private final InstantSource clock;
  private final Ticker ticker;
  private final Uploads uploads;
  private final RecordKeeper record;
  private final BlockCompression compression = new BlockCompression();
  private final RollUp rollUp;
  private final HeadCheck headCheck;
  private final UUID nonce = UUID.randomUUID();
  private final UUID newLineage = UUID.randomUUID();

  private @Nullable LogState state;
  private @Nullable PendingCommit pending;
  private boolean fullScanDue;

  /** The next changeset undoes what the log has beyond the local file. */
  private boolean rewindDue;

  private DatabasePosition held = DatabasePosition.NONE;
  private volatile boolean closed;

  /**
   * A writer that has nothing yet.
   *
   * @param databasePath absolute, as the user wrote it: what the log says of which database it is
   * @param keepsPath whether the log goes on saying what it said, if it did
   */
  public ReplicaWriter(
      LocalFiles files,
      String replica,
      String databasePath,
      boolean keepsPath,
      ObjectStore store,
      ReplicationLog replicationLog,
      InstantSource clock,
      Ticker ticker,
      Supplier<Backoff> backoffs,
      int rollUpAfter) {
    this.files = files;
    this.replica = replica;
    this.databasePath = databasePath;
    this.keepsPath = keepsPath;
    this.replicationLog = replicationLog;
    this.clock = clock;
    this.ticker = ticker;
    this.uploads = new Uploads(store, nonce, backoffs);
    this.record = new RecordKeeper(files, replica);
    this.rollUp = new RollUp(store, rollUpAfter);
    this.headCheck = new HeadCheck(replicationLog, ticker);
  }

  /** Where the log is, as far as this writer knows. */
  public LogPosition committed() {
    return state == null ? LogPosition.START : state.position();
  }

  /** Of this writer; 1 until the first commit to an empty log. */
  public long epoch() {
    return state == null ? 1 : state.epoch();
  }

  /** Of the log, or the one that it will have. */
  public UUID lineage() {
    return state == null ? newLineage : state.lineage();
  }

  /**
   * Whether the log holds exactly the checkpoint that these headers name, and no scan is
   * outstanding.
   */
  public boolean covers(DatabaseHeaders headers) {
    LogState known = state;
    return known != null && !fullScanDue && pending == null && covers(known, headers);
  }

  private static boolean covers(LogState known, DatabaseHeaders headers) {
    return known.headers().equals(HeaderImages.of(headers));
  }

  /** Begins with a log that has no changeset: the first commit is a BASE. */
  public void startEmpty() {
    state = null;
    record.start(null);
  }

  /**
   * Begins at the head of a log, on a local file that was judged.
   *
   * @param localRecord of the file
   * @param scan whether all blocks must be hashed before the log is known to hold what the file
   *     does
   */
  public void start(LogState head, LocalRecord localRecord, boolean scan) {
    state = head;
    record.start(localRecord);
    fullScanDue = scan;
    headCheck.seen();
  }

  /**
   * Begins at the head of a log, on a local file that was restored to an earlier point: the first
   * commit makes what it holds the head again.
   */
  public void startRewinding(LogState head, LocalRecord localRecord) {
    start(head, localRecord, true);
    rewindDue = true;
  }

  /** These blocks are sent as they are now, with all others that may have changed. */
  public void resend(DatabaseObserver observer, RoaringBitmap blocks) {
    observer.suspect(blocks);
    fullScanDue = true;
    held = DatabasePosition.NONE;
  }

  /** What the log holds, if that is the checkpoint in the file and nothing is outstanding. */
  public @Nullable LogState settledState() {
    return fullScanDue || pending != null ? null : state;
  }

  // --- is the log still there?

  /** How long until the log is to be looked at although nothing is written, in nanoseconds. */
  public long nanosToLook() {
    return headCheck.nanosToNext();
  }

  /**
   * Looks whether the log still ends with what was committed last.
   *
   * @throws DivergedException if it has lost history
   * @throws FencedException if another writer has added to it
   */
  public void look() {
    LogPosition committed = committed();
    // What is pending may be what was added.
    if (committed.seq() > 0 && headCheck.look(committed) && pending == null) {
      throw fenced(committed.seq() + 1, null);
    }
  }

  /**
   * Appends the EPOCH by which this writer takes over; to be called again, for the same bytes,
   * while the outcome is not known.
   *
   * @return false if somebody else has added to the log first: judge the local file again
   * @throws UnavailableException if the outcome is not known
   */
  public boolean takeOver() {
    LogState head = state;
    if (head == null) {
      throw new IllegalStateException("an empty log begins with a BASE");
    }
    PendingCommit epoch = pending;
    if (epoch == null) {
      String said = head.databasePath();
      String path = keepsPath && said != null ? said : databasePath;
      EncodedChangeset encoded =
          ChangesetCodec.encode(head.nextEpoch(nonce, clock.instant(), path), List.of());
      epoch = new PendingCommit(encoded, null, null, 0, ticker.nanos());
      pending = epoch;
    }
    try {
      settle(null, null);
      return true;
    } catch (FencedException e) {
      pending = null;
      record.takeBackEpoch();
      return false;
    }
  }

  /** The last position of the database that is known to be in the log. */
  public DatabasePosition held() {
    return held;
  }

  /**
   * Brings the log up to date with the file and its WAL: settles what is pending, and captures if
   * they have moved.
   *
   * @param listener told of each commit that is made
   */
  public void catchUp(DatabaseObserver observer, WriterListener listener) throws IOException {
    if (headCheck.failed()) {
      look();
    }
    if (pending != null) {
      settle(observer, listener);
    }
    for (int scans = 0; !capture(observer, listener); scans++) {
      if (scans > MOST_SCANS) {
        throw new IllegalStateException("a scan does not end: " + files.database());
      }
    }
  }

  /** False if a scan was needed, and only commits may be missing now. */
  private boolean capture(DatabaseObserver observer, WriterListener listener) throws IOException {
    long begun = ticker.nanos();
    var capture = new Capture(observer, compression, uploads.limits());
    for (int attempt = 1; ; attempt++) {
      requireOpen();
      Observation seen = observer.observe();
      Capture.Wanted wanted = wanted(seen);
      if (isInLog(wanted)) {
        held = seen.position();
        return true;
      }
      BlockIndex index = state == null ? new BlockIndex() : state.index();
      Optional<Capture.Captured> captured;
      listener.readingBegins(attempt > 1 || wanted.bytesToRead() > LONG_READ_BYTES);
      // Before the headers are read for the last time, so that a later write shows in the stamp.
      FileStamp stamp = FileStamp.of(files.database());
      try {
        captured =
            capture.capture(
                wanted, index, uploads.of(lineage(), committed().seq() + 1), listener::readingEnds);
      } finally {
        listener.readingEnds();
      }
      if (captured.isEmpty()) {
        log.debug("{}: the header moved during capture attempt {}", files.database(), attempt);
      } else if (isWhatTheLogSays(wanted, captured.get())) {
        scanned(observer, wanted.seen(), stamp);
        return false;
      } else {
        commit(observer, wanted, stamp, captured.get(), begun, listener);
        return true;
      }
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new UnavailableException("the replicator of " + files.database() + " was closed");
    }
  }

  /** What the log does not have of what was seen. */
  private Capture.Wanted wanted(Observation seen) {
    LogState known = state;
    return known == null || !covers(seen.headers())
        ? new Capture.Wanted(seen, true, 0)
        : new Capture.Wanted(seen, false, ShippedWal.unchangedUpTo(known, seen));
  }

  private boolean isInLog(Capture.Wanted wanted) {
    LogState known = state;
    return known != null
        && !wanted.checkpoint()
        && wanted.walFrom() == wanted.seen().wal().end()
        && wanted.walFrom() == ShippedWal.length(known, wanted.seen());
  }

  /** Whether a scan has found all blocks to be what the log has already. */
  private boolean isWhatTheLogSays(Capture.Wanted wanted, Capture.Captured captured) {
    LogState head = state;
    return head != null
        && !rewindDue
        && wanted.checkpoint()
        && captured.blocks().isEmpty()
        && captured.freed().isEmpty()
        && covers(head, wanted.seen().headers());
  }

  private void scanned(DatabaseObserver observer, Observation seen, FileStamp stamp) {
    fullScanDue = false;
    observer.blocksCommitted(seen);
    record.committed(Objects.requireNonNull(state), seen, stamp);
  }

  private void commit(
      DatabaseObserver observer,
      Capture.Wanted wanted,
      FileStamp stamp,
      Capture.Captured captured,
      long begun,
      WriterListener listener)
      throws IOException {
    Observation seen = wanted.seen();
    LogState head = state;
    Changeset changeset = changesetOf(head, wanted, captured);
    EncodedChangeset encoded = ChangesetCodec.encode(changeset, captured.inline());
    if (head != null) {
      head.requireApplicable(encoded.decoded());
    }
    pending = new PendingCommit(encoded, seen, stamp, captured.blocksRead(), begun);
    settle(observer, listener);
    LogState after = state;
    if (after != null) {
      rollUp.beginIfDue(after, observer, compression, seen.wal().rewinds());
    }
  }

  private Changeset changesetOf(
      @Nullable LogState head, Capture.Wanted wanted, Capture.Captured captured) {
    Observation seen = wanted.seen();
    var draft = new ChangesetDraft(nonce, clock.instant(), seen, captured);
    if (head == null) {
      return draft.base(newLineage, databasePath);
    }
    if (wanted.checkpoint()) {
      return draft.checkpoint(head);
    }
    Optional<RollUp.Done> rolledUp = rollUp.take(head, seen.wal().rewinds());
    return rolledUp.isPresent() && wanted.walFrom() == ShippedWal.length(head, seen)
        ? draft.selfContainedWal(head, rolledUp.get())
        : draft.wal(head, wanted.walFrom());
  }

  /** Appends what is pending; leaves it pending if the outcome is not known. */
  private void settle(@Nullable DatabaseObserver observer, @Nullable WriterListener listener) {
    PendingCommit open = pending;
    if (open == null) {
      throw new IllegalStateException("nothing is pending");
    }
    LogPosition position = open.encoded().position();
    requireOpen();
    if (headCheck.isDueBeforeWriting()) {
      look();
    }
    record.intend(lineage(), position);
    AppendResult result = replicationLog.append(open.encoded());
    switch (result.outcome()) {
      case COMMITTED -> {
        committed(open, observer, listener);
      }
      case TAKEN -> throw fenced(position.seq(), result.cause());
      default ->
          throw new UnavailableException(
              "the outcome of writing "
                  + replica
                  + "/"
                  + open.encoded().key()
                  + " is not known: "
                  + result.cause()
                  + ". The same bytes will be written again",
              result.cause());
    }
  }

  private FencedException fenced(long seq, @Nullable Throwable cause) {
    return Takeover.at(seq, replicationLog)
        .fenced(replica, files.database(), clock.instant(), cause);
  }

  private void committed(
      PendingCommit settled,
      @Nullable DatabaseObserver observer,
      @Nullable WriterListener listener) {
    EncodedChangeset encoded = settled.encoded();
    LogState after = state;
    if (after == null) {
      after = LogState.start(encoded.decoded());
      state = after;
      headCheck.seen();
    } else {
      after.apply(encoded.decoded());
    }
    pending = null;
    Observation seen = settled.observation();
    FileStamp stamp = settled.stamp();
    if (seen == null || stamp == null || observer == null || listener == null) {
      record.committedEpoch(after);
      return;
    }
    if (encoded.changeset().kind().hasHeaders()) {
      fullScanDue = false;
      rewindDue = false;
    }
    held = seen.position();
    listener.committed(settled.receipt(after, ticker), held);
    observer.committed(seen);
    uploads.close();
    record.committed(after, seen, stamp);
    snapshotIfDue(after);
  }

  /**
   * DuckDB has closed the file: notes how it looks now, so that opening it again need not read it,
   * if the log holds it, and can tell DuckDB's closing checkpoint from changes, if it does not.
   *
   * @param closing where the database was just before its only connection was closed
   * @param closed the file just after that; null if somebody may have had it open still
   */
  public void noteClosed(
      DatabaseObserver observer, DatabasePosition closing, @Nullable FileStamp closed)
      throws IOException {
    DatabaseHeaders headers = observer.look();
    if (covers(headers)) {
      record.closed(headers);
    } else if (closed != null) {
      ClosingCheckpointProof.look(observer, closing, closed, held).ifPresent(record::closedAside);
    }
  }

  private void snapshotIfDue(LogState after) {
    try {
      if (SnapshotPolicy.DEFAULT.isDue(after)) {
        replicationLog.writeSnapshot(after);
      }
    } catch (HaduckException e) {
      log.warn("no snapshot of seq {} in {}: {}", after.position().seq(), replica, e.getMessage());
    }
  }

  /** Lets a capture that is under way come to its end soon; for any thread. */
  public void stop() {
    closed = true;
    uploads.stop();
  }

  /** Frees what the writer holds, when its thread has ended. */
  @Override
  public void close() {
    uploads.close();
    rollUp.close();
    record.close();
    compression.close();
  }
}
