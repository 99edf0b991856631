package io.haduck.core.internal.capture;

import io.haduck.core.DatabasePosition;
import io.haduck.core.Ticker;
import io.haduck.core.UnavailableException;
import io.haduck.core.internal.compaction.Compaction;
import io.haduck.core.internal.compaction.CompactionRules;
import io.haduck.core.internal.concurrent.Backoff;
import io.haduck.core.internal.duckdb.DatabaseHeaders;
import io.haduck.core.internal.local.FileStamp;
import io.haduck.core.internal.local.HeaderImages;
import io.haduck.core.internal.local.LocalFiles;
import io.haduck.core.internal.local.LocalRecord;
import io.haduck.core.internal.local.RecordKeeper;
import io.haduck.core.internal.log.Appender;
import io.haduck.core.internal.log.BlockCompression;
import io.haduck.core.internal.log.BlockIndex;
import io.haduck.core.internal.log.Changeset;
import io.haduck.core.internal.log.ChangesetCodec;
import io.haduck.core.internal.log.EncodedChangeset;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.internal.upkeep.MetadataReview;
import io.haduck.core.internal.watch.DatabaseObserver;
import io.haduck.core.internal.watch.Observation;
import io.haduck.core.settings.Compression;
import io.haduck.core.store.ObjectStore;
import java.io.IOException;
import java.time.InstantSource;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings to the log what the local database has and the log has not: captures what has changed, and
 * adds it at the {@link LogHead}. For one thread at a time.
 */
