package io.haduck.core.internal.watch;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.haduck.core.CorruptDataException;
import io.haduck.core.LocalFileException;
import io.haduck.core.internal.duckdb.DatabaseFile;
import io.haduck.core.internal.duckdb.DatabaseHeaders;
import io.haduck.core.internal.duckdb.DatabaseMoment;
import io.haduck.core.internal.duckdb.FileStat;
import io.haduck.core.internal.duckdb.FreeList;
import io.haduck.core.internal.duckdb.HeaderMovedException;
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
 * <p>Looking costs some calls of stat, two reads of 12 KiB where the file was written to, the free
 * list's few blocks when the header has moved, and what was added to the WAL. Safe for any thread;
 * lookers wait for each other.
 */
public final class DatabaseObserver {
  /**
   * Headers are not read again while stat says that the file was last written to at least so long
   * before they were read: long enough for the clock of a file server, should that be another.
   */
  private static final long HEADERS_SETTLED_NANOS = 2_000_000_000L;

  private static final int MOVES_TO_FOLLOW = 1000;

  private final DatabaseFile file;
  private final Path path;
  private final WalFiles walFiles;
  private final ObservationSteps steps;
  private final IterationWal wal;
  private final DatabaseStamps stamps;

  @GuardedBy("this")
  private final CandidateBlocks candidates = new CandidateBlocks();

  @GuardedBy("this")
  private @Nullable DatabaseHeaders headers;

  @GuardedBy("this")
  private @Nullable FreeList freeList;

  /** What stat said before {@code headers} were read, if it would tell a later write; else null. */
  @GuardedBy("this")
  private @Nullable FileStat headersStat;

  @GuardedBy("this")
  private int instance;

  @GuardedBy("this")
  private long missedIterations;

  /**
   * What stat said before the last look, null if that was too recent to be told from later writes.
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
    this.steps = steps;
    this.wal = new IterationWal(walFiles, steps);
    this.stamps = new DatabaseStamps(file, walFiles, steps);
  }

  /** The commits that follow the header which was looked at last. */
  public IterationWal wal() {
    return wal;
  }

  /** The file that is looked at. */
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
    FreeList list = seenFreeList();
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

  /**
   * Looks at the header, and at the free list if the header has moved. Returns what is there now.
   */
  public synchronized DatabaseHeaders observeHeaders() throws IOException {
    return follow();
  }

