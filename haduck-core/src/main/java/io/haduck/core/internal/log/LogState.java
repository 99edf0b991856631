package io.haduck.core.internal.log;

import io.haduck.core.CorruptDataException;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/**
 * What a reader knows who has applied the log up to some changeset. {@link #apply} moves it on;
 * {@link #copy()} is cheap. Not thread-safe.
 */
public final class LogState implements ChainEnd {
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
  private @Nullable String databasePath;

  private SinceAnchor sinceAnchor;
  private SinceSnapshot sinceSnapshot;

  /** After a BASE. */
  private LogState(DecodedChangeset base, HeaderBytes headers, BlockIndex index) {
    Changeset changeset = base.changeset();
    this.position = base.position();
    this.kind = changeset.kind();
    this.epoch = changeset.epoch();
    this.nonce = changeset.nonce();
    this.lineage = changeset.lineage();
    this.anchor = position;
    this.timeMicros = changeset.timeMicros();
    this.identity = changeset.identity();
    this.headers = headers;
    this.index = index;
    this.wal = WalStream.empty(changeset.identity().iteration()).after(base);
    this.databasePath = changeset.databasePath();
    this.sinceAnchor = SinceAnchor.none(index.ids());
    this.sinceSnapshot = SinceSnapshot.none(position.seq());
  }