public final class ReplicaWriter implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ReplicaWriter.class);
  private static final long LONG_READ_BYTES = 16 << 20;

  /** In one round: a scan that finds nothing is not needed again, unless somebody else is wrong. */
  private static final int MOST_SCANS = 10;

  private final LocalFiles files;
  private final String databasePath;
  private final boolean keepsPath;
  private final InstantSource clock;
  private final Ticker ticker;
  private final Uploads uploads;
  private final RecordKeeper record;
  private final BlockCompression compression = new BlockCompression();
  private final RollUp rollUp;
  private final MetadataReview review;
  private final Compaction compaction;
  private final LogHead head;

  private Agreement agreement = Agreement.PROVEN;
  private DatabasePosition held = DatabasePosition.NONE;

  /** Of no state above: any thread may set it at any time. */
  private volatile boolean stopped;

  /**
   * A writer that has nothing yet.
   *
   * @param databasePath absolute, as the user wrote it: what the log says of which database it is
   * @param keepsPath whether the log goes on saying what it said, if it did
   * @param sentAs how what is sent is compressed
   * @param rollUpAfter so many changesets the WAL is rolled up
   * @param reviewFromBytes the metadata is reviewed where a checkpoint would read so many bytes
   * @param compactionRules when what the head refers to is compacted
   */
  public ReplicaWriter(
      LocalFiles files,
      String replica,
      String databasePath,
      boolean keepsPath,
      ObjectStore store,
      ReplicationLog replicationLog,
      Compression sentAs,
      InstantSource clock,
      Ticker ticker,
      Supplier<Backoff> backoffs,
      int rollUpAfter,
      long reviewFromBytes,
      CompactionRules compactionRules) {
    this.files = files;
    this.databasePath = databasePath;
    this.keepsPath = keepsPath;
    this.clock = clock;
    this.ticker = ticker;
    UUID nonce = UUID.randomUUID();
    this.uploads = new Uploads(store, nonce, sentAs, ticker, backoffs);
    this.record = new RecordKeeper(files, replica);
    this.rollUp = new RollUp(store, sentAs, rollUpAfter);
    this.review = new MetadataReview(reviewFromBytes, ticker);
    this.compaction = uploads.compaction(compactionRules);
    var appender = new Appender(store, ticker, clock);
    var end = new LogHead.Log(replica, replicationLog, appender, UUID.randomUUID(), nonce);
    this.head = new LogHead(files, end, record, clock, ticker);
  }

  /** Returns the end of the log that this writes. */
  public LogHead head() {
    return head;
  }

  /**
   * Whether the log holds exactly the checkpoint that these headers name, and nothing is
   * outstanding.
   */
  public boolean covers(DatabaseHeaders headers) {
    LogState known = settledState();
    return known != null && covers(known, headers);
  }

  private static boolean covers(LogState known, DatabaseHeaders headers) {
    return known.headers().equals(HeaderImages.of(headers));
  }

  /** Begins with a log that has no changeset: the first commit is a BASE. */
  public void startEmpty() {
    head.start(null);
    record.start(null);
  }

  /** Begins at the head of a log, on a local file that was judged to be what the log says. */
  public void start(LogState found, LocalRecord localRecord) {
    start(found, localRecord, Agreement.PROVEN);
  }

  /**
   * Begins at the head of a log, on a local file that goes on where the log ends: its blocks must
   * be compared before the log is known to hold what the file does.
   */
  public void startUnproven(LogState found, LocalRecord localRecord) {
    start(found, localRecord, Agreement.UNPROVEN);
  }

  /**
   * Begins at the head of a log, on a local file that was restored to an earlier point: the first
   * commit makes what it holds the head again.
   */
  public void startRewinding(LogState found, LocalRecord localRecord) {
    start(found, localRecord, Agreement.REWOUND);
  }

  private void start(LogState found, LocalRecord localRecord, Agreement ofBlocks) {
    head.start(found);
    record.start(localRecord);
    agreement = ofBlocks;
  }

  /** These blocks are sent as they are now, with all others that may have changed. */
  public void resend(DatabaseObserver observer, RoaringBitmap blocks) {
    observer.suspect(blocks);
    if (agreement == Agreement.PROVEN) {
      agreement = Agreement.REFUTED;
    }
    held = DatabasePosition.NONE;
  }

  /**
   * Returns what the log holds, if that is the checkpoint in the file and nothing is outstanding.
   */
  public @Nullable LogState settledState() {
    return agreement != Agreement.PROVEN || head.isPending() ? null : head.state();
  }

  /**
   * Appends the EPOCH by which this writer takes over; to be called again, for the same bytes,
   * while the outcome is not known.
   *
   * @return false if somebody else has added to the log first: judge the local file again
   * @throws UnavailableException if the outcome is not known
   */
  public boolean takeOver() {
    LogState known = head.state();
    String said = known == null ? null : known.databasePath();
    return head.takeOver(keepsPath && said != null ? said : databasePath, this::requireRunning);
  }

  /** The last position of the database that is known to be in the log. */
  public DatabasePosition held() {
    return held;
  }

  /**
   * Brings the log up to date with the files: settles what is pending, captures what has moved.
   *
   * @param listener told of each commit that is made
   */
  public void catchUp(DatabaseObserver observer, WriterListener listener) throws IOException {
    if (head.isInDoubt()) {
      head.check();
    }
    if (head.isPending()) {
      settle(observer, listener);
    }
    sendFound(observer);
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
      requireRunning();
      Observation seen = attempt == 1 ? observer.observeBeyond(held) : observer.observe();
      LogState known = head.state();
      var wanted = Capture.Wanted.beyond(known, covers(seen.headers()), seen);
      if (wanted.isInLog(known)) {
        held = seen.position();
        review.beginIfWorthwhile(observer, seen);
        return true;
      }
      BlockIndex index = known == null ? new BlockIndex() : known.index();
      Optional<Capture.Captured> captured;
      listener.readingBegins(attempt > 1 || wanted.bytesToRead() > LONG_READ_BYTES);
      // Before the headers are read for the last time, so that a later write shows in the stamp.
      FileStamp stamp = FileStamp.of(files.database());
      try {
        captured =
            capture.capture(
                wanted,
                index,
                uploads.of(head.lineage(), head.committed().seq() + 1),
                listener::readingEnds);
      } finally {
        listener.readingEnds();
      }
      if (captured.isEmpty()) {
        log.debug("{}: the header moved during capture attempt {}", files.database(), attempt);
      } else if (isWhatTheLogSays(wanted, captured.get())) {
        agreement = Agreement.PROVEN;
        observer.blocksCommitted(wanted.seen());
        record.committed(Objects.requireNonNull(head.state()), wanted.seen(), stamp);
        return false;
      } else {
        commit(observer, wanted, stamp, captured.get(), begun, listener);
        return true;
      }
    }
  }

  /** Whether something is to be sent although nothing has changed; for any thread. */
  public boolean hasFound() {
    return review.hasFound();
  }

  /** What a header uses though it lists it as free is not in the log yet. */
  private void sendFound(DatabaseObserver observer) throws IOException {
    MetadataReview.Found found = review.take();
    if (found != null) {
      observer.observeHeaders();
      if (observer.use(found.at().headers(), found.blocks())) {
        resend(observer, found.blocks());
      }
    }
  }

  private void requireRunning() {
    if (stopped) {
      throw new UnavailableException("the replicator of " + files.database() + " was closed");
    }
  }

  /** Whether a scan has found all blocks to be what the log has already. */
  private boolean isWhatTheLogSays(Capture.Wanted wanted, Capture.Captured captured) {
    LogState known = head.state();
    return known != null
        && agreement != Agreement.REWOUND
        && wanted.checkpoint()
        && captured.blocks().isEmpty()
        && captured.freed().isEmpty()
        && covers(known, wanted.seen().headers());
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
    LogState before = head.state();
    var draft = new ChangesetDraft(head.nonce(), clock.instant(), seen, captured);
    Changeset changeset =
        before == null
            ? draft.base(head.lineage(), databasePath)
            : draft.next(before, wanted, rollUp);
    EncodedChangeset encoded = ChangesetCodec.encode(changeset, captured.inline());
    if (before != null) {
      before.requireApplicable(encoded.decoded());
    }
    head.begin(new PendingCommit.Content(encoded, seen, stamp, captured.blocksRead(), begun));
    settle(observer, listener);
    LogState after = Objects.requireNonNull(head.state());
    rollUp.beginIfDue(after, observer, compression, seen.wal().rewinds());
    compaction.beginIfDue(after, observer.file(), encoded.decoded().writtenLength());
  }

  /** Appends what is pending; leaves it pending if the outcome is not known. */
  private void settle(DatabaseObserver observer, WriterListener listener) {
    requireRunning();
    PendingCommit settled = head.settle();
    if (settled instanceof PendingCommit.Content content) {
      committed(content, observer, listener);
    } else if (settled instanceof PendingCommit.Compacted compacted) {
      compaction.committed(compacted.moved());
      listener.wentOn();
    }
  }

  /** Returns what is known of the garbage at the head, and sees to it that it is not too much. */
  public Compaction compaction() {
    return compaction;
  }

  /**
   * Adds a changeset by which the log refers to blocks that were copied, if there are any, and
   * copies more if that is not enough. To be called when nothing is to be sent.
   */
  public void compact(DatabaseObserver observer, WriterListener listener) {
    LogState known = settledState();
    if (compaction.take(moved -> known != null && head.beginCompacted(moved))) {
      settle(observer, listener);
    }
    if (known != null) {
      compaction.beginIfDue(known, observer.file(), 0);
    }
  }

  private void committed(
      PendingCommit.Content settled, DatabaseObserver observer, WriterListener listener) {
    LogState after = Objects.requireNonNull(head.state());
    Observation seen = settled.observation();
    if (settled.encoded().changeset().kind().hasHeaders()) {
      agreement = Agreement.PROVEN;
    }
    held = seen.position();
    listener.committed(settled.receipt(after, ticker), held);
    observer.committed(seen);
    uploads.close();
    record.committed(after, seen, settled.stamp());
    if (settled.encoded().changeset().kind().hasHeaders()) {
      review.beginIfWorthwhile(observer, seen);
    }
    head.snapshotIfDue();
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
    DatabaseHeaders headers = observer.observeHeaders();
    if (covers(headers)) {
      record.closed(headers);
    } else if (closed != null) {
      ClosingCheckpointProof.find(observer, closing, closed, held).ifPresent(record::closedAside);
    }
  }

  /** Lets a capture that is under way come to its end soon; for any thread. */
  public void stop() {
    stopped = true;
    uploads.stop();
  }

  /** Frees what the writer holds, when its thread has ended. */
  @Override
  public void close() {
    uploads.close();
    rollUp.close();
    compaction.close();
    review.close();
    record.close();
    compression.close();
  }
}
