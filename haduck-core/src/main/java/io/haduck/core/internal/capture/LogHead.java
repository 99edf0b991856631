package io.haduck.core.internal.capture;

import io.haduck.core.DivergedException;
import io.haduck.core.FencedException;
import io.haduck.core.Ticker;
import io.haduck.core.UnavailableException;
import io.haduck.core.WritePermit;
import io.haduck.core.internal.compaction.MovedBlocks;
import io.haduck.core.internal.local.LocalFiles;
import io.haduck.core.internal.local.RecordKeeper;
import io.haduck.core.internal.log.AppendResult;
import io.haduck.core.internal.log.Appender;
import io.haduck.core.internal.log.Changeset;
import io.haduck.core.internal.log.ChangesetCodec;
import io.haduck.core.internal.log.DueSnapshots;
import io.haduck.core.internal.log.EncodedChangeset;
import io.haduck.core.internal.log.LogPosition;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.internal.log.SnapshotPolicy;
import io.haduck.core.internal.upkeep.HeadCheck;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of the log as its writer knows it, and the one commit that is being added to it. Each
 * commit is settled before the next is begun. For the one thread of its writer.
 */
public final class LogHead {
  private static final Logger log = LoggerFactory.getLogger(LogHead.class);

  private final LocalFiles files;
  private final String replica;
  private final ReplicationLog replicationLog;
  private final Appender appender;
  private final RecordKeeper record;
  private final InstantSource clock;
  private final HeadCheck headCheck;
  private final DueSnapshots snapshots;
  private final UUID newLineage;
  private final UUID nonce;

  private @Nullable LogState state;
  private @Nullable PendingCommit pending;
  private WritePermit permit = WritePermit.always();
  private boolean unpermitted;

  /**
   * The log that it is the end of.
   *
   * @param replica its name
   * @param newLineage that it gets, if it has no changeset yet
   * @param nonce of its writer
   */
  record Log(
      String replica, ReplicationLog reading, Appender appender, UUID newLineage, UUID nonce) {}

  /** A head that has not begun yet. */
  LogHead(LocalFiles files, Log of, RecordKeeper record, InstantSource clock, Ticker ticker) {
    this.files = files;
    this.replica = of.replica();
    this.replicationLog = of.reading();
    this.appender = of.appender();
    this.newLineage = of.newLineage();
    this.nonce = of.nonce();
    this.record = record;
    this.clock = clock;
    this.headCheck = new HeadCheck(replicationLog, ticker);
    this.snapshots = new DueSnapshots(replicationLog, SnapshotPolicy.DEFAULT);
  }

  /** From now on this is asked before each append and before each acknowledgement. */
  public void permittedBy(WritePermit newPermit) {
    permit = newPermit;
  }

  /** Returns whether the last try to append something was given up for want of a permit. */
  public boolean isUnpermitted() {
    return unpermitted;
  }

  /** Begins where the log ends now; null if it has no changeset. */
  void start(@Nullable LogState found) {
    state = found;
    if (found != null) {
      headCheck.seen();
    }
  }

  /** Returns where the log is, as far as this writer knows. */
  public LogPosition committed() {
    return state == null ? LogPosition.START : state.position();
  }

  /** Returns the epoch of this writer; 1 until the first commit to an empty log. */
  public long epoch() {
    return state == null ? 1 : state.epoch();
  }

  /** Returns what tells what this writer writes from what another one does. */
  public UUID nonce() {
    return nonce;
  }

  /** Returns the lineage of the log, or the one that it will have. */
  public UUID lineage() {
    return state == null ? newLineage : state.lineage();
  }

  /** Returns what the log holds; null while it has no changeset. */
  @Nullable LogState state() {
    return state;
  }

  // --- is the log still there?

  /**
   * Returns how long until the head is to be checked although nothing is written, in nanoseconds.
   */
  public long nanosToCheck() {
    return headCheck.nanosToNext();
  }

  /** Whether the last check failed: nothing is known to be in the log until one does not. */
  boolean isInDoubt() {
    return headCheck.failed();
  }

  /**
   * Checks whether the log still ends with what was committed last.
   *
   * @throws DivergedException if it has lost history
   * @throws FencedException if another writer has added to it
   */
  public void check() {
    LogPosition committed = committed();
    if (committed.seq() > 0) {
      OptionalLong beyond = headCheck.firstBeyond(committed);
      // What is pending may be what was added.
      if (beyond.isPresent() && pending == null) {
        throw fenced(beyond.getAsLong(), null);
      }
    }
  }