  /**
   * Looks at the header and at the WAL that follows it, as they were at one moment.
   *
   * @throws LocalFileException if somebody deleted or replaced them
   */
  public synchronized DatabaseMoment observeMoment() throws IOException {
    var reader = new HeaderReader();
    DatabaseMoment moment =
        DatabaseMoment.of(reader, wal, MOVES_TO_FOLLOW).orElseThrow(() -> moves("its WAL"));
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
        return follow(now);
      }
    }

    @Override
    public boolean areStill(DatabaseHeaders before) throws IOException {
      synchronized (DatabaseObserver.this) { // held already
        FileStat known = headersStat;
        return (known != null && known.equals(stamps.ofDatabase()))
            || readHeadersOnce().equals(before);
      }
    }

    FileStat stat() {
      return Objects.requireNonNull(stat);
    }
  }

  private CorruptDataException moves(String read) {
    return new CorruptDataException(
        path
            + ": the database header moved "
            + MOVES_TO_FOLLOW
            + " times while "
            + read
            + " was read");
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

  /** What was seen last; null before the first time. Costs one volatile read. */
  public @Nullable DatabaseMoment lastMoment() {
    return lastMoment;
  }

  /** Looks, and says what may have changed since the last commit. */
  public synchronized Observation observe() throws IOException {
    return observation(observeMoment());
  }

  /**
   * The blocks that commits in the WAL may name, where their entries do not tell: all that were not
   * continuously in use.
   */
  public synchronized RoaringBitmap mayBeNamed() throws IOException {
    FreeList list = seenFreeList();
    long blocks = blocksInFile();
    RoaringBitmap all = new RoaringBitmap();
    all.add(0L, blocks);
    all.andNot(list.metadata());
    return candidates.among(all, blocks);
  }

  /** How many blocks the file has room for now, or its header counts. */
  public synchronized long blocksInFile() throws IOException {
    DatabaseHeaders current = headers();
    long position = current.blockPosition(0);
    int blockSize = Math.toIntExact(current.active().blockSize());
    return Math.max(
        current.active().blockCount(), (file.size() - position + blockSize - 1) / blockSize);
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

  /** Nothing proves how the file differs from the last commit; the next look names every block. */
  public synchronized void distrustPast() {
    candidates.distrustPast();
  }

  /** These blocks may have changed, whatever is known of them; the next look names them. */
  public synchronized void suspect(RoaringBitmap ids) {
    candidates.suspect(ids);
  }

  /** How many iterations passed unseen so far; each made captures read every block in use. */
  public synchronized long missedIterations() {
    return missedIterations;
  }

  private DatabaseHeaders readHeadersOnce() throws IOException {
    steps.before("read headers", path);
    return file.readHeaders();
  }

  @GuardedBy("this")
  private DatabaseHeaders follow() throws IOException {
    return follow(stamps.ofDatabase());
  }

  /**
   * Reads the headers, unless the file has not been written to since they were last read.
   *
   * @param stat of the file, taken before
   */
  @GuardedBy("this")
  private DatabaseHeaders follow(FileStat stat) throws IOException {
    DatabaseHeaders known = headers;
    if (known != null && stat.equals(headersStat)) {
      return known;
    }
    headersStat = null;
    DatabaseHeaders read = readHeaders();
    if (stat.ageNanos() > HEADERS_SETTLED_NANOS) {
      headersStat = stat;
    }
    return read;
  }

  @GuardedBy("this")
  private DatabaseHeaders readHeaders() throws IOException {
    for (int moves = 0; moves < MOVES_TO_FOLLOW; moves++) {
      DatabaseHeaders current = readHeadersOnce();
      DatabaseHeaders previous = headers;
      if (previous == null || !current.equals(previous)) {
        FreeList list;
        try {
          steps.before("read free list", path);
          list = FreeList.read(file, current);
        } catch (HeaderMovedException e) {
          continue; // a checkpoint ended while we read: that iteration's list may be gone
        }
        account(previous, current, list);
        headers = current;
        freeList = list;
      }
      return current;
    }
    throw moves("its free list");
  }

  @GuardedBy("this")
  private void account(@Nullable DatabaseHeaders previous, DatabaseHeaders current, FreeList list) {
    if (previous != null) {
      long step = current.active().iteration() - previous.active().iteration();
      if (step < 0) {
        throw new CorruptDataException(
            file.path()
                + ": iteration went back from "
                + previous.active().iteration()
                + " to "
                + current.active().iteration()
                + "; the file was replaced while it was replicated");
      }
      if (step > 1) {
        missedIterations += step - 1;
        candidates.distrustInstance();
      }
      candidates.observe(list);
    }
  }

  @GuardedBy("this")
  private DatabaseHeaders headers() {
    DatabaseHeaders current = headers;
    if (current == null) {
      throw new IllegalStateException("nothing was looked at yet: " + file.path());
    }
    return current;
  }

  @GuardedBy("this")
  private Observation observation(DatabaseMoment moment) {
    FreeList list = seenFreeList();
    return new Observation(
        moment,
        list,
        candidates.among(list.inUse(), list.blockCount()),
        candidates.isEverything(),
        instance);
  }

  @GuardedBy("this")
  private FreeList seenFreeList() {
    FreeList list = freeList;
    if (list == null) {
      throw new IllegalStateException("nothing was looked at yet: " + file.path());
    }
    return list;
  }
}
