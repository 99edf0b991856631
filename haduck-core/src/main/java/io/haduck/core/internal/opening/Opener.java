package io.haduck.core.internal.opening;

import io.haduck.core.DivergedException;
import io.haduck.core.LocalFileException;
import io.haduck.core.MissingObjectException;
import io.haduck.core.UnavailableException;
import io.haduck.core.WritePermit;
import io.haduck.core.internal.capture.ReplicaWriter;
import io.haduck.core.internal.concurrent.Backoff;
import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.duckdb.DatabaseFiles;
import io.haduck.core.internal.fetch.RangeFetcher;
import io.haduck.core.internal.kept.KeptReplica;
import io.haduck.core.internal.local.FileStamp;
import io.haduck.core.internal.local.FileSteps;
import io.haduck.core.internal.local.LocalFiles;
import io.haduck.core.internal.local.LocalPermissions;
import io.haduck.core.internal.local.LocalRecord;
import io.haduck.core.internal.local.LocalStamps;
import io.haduck.core.internal.local.ProcessLock;
import io.haduck.core.internal.log.LoadProgress;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.PatientStore;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.internal.restoring.CatalogName;
import io.haduck.core.internal.restoring.KeptFiles;
import io.haduck.core.internal.restoring.Restoration;
import io.haduck.core.internal.restoring.RestoredFiles;
import io.haduck.core.internal.upkeep.Scrub;
import io.haduck.core.lease.WriterLease;
import io.haduck.core.restore.RestoreResult;
import io.haduck.core.settings.DivergePolicy;
import io.haduck.core.settings.OfflinePolicy;
import io.haduck.core.settings.RestorePolicy;
import io.haduck.core.store.ConditionalWriteProbe;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Opens a replica: lock, judge, restore, contend for the lease, take over; in that order, and again
 * from the judging on if somebody else was faster. For one use by one thread.
 */
public final class Opener {
  private static final Logger log = LoggerFactory.getLogger(Opener.class);
  private static final int ROUNDS = 5;

  /** Nobody looks after each start of a process that is to take over by itself. */
  private static final int MOST_KEPT_BY_A_STANDBY = 3;

  private final OpeningRequest options;
  private final LocalFiles files;
  private final PatientStore store;
  private final String replica;
  private final ReplicationLog replicationLog;
  private final Supplier<Backoff> backoffs;
  private final RangeFetcher fetcher;
  private final TriedOpening tried;
  private final OpeningPatience patience;
  private final HeadRestoration restoration;

  /** The store has told what the log holds. */
  private boolean answered;

  /** What this opening has restored; null if nothing was missing. */
  private @Nullable RestoreResult restored;

  private Opener(OpeningRequest options, LocalFiles files) {
    this.options = options;
    this.files = files;
    this.patience = new OpeningPatience(options.openTimeout(), options.policy().offline());
    this.store = new PatientStore(options.store(), patience.ofCalls(), options.ticker());
    this.replica = store.toString();
    var random = new Random();
    this.backoffs = () -> new Backoff(Duration.ofMillis(200), Duration.ofSeconds(15), random);
    this.replicationLog = new KeptReplica(store, Retries.once()).log();
    this.fetcher = new RangeFetcher(store, backoffs);
    this.tried = new TriedOpening(files, options.trial());
    this.restoration = new HeadRestoration(options, files, store, backoffs);
  }

  public static OpenedReplica open(OpeningRequest options) {
    DatabaseFiles.requireSupportedSystem();
    LocalFiles files;
    try {
      files = LocalFiles.of(options.database());
    } catch (IOException e) {
      throw new LocalFileException("cannot open " + options.database() + ": " + e.getMessage(), e);
    }
    WriterLease lease = options.lease();
    Duration longest = lease.isContended() ? lease.options().longestWait() : Duration.ZERO;
    ProcessLock lock = ProcessLock.take(files, longest, options.ticker());
    var opening = new Opener(options, files);
    try {
      LocalPermissions.require(files);
      return opening.open(lock);
    } catch (IOException e) {
      letGo(lease);
      lock.close();
      throw new LocalFileException("cannot open " + files.database() + ": " + e, e);
    } catch (RuntimeException | Error e) {
      letGo(lease);
      lock.close();
      throw e;
    }
  }

  private static void letGo(WriterLease lease) {
    if (!lease.release()) {
      log.warn("the lease cannot be given back: others wait until its time is over");
    }
  }