  // --- adding to it

  /** Whether the outcome of a commit is not known yet. */
  boolean isPending() {
    return pending != null;
  }

  /** Returns where what is being added is to be, and may be by now; null if nothing is. */
  public @Nullable LogPosition pending() {
    return pending == null ? null : pending.encoded().position();
  }

  /**
   * Takes the log over, as {@link ReplicaWriter#takeOver} says.
   *
   * @param path that the log is to say
   * @param mayWrite asked before anything is written; throws if not
   */
  boolean takeOver(@Nullable String path, Runnable mayWrite) {
    LogState known = state;
    if (known == null) {
      throw new IllegalStateException("an empty log begins with a BASE");
    }
    if (!isPending()) {
      Changeset epoch = known.nextEpoch(nonce, clock.instant(), path);
      begin(new PendingCommit.Epoch(ChangesetCodec.encode(epoch, List.of())));
    }
    mayWrite.run();
    try {
      settle();
      return true;
    } catch (FencedException e) {
      pending = null; // somebody else was faster
      record.takeBackEpoch();
      return false;
    }
  }

  /**
   * Makes it the next commit that blocks lie elsewhere, too.
   *
   * @return false if the log cannot say so any more
   */
  boolean beginCompacted(MovedBlocks moved) {
    LogState known = state;
    Optional<Changeset> next =
        known == null ? Optional.empty() : moved.changeset(known, nonce, clock.instant());
    if (known == null || next.isEmpty()) {
      return false;
    }
    EncodedChangeset encoded = ChangesetCodec.encode(next.get(), List.of());
    known.requireApplicable(encoded.decoded());
    begin(new PendingCommit.Compacted(encoded, moved));
    return true;
  }

  /** Makes this the next commit; {@link #settle} writes it. */
  void begin(PendingCommit next) {
    if (pending != null) {
      throw new IllegalStateException("another commit is pending: " + pending.encoded().key());
    }
    pending = next;
  }

  /**
   * Appends what is pending; leaves it pending if the outcome is not known, or may not be known by
   * anybody since this process cannot make sure that it is the writer: then the same bytes are
   * settled again when it can.
   *
   * @return what is in the log now
   * @throws FencedException if another writer has added to the log, or has its lease
   * @throws UnavailableException if the outcome is not known, or there is no permit
   */
  PendingCommit settle() {
    PendingCommit open = pending;
    if (open == null) {
      throw new IllegalStateException("nothing is pending");
    }
    LogPosition position = open.encoded().position();
    requirePermit();
    if (headCheck.isDueBeforeWriting()) {
      headCheck.requireHistory(committed()); // whether somebody has added to it, the append tells
    }
    record.intend(lineage(), position);
    AppendResult result = appender.append(open.encoded());
    switch (result.outcome()) {
      case COMMITTED -> {
        requirePermit();
        LogState after = apply(open);
        pending = null;
        if (!(open instanceof PendingCommit.Content)) {
          record.committedNothingNew(after);
        }
        return open;
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

  private void requirePermit() {
    unpermitted = false;
    WritePermit.Answer answer = permit.ask();
    if (answer instanceof WritePermit.Fenced now) {
      throw now.evidence();
    }
    if (answer instanceof WritePermit.Unconfirmed now) {
      unpermitted = true;
      throw new UnavailableException(
          "nothing is added to " + replica + " for now, and nothing acknowledged: " + now.why());
    }
  }

  private LogState apply(PendingCommit settled) {
    LogState known = state;
    if (known != null) {
      known.apply(settled.encoded().decoded());
      return known;
    }
    LogState first = LogState.start(settled.encoded().decoded());
    state = first;
    headCheck.seen();
    return first;
  }

  private FencedException fenced(long seq, @Nullable Throwable cause) {
    return RivalChangeset.at(seq, replicationLog)
        .fenced(replica, files.database(), clock.instant(), cause);
  }

  /** Writes a snapshot of what the log holds, if it is time for one. Never fails. */
  void snapshotIfDue() {
    LogState known = Objects.requireNonNull(state);
    snapshots
        .writeIfDue(known)
        .ifPresent(
            why ->
                log.warn("no snapshot of seq {} in {}: {}", known.position().seq(), replica, why));
  }
}
