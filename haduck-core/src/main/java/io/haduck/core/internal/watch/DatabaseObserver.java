package io.haduck.core.internal.watch;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.haduck.core.DatabasePosition;
import io.haduck.core.LocalFileException;
import io.haduck.core.internal.duckdb.DatabaseFile;
import io.haduck.core.internal.duckdb.DatabaseHeaders;
import io.haduck.core.internal.duckdb.DatabaseMoment;
import io.haduck.core.internal.duckdb.FileStat;
import io.haduck.core.internal.duckdb.FreeList;
import io.haduck.core.internal.duckdb.IterationWal;
import io.haduck.core.internal.duckdb.ObservationSteps;
import io.haduck.core.internal.duckdb.WalFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/**
 * Sees every iteration of a database file and the commits that follow it, and so knows which blocks
 * may have changed.
 *
 * <p>An observation costs some calls of stat, two reads of 12 KiB where the file was written to,
 * the free list's few blocks when the header has moved, and what was added to the WAL. Safe for any
 * thread; observations wait for each other.
 */
public final class DatabaseObserver {
  private final DatabaseFile file;
  private final Path path;
  private final WalFiles walFiles;
  private final IterationWal wal;
  private final DatabaseStamps stamps;

  @GuardedBy("this")
  private final CandidateBlocks candidates = new CandidateBlocks();

  @GuardedBy("this")
  private final FollowedHeaders followed;

  @GuardedBy("this")
  private int instance;

  /**
   * What stat said before the last observation, null if that was too recent to be told from later
   * writes.
   */
  private volatile DatabaseStamps.@Nullable All quietSince;

  private volatile @Nullable DatabaseMoment lastMoment;

  /** An observer that has seen nothing yet. */
  public DatabaseObserver(DatabaseFile file) {
    this(file, ObservationSteps.untold());
  }

  /** As {@link #DatabaseObserver(DatabaseFile)}, telling of each file operation. */
  DatabaseObserver(DatabaseFile file, ObservationSteps steps) {
    this.file = file;
    this.path = file.path();
    this.walFiles = WalFiles.of(path);
    this.wal = new IterationWal(walFiles, steps);
    this.stamps = new DatabaseStamps(file, walFiles, steps);
    this.followed = new FollowedHeaders(file, steps, stamps, candidates);
  }

  /** The commits that follow the header which was observed last. */
  public IterationWal wal() {
    return wal;
  }

  /** The file that is observed. */
  public DatabaseFile file() {
    return file;
  }

  /**
   * To be called while DuckDB is known to have the file closed, before it opens it: from here on
   * all iterations of the new instance are seen.
   */
  public synchronized Observation beginInstance() throws IOException {
    return begin(true);
  }

  /**
   * To be called instead of {@link #beginInstance} when DuckDB had the file open before, or may
   * have had: what it did is not known.
   */
  public synchronized Observation joinInstance() throws IOException {
    return begin(false);
  }

  @GuardedBy("this")
  private Observation begin(boolean closed) throws IOException {
    DatabaseMoment moment = observeMoment();
    instance++;
    FreeList list = followed.freeList();
    candidates.beginInstance(list);
    // What the last instance wrote to a block that no list had as free is told by its commits only.
    RoaringBitmap named = wal.namedBlocks(0, moment.wal().end()).orElseGet(list::inUse);
    named.and(list.inUse());
    candidates.suspect(named);
    if (!closed) {
      candidates.distrustInstance();
    }
    return observation(moment);
  }

  /**
   * Whether the file or its WAL may have changed since the last {@link #observeMoment} or {@link
   * #observe}, judged by three calls of stat (a few microseconds). False only if they have
   * certainly not.
   */
  public boolean mayHaveChanged() {
    DatabaseStamps.All quiet = quietSince;
    if (quiet == null) {
      return true;
    }
    try {
      return !quiet.equals(stamps.now());
    } catch (IOException | LocalFileException e) {
      return true;
    }
  }

  /** Reads the headers, and the free list if they have moved. Returns what is there now. */
  public synchronized DatabaseHeaders observeHeaders() throws IOException {
    return followed.follow();
  }

  /**
   * Observes the headers and the WAL that follows them, as they were at one moment.
   *
   * @throws LocalFileException if somebody deleted or replaced them
   */
  public synchronized DatabaseMoment observeMoment() throws IOException {
    var reader = new HeaderReader();
    DatabaseMoment moment =
        DatabaseMoment.of(reader, wal, FollowedHeaders.MOVES_TO_FOLLOW)
            .orElseThrow(() -> followed.moves("its WAL"));
    requireWal(moment);
    lastMoment = moment;
    // Each file was asked just before it was read, so what is the same later was read as it is.
    DatabaseStamps.All read = new DatabaseStamps.All(reader.stat(), wal.stats());
    quietSince = read.areSettled() ? read : null;
    return moment;
  }

  /** Reads the headers where stat says that they may be others; remembers what it said. */
  private final class HeaderReader implements DatabaseMoment.Headers {
    private @Nullable FileStat stat;

    @Override
    public DatabaseHeaders read() throws IOException {
      FileStat now = stamps.ofDatabase();
      stat = now;
      synchronized (DatabaseObserver.this) { // held already
        return followed.follow(now);
      }
    }