  private LogState(Snapshot snapshot) {
    position = snapshot.position();
    kind = snapshot.kind();
    epoch = snapshot.epoch();
    nonce = snapshot.nonce();
    lineage = snapshot.lineage();
    anchor = snapshot.anchor();
    timeMicros = snapshot.timeMicros();
    identity = snapshot.identity();
    headers = snapshot.headers();
    index = snapshot.index();
    wal = snapshot.wal();
    databasePath = snapshot.databasePath();
    sinceAnchor = snapshot.sinceAnchor();
    sinceSnapshot = SinceSnapshot.none(position.seq());
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
    databasePath = other.databasePath;
    sinceAnchor = other.sinceAnchor;
    sinceSnapshot = other.sinceSnapshot;
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
              + " expected a BASE, or a snapshot. What was before was deleted or has expired: restore"
              + " deleted versions of it, or begin a new replica");
    }
    BlockIndex index = new BlockIndex();
    index.apply(base);
    LogState state = new LogState(base, headers, index);
    if (base.changeset().seq() > 1) {
      state.sinceSnapshot = state.sinceSnapshot.after(base);
    }
    return state;
  }

  /**
   * Begins with a snapshot and the changeset that it was made after. The same state as one that was
   * read changeset by changeset; the snapshot's index then belongs to it.
   *
   * @throws CorruptDataException if the two do not agree
   */
  public static LogState start(Snapshot snapshot, DecodedChangeset last) {
    String difference = snapshot.difference(last);
    if (difference != null) {
      throw new CorruptDataException(
          LogKeys.snapshot(last.changeset().seq())
              + " does not match its changeset: "
              + difference);
    }
    return new LogState(snapshot);
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
    ChainRules.check(this, next.changeset());
    accept(next, maybeGone(next), new RoaringBitmap());
  }

  /**
   * Throws as {@link #apply} would, and changes nothing: a writer asks before it appends, since
   * what is in the log once stays there.
   *
   * @throws CorruptDataException if it could not be applied
   */
  public void requireApplicable(DecodedChangeset next) {
    ChainRules.check(this, next.changeset());
    wal.requireReached(next);
    index.requireApplicable(next.changeset(), maybeGone(next));
  }

  private RoaringBitmap maybeGone(DecodedChangeset next) {
    return next.changeset().isSelfContained() ? sinceAnchor.anchorIds() : new RoaringBitmap();
  }

  /**
   * Moves on to a changeset that is self-contained and has the same anchor, or this state as its
   * anchor, past the {@code WAL} and {@code EPOCH} changesets between. Leads to the same state as
   * applying them all. Leaves the state as it is if it throws.
   *
   * @throws CorruptDataException if this has another anchor, it is not self-contained, or it does
   *     not add up
   */
  public void applyToAnchor(DecodedChangeset next) {
    ChainRules.checkAnchored(this, next.changeset());
    // It lists all that changed since the anchor and is in use.
    RoaringBitmap gone =
        RoaringBitmap.andNot(sinceAnchor.changed(), SinceAnchor.idsOf(next.changeset()));
    // Frees what its parent has, too, and that may have come and gone since the anchor.
    accept(next, next.changeset().freed(), gone);
  }

  /** Whether a changeset can be applied by {@link #applyToAnchor}, though this is no anchor. */
  boolean isBetweenAnchorAnd(Changeset later) {
    return !kind.hasHeaders()
        && later.isSelfContained()
        && later.kind() != ChangesetKind.BASE
        && later.seq() > position.seq()
        && later.anchor().equals(anchor);
  }

  private void accept(DecodedChangeset next, RoaringBitmap maybeGone, RoaringBitmap gone) {
    Changeset changeset = next.changeset();
    WalStream walAfter = wal.after(next);
    index.apply(next, maybeGone, gone);
    wal = walAfter;
    position = next.position();
    kind = changeset.kind();
    epoch = changeset.epoch();
    nonce = changeset.nonce();
    timeMicros = changeset.timeMicros();
    identity = changeset.identity();
    if (changeset.isSelfContained() || kind == ChangesetKind.EPOCH) {
      databasePath = changeset.databasePath();
    }
    HeaderBytes newHeaders = changeset.headers();
    if (newHeaders != null) {
      headers = newHeaders;
      anchor = position;
    }
    sinceAnchor = sinceAnchor.after(next, index);
    sinceSnapshot = sinceSnapshot.after(next);
  }

  /** The last changeset that was applied. */
  @Override
  public LogPosition position() {
    return position;
  }

  /** Of the last changeset. */
  public ChangesetKind kind() {
    return kind;
  }

  /** Counts the writers. */
  @Override
  public long epoch() {
    return epoch;
  }

  /** Of the last changeset's writer. */
  public UUID nonce() {
    return nonce;
  }

  /** Of the database. */
  @Override
  public UUID lineage() {
    return lineage;
  }

  /** The last BASE or CHECKPOINT: the anchor of the next changeset. */
  @Override
  public LogPosition anchor() {
    return anchor;
  }

  /**
   * The blocks that {@code WAL} changesets since the anchor listed and that are in use, in a new
   * bitmap. The next CHECKPOINT or self-contained WAL changeset lists them again, but for those
   * that it frees; see {@link ChangesetObjects#blocks}.
   */
  @Override
  public RoaringBitmap changedSinceAnchor() {
    return sinceAnchor.changed().clone();
  }

  /**
   * The blocks that were in use at the anchor and are not any more, in a new bitmap. The next
   * CHECKPOINT or self-contained WAL changeset frees them again, but for those that it lists.
   */
  @Override
  public RoaringBitmap freedSinceAnchor() {
    return index.lost(sinceAnchor.anchorIds());
  }

  /**
   * The last self-contained {@code WAL} changeset since the anchor: what the next WAL changeset
   * names as its roll-up, unless it is self-contained. {@link LogPosition#START} if there is none.
   */
  @Override
  public LogPosition rollUp() {
    return sinceAnchor.rollUp();
  }

  /** How many {@code WAL} changesets came since the roll-up; since the anchor, if there is none. */
  public long walChangesetsSinceRollUp() {
    return sinceAnchor.walChangesets();
  }

  /** How many bytes of the WAL's stream these changesets brought. */
  public long walBytesSinceRollUp() {
    return sinceAnchor.walBytes();
  }

  /** The last changeset's time in microseconds since 1970, by its writer's clock. */
  @Override
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

  /**
   * The changeset by which a new writer takes over from here.
   *
   * @param writer its nonce
   * @param path the absolute path by which it was given the database; null if unknown
   */
  public Changeset nextEpoch(UUID writer, Instant now, @Nullable String path) {
    return new Changeset(
        position.seq() + 1,
        epoch + 1,
        writer,
        lineage,
        position.digest(),
        anchor,
        nextTimeMicros(now),
        ChangesetKind.EPOCH,
        identity,
        null,
        List.of(),
        List.of(),
        List.of(),
        new RoaringBitmap(),
        null,
        index.state(),
        path);
  }

  /** The snapshot of this state, with a copy of its index. */
  Snapshot snapshot() {
    return new Snapshot(
        position,
        kind,
        epoch,
        nonce,
        lineage,
        anchor,
        timeMicros,
        identity,
        headers,
        databasePath,
        index.copy(),
        wal,
        sinceAnchor);
  }

  SinceAnchor sinceAnchor() {
    return sinceAnchor;
  }

  /** Of the database at this point. */
  @Override
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

  /**
   * The absolute path by which the log's last writer was given its database, links not followed;
   * null if it did not say.
   */
  @Override
  public @Nullable String databasePath() {
    return databasePath;
  }

  /** How many BASEs and CHECKPOINTs came since the last snapshot, or the BASE it began with. */
  public long checkpointsSinceSnapshot() {
    return sinceSnapshot.checkpoints();
  }

  /**
   * How many changesets of any kind came since then, those that were skipped included: so many are
   * to be read by who begins with that snapshot.
   */
  public long changesetsSinceSnapshot() {
    return position.seq() - sinceSnapshot.from();
  }

  /**
   * How many bytes, segments included, were written since then. Changesets that were skipped do not
   * count.
   */
  public long bytesSinceSnapshot() {
    return sinceSnapshot.bytes();
  }

  /** To be called when a snapshot of this state is in the store. */
  void countFromHere() {
    sinceSnapshot = SinceSnapshot.none(position.seq());
  }
}
