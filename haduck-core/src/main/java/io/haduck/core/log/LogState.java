package io.haduck.core.log;

import io.haduck.core.CorruptDataException;
import java.time.Instant;
import java.util.UUID;

/**
 * What a reader knows who has applied the log up to some changeset. {@link #apply} moves it on;
 * {@link #copy()} is cheap. Not thread-safe.
 */
public final class LogState {
  private LogPosition position;
  private ChangesetKind kind;
  private long epoch;
  private UUID nonce;
  private final UUID lineage;
  private LogPosition anchor;
  private long timeMicros;
  private DatabaseIdentity identity;
  private HeaderBytes headers;
  private final BlockIndex index;
  private WalStream wal;
  private long changesetsSinceSnapshot;
  private long bytesSinceSnapshot;

  private LogState(
      DecodedChangeset last, LogPosition anchor, HeaderBytes headers, BlockIndex index) {
    Changeset changeset = last.changeset();
    this.position = last.position();
    this.kind = changeset.kind();
    this.epoch = changeset.epoch();
    this.nonce = changeset.nonce();
    this.lineage = changeset.lineage();
    this.anchor = anchor;
    this.timeMicros = changeset.timeMicros();
    this.identity = changeset.identity();
    this.headers = headers;
    this.index = index;
    this.wal = WalStream.empty(changeset.identity().iteration()).after(last);
  }

  private LogState(LogState other) {
    position = other.position;
    kind = other.kind;
    epoch = other.epoch;
    nonce = other.nonce;
    lineage = other.lineage;
    anchor = other.anchor;
    timeMicros = other.timeMicros;
    identity = other.identity;
    headers = other.headers;
    index = other.index.copy();
    wal = other.wal;
    changesetsSinceSnapshot = other.changesetsSinceSnapshot;
    bytesSinceSnapshot = other.bytesSinceSnapshot;
  }

  /**
   * Begins with a BASE, wherever in the log it stands.
   *
   * @throws CorruptDataException if it is none, or its blocks do not add up to its state
   */
  public static LogState start(DecodedChangeset base) {
    HeaderBytes headers = base.changeset().headers();
    if (base.changeset().kind() != ChangesetKind.BASE || headers == null) {
      throw new CorruptDataException(
          base.changeset().key()
              + " is a "
              + base.changeset().kind()
              + ", and the log cannot be read from there:"
              + " expected a BASE, or a snapshot");
    }
    BlockIndex index = new BlockIndex();
    index.apply(base);
    LogState state = new LogState(base, base.position(), headers, index);
    if (base.changeset().seq() > 1) {
      state.count(base);
    }
    return state;
  }

  /**
   * Begins with a snapshot and the BASE or CHECKPOINT that it was made after.
   *
   * @throws CorruptDataException if the two do not agree
   */
  static LogState start(Snapshot snapshot, DecodedChangeset last) {
    String difference = snapshot.difference(last);
    if (difference != null) {
      throw new CorruptDataException(
          LogKeys.snapshot(last.changeset().seq())
              + " does not match its changeset: "
              + difference);
    }
    return new LogState(last, snapshot.anchor(), snapshot.headers(), snapshot.index());
  }

  /** An independent state of the same content; shares memory until one of the two changes. */
  public LogState copy() {
    return new LogState(this);
  }

  /**
   * Moves on by the next changeset. Leaves the state as it is if it throws.
   *
   * @throws CorruptDataException if it is not the next one of this log, or does not add up
   */
  public void apply(DecodedChangeset next) {
    Changeset changeset = next.changeset();
    ChainRules.check(this, changeset);
    WalStream walAfter = wal.after(next);
    index.apply(next);
    wal = walAfter;
    position = next.position();
    kind = changeset.kind();
    epoch = changeset.epoch();
    nonce = changeset.nonce();
    timeMicros = changeset.timeMicros();
    identity = changeset.identity();
    HeaderBytes newHeaders = changeset.headers();
    if (newHeaders != null) {
      headers = newHeaders;
    }
    if (kind != ChangesetKind.WAL) {
      anchor = position;
    }
    count(next);
  }

  /** The last changeset that was applied. */
  public LogPosition position() {
    return position;
  }

  /** Of the last changeset. */
  public ChangesetKind kind() {
    return kind;
  }

  /** Counts the writers. */
  public long epoch() {
    return epoch;
  }

  /** Of the last changeset's writer. */
  public UUID nonce() {
    return nonce;
  }

  /** Of the database. */
  public UUID lineage() {
    return lineage;
  }

  /** The last changeset that is not {@code WAL}: the anchor of the next one. */
  public LogPosition anchor() {
    return anchor;
  }

  /** The last changeset's time in microseconds since 1970, by its writer's clock. */
  public long timeMicros() {
    return timeMicros;
  }

  /** The last changeset's time, by its writer's clock. */
  public Instant time() {
    return LogTime.toInstant(timeMicros);
  }

  /** The time for the next changeset: {@code now}, or a little later than the last one's. */
  public long nextTimeMicros(Instant now) {
    return Math.max(LogTime.toMicros(now), timeMicros + 1);
  }

  /** Of the database at this point. */
  public DatabaseIdentity identity() {
    return identity;
  }

  /** The database headers of the last BASE or CHECKPOINT. */
  public HeaderBytes headers() {
    return headers;
  }

  /** The blocks at this point; belongs to this state and moves on with it: copy it to keep it. */
  public BlockIndex index() {
    return index;
  }

  /** The write-ahead log at this point. */
  public WalStream wal() {
    return wal;
  }

  /** How many changesets other than {@code WAL} came since the last snapshot or the first BASE. */
  public long changesetsSinceSnapshot() {
    return changesetsSinceSnapshot;
  }

  /** How many bytes, segments included, were written since the last snapshot or the first BASE. */
  public long bytesSinceSnapshot() {
    return bytesSinceSnapshot;
  }

  /** To be called when a snapshot of this state is in the store. */
  void countFromHere() {
    changesetsSinceSnapshot = 0;
    bytesSinceSnapshot = 0;
  }

  private void count(DecodedChangeset decoded) {
    if (decoded.changeset().kind() != ChangesetKind.WAL) {
      changesetsSinceSnapshot++;
    }
    bytesSinceSnapshot += decoded.writtenLength();
  }
}