    @Override
    public boolean areStill(DatabaseHeaders before) throws IOException {
      synchronized (DatabaseObserver.this) { // held already
        return followed.areStill(before);
      }
    }

    FileStat stat() {
      return Objects.requireNonNull(stat);
    }
  }

  /**
   * DuckDB deletes a WAL only after its header has moved. If somebody else did, the replica must
   * not be told that these commits never were.
   */
  @GuardedBy("this")
  private void requireWal(DatabaseMoment moment) {
    DatabaseMoment last = lastMoment;
    if (!moment.wal().present()
        && last != null
        && last.wal().end() > 0
        && last.headers().equals(moment.headers())) {
      throw new LocalFileException(
          walFiles.wal()
              + " was deleted by somebody else. If DuckDB has the database open, its last "
              + last.wal().end()
              + " bytes of commits and those to come are in no file that has a name: run CHECKPOINT, which writes"
              + " them to the database. The replica keeps what it has of them");
    }
  }

  /**
   * What to say where reading failed: that the file is not there any more, if it is not, by
   * whichever name it was asked for.
   */
  public LocalFileException unreadable(IOException cause) {
    try {
      stamps.ofDatabase();
    } catch (LocalFileException e) {
      e.addSuppressed(cause);
      return e;
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
    return new LocalFileException("cannot read " + path + ": " + cause, cause);
  }

  /** What was seen last; null before the first time. Costs one volatile read. */
  public @Nullable DatabaseMoment lastMoment() {
    return lastMoment;
  }

  /** Observes, and says what may have changed since the last commit. */
  public synchronized Observation observe() throws IOException {
    return observation(observeMoment());
  }

  /**
   * As {@link #observe}; but what was observed last is taken as it is, if that is of the present
   * header and of more than is known. Whoever waits has just observed what he waits for.
   */
  public synchronized Observation observeBeyond(DatabasePosition known) throws IOException {
    DatabaseMoment last = lastMoment;
    return last != null
            && !known.covers(last.position())
            && last.headers().equals(followed.headers())
        ? observation(last)
        : observe();
  }

  /**
   * The blocks that commits in the WAL may name, where their entries do not tell: all that were not
   * continuously in use.
   */
  public synchronized RoaringBitmap mayBeNamed() throws IOException {
    FreeList list = followed.freeList();
    long blocks = blocksInFile();
    RoaringBitmap all = new RoaringBitmap();
    all.add(0L, blocks);
    all.andNot(list.metadata());
    return candidates.among(all, blocks);
  }

  /** How many blocks the file has room for now, or its header counts. */
  public synchronized long blocksInFile() throws IOException {
    DatabaseHeaders current = followed.headers();
    long position = current.blockPosition(0);
    int blockSize = Math.toIntExact(current.active().blockSize());
    return Math.max(
        current.active().blockCount(), (file.size() - position + blockSize - 1) / blockSize);
  }

  /**
   * Begins to gather what is listed from the header of an observation on, which the log holds, so
   * that {@link #finishRestart} can forget all that was listed before.
   *
   * @return false if DuckDB has written another header, or opened the file anew, since
   */
  public synchronized boolean beginRestart(Observation observation) {
    if (observation.instance() != instance || !followed.are(observation.headers())) {
      return false;
    }
    candidates.beginRestart(followed.freeList());
    return true;
  }

  /**
   * Forgets what was listed before the header at which {@link #beginRestart} was called: since then
   * only blocks may have changed that were listed since, and these.
   *
   * @param limbo blocks that this header neither uses nor lists
   * @return false if DuckDB has opened the file anew since
   */
  public synchronized boolean finishRestart(Observation observation, RoaringBitmap limbo) {
    return observation.instance() == instance && candidates.finishRestart(limbo);
  }

  /**
   * These blocks are in use at a header, though it lists them as free: observations of it say so
   * from now on.
   *
   * @return false if DuckDB has written another header since
   */
  public synchronized boolean use(DatabaseHeaders at, RoaringBitmap blocks) {
    if (!followed.are(at)) {
      return false;
    }
    followed.use(blocks);
    return true;
  }

  /** The last commit to the log covers everything up to this observation. */
  public synchronized void committed(Observation observation) {
    wal.committed(observation.wal());
    blocksCommitted(observation);
  }

  /** As {@link #committed}, but for the commits in the WAL. */
  public synchronized void blocksCommitted(Observation observation) {
    if (observation.instance() == instance) {
      candidates.pastCommitted();
    }
  }

  /**
   * Nothing proves how the file differs from the last commit; the next observation names every
   * block.
   */
  public synchronized void distrustPast() {
    candidates.distrustPast();
  }

  /** These blocks may have changed, whatever is known of them; the next observation names them. */
  public synchronized void suspect(RoaringBitmap ids) {
    candidates.suspect(ids);
  }

  /** How many iterations passed unseen so far; each made captures read every block in use. */
  public synchronized long missedIterations() {
    return followed.missedIterations();
  }

  @GuardedBy("this")
  private Observation observation(DatabaseMoment moment) {
    FreeList list = followed.free();
    return new Observation(
        moment,
        list,
        candidates.among(list.inUse(), list.blockCount()),
        candidates.isEverything(),
        instance);
  }
}