  private OpenedReplica open(ProcessLock lock) throws IOException {
    var writer =
        new ReplicaWriter(
            files,
            replica,
            options.written().text(),
            options.policy().rewind(),
            store,
            replicationLog,
            options.compression(),
            options.clock(),
            options.ticker(),
            backoffs,
            options.rollUpAfter(),
            options.reviewFromBytes(),
            options.compaction());
    var scrub = new Scrub(options.scrubInterval(), options.clock(), options.ticker());
    OfflineOpening late = null;
    writer.head().permittedBy(options.lease().permit());
    try {
      takeOver(writer, scrub);
    } catch (UnavailableException e) {
      if (answered || options.policy().offline() != OfflinePolicy.ALLOW) {
        throw e;
      }
      store.patience(options.openTimeout());
      late = OfflineOpening.of(files, replica, problem(e));
    }
    store.tireless();
    return new OpenedReplica(
        files, writer, store, replicationLog, fetcher, scrub, late, restored, lock, backoffs.get());
  }

  private void takeOver(ReplicaWriter writer, Scrub scrub) throws IOException {
    for (int round = 1; round <= ROUNDS; round++) {
      if (tryTakeOver(writer, scrub)) {
        return;
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

  private boolean tryTakeOver(ReplicaWriter writer, Scrub scrub) throws IOException {
    Optional<LogState> head = loadHead();
    answered = true;
    try {
      return tryTakeOver(writer, scrub, head);
    } catch (MissingObjectException e) {
      long seq = head.map(state -> state.position().seq()).orElse(0L);
      if (replicationLog.firstBeyond(seq).isEmpty()) {
        throw e; // what the head needs is never given up
      }
      log.info("{} is not at seq {} any more: {}", replica, seq, e.getMessage());
      return false;
    }
  }

  private boolean tryTakeOver(ReplicaWriter writer, Scrub scrub, Optional<LogState> head)
      throws IOException {
    store.patience(options.openTimeout());
    Restoration.settle(files);
    Optional<LocalRecord> record = LocalRecord.read(files.record());
    LocalStamps judged = LocalStamps.of(files);
    if (head.isPresent()) {
      FileStamp file = files.databaseExists() ? FileStamp.of(files.database()) : null;
      options.written().require(replica, head.get(), WrittenPath.own(record, file));
    }
    Judgement judgement =
        new Reconciliation(files, store, replicationLog, fetcher, options.policy())
            .judge(record, head);
    // Whoever opens it says that it has diverged; a pool that tries again and again does not.
    log.atLevel(judgement.divergence() == null ? Level.INFO : Level.DEBUG)
        .log(
            "{} and {}: {}{}",
            files.database(),
            replica,
            judgement.verdict(),
            head.map(state -> ", log at seq " + state.position().seq()).orElse(""));
    if (judgement.verdict().opensWhatIsThere() && tried.again(record)) {
      return tryTakeOver(writer, scrub); // DuckDB may have tidied up its write-ahead log
    }
    switch (judgement.verdict()) {
      case NEW, ADOPT -> {
        writer.startEmpty();
        boolean unusedSinceItIsTrue = patiently(this::probed);
        contend(0);
        return loadHead().isEmpty(); // whoever was waited for may have begun it
      }
      case RESTORE -> {
        sayWhatIsRestored(record.isPresent(), head.orElseThrow());
        restore(writer, head.orElseThrow(), RestoredFiles.Guard.unguarded(), false);
      }
      case FAST_FORWARD -> restore(writer, head.orElseThrow(), unchanged(judged), true);
      case FAST_FORWARD_KEEPING ->
          restoreKeeping(writer, head.orElseThrow(), judged, KeptFiles.REPLACED);
      case DIVERGED ->
          restoreDiverged(
              writer, head.orElseThrow(), judged, Objects.requireNonNull(judgement.divergence()));
      case UNCHANGED, PROVEN -> writer.start(head.orElseThrow(), judgement.requireRecord());
      case RECORDED -> {
        writer.start(head.orElseThrow(), judgement.requireRecord());
        scrub.soon();
      }
      case DESCENDANT -> writer.startUnproven(head.orElseThrow(), judgement.requireRecord());
      case REWIND -> writer.startRewinding(head.orElseThrow(), judgement.requireRecord());
    }
    head.ifPresent(this::sayWhatItIsCalled);
    long seq = head.orElseThrow().position().seq();
    contend(seq);
    boolean ours = settled(writer);
    if (ours && judgement.verdict() == Verdict.REWIND) {
      RewoundHead.name(store, seq); // before anything is sent
    }
    return ours;
  }

  /** Only where the log is of another path yet: the EPOCH to come says this one. */
  private void sayWhatItIsCalled(LogState head) {
    CatalogName.changed(head.databasePath(), options.written().path()).ifPresent(log::warn);
  }

  /** A new disk, as after the loss of a machine, is what a replica is for; another path is not. */
  private void sayWhatIsRestored(boolean known, LogState head) {
    String path = head.databasePath();
    if (known || options.written().text().equals(path)) {
      log.info("{} does not exist: restoring it from {}", files.database(), replica);
    } else if (path != null) {
      // Somebody gave the name, else it would be refused: a pod whose path is new at each start.
      log.info(
          "{} does not exist: restoring it, by its haduck.name, from {}, which was that of {} so far",
          files.database(),
          replica,
          path);
    } else {
      log.warn(
          "{} does not exist and never belonged to {}, which does not tell of which path it is: restoring from there",
          files.database(),
          replica);
    }
  }

  /** Keeps the local files under another name, if that is what the user wants. */
  private void restoreDiverged(
      ReplicaWriter writer, LogState head, LocalStamps judged, DivergedException divergence)
      throws IOException {
    if (options.policy().onDiverge() != DivergePolicy.RESTORE
        || options.policy().restore() == RestorePolicy.NEVER) {
      throw divergence;
    }
    log.warn(
        "{}. Now the local files are kept under another name, and the replica is restored (on_diverge=restore, which a standby always does)",
        divergence.getMessage());
    restoreKeeping(writer, head, judged, KeptFiles.DIVERGED);
  }

  /** Kept when nobody can write to it any more, just before it is replaced. */
  private void restoreKeeping(
      ReplicaWriter writer, LogState head, LocalStamps judged, String suffix) throws IOException {
    var kept = new KeptFiles(files, FileSteps.untold(), suffix);
    restore(
        writer,
        head,
        () -> {
          judged.requireUnchanged(files);
          Path second = kept.keep(options.clock().instant());
          log.warn(
              "{} is kept as {}: delete it when you know that nothing in it is missed",
              files.database(),
              second);
          return second;
        },
        true);
    if (options.image() != null) {
      kept.dropOldest(MOST_KEPT_BY_A_STANDBY);
    }
  }

  private RestoredFiles.Guard unchanged(LocalStamps judged) {
    return () -> {
      judged.requireUnchanged(files);
      return null;
    };
  }

  /** Last of all: whoever restores for long, or fails, has not had the lease. */
  private void contend(long known) {
    options.lease().acquire(files.database(), files.lock(), () -> replicationLog.lastSeq(known));
  }

  private boolean settled(ReplicaWriter writer) {
    boolean ours = patiently(writer::takeOver);
    if (!ours && options.lease().permit().ask() instanceof WritePermit.Fenced lost) {
      throw lost.evidence(); // judging it again would not bring the lease back
    }
    return ours;
  }

  /**
   * With a new nonce each time: what is left of an attempt without an answer would look like a
   * loser's.
   */
  private boolean probed() {
    String nonce = UUID.randomUUID().toString().replace("-", "");
    new ConditionalWriteProbe(store).run(nonce);
    if (store.keepsDeleted()) {
      log.info(
          "{} keeps what is deleted as noncurrent versions, which cost as much: give its bucket a lifecycle rule that"
              + " expires them (docs/operating/retention.md)",
          replica);
    }
    return true;
  }

  /** What the store did, without what would be advised to who may not open without it. */
  private static String problem(UnavailableException failure) {
    return String.valueOf(
        failure.getCause() instanceof UnavailableException store
            ? store.getMessage()
            : failure.getMessage());
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
              + e.getMessage()
              + (files.databaseExists()
                  ? ". To open the local database all the same, set haduck.offline=allow"
                  : ""),
          e);
    }
  }

  /** Tries until the store answers, or the time for opening is over. */
  private <T> T patiently(Supplier<T> attempt) {
    long begun = answered ? options.ticker().nanos() : options.begunNanos();
    long deadline = begun + patience.of(answered).toNanos();
    return Retries.unlimited(backoffs).runWhile(attempt, () -> deadline - options.ticker().nanos());
  }

  private void restore(
      ReplicaWriter writer, LogState head, RestoredFiles.Guard guard, boolean overwrite)
      throws IOException {
    restored = restoration.run(head, guard, overwrite);
    LocalRecord restoredRecord =
        LocalRecord.read(files.record())
            .orElseThrow(() -> new IOException(files.record() + " vanished after a restore"));
    LocalRecord opens = tried.restored(restoredRecord);
    if (opens.wal() > 0 && tried.hasMovedFrom(opens)) {
      writer.startUnproven(head, opens);
    } else {
      writer.start(head, opens);
    }
  }
}
