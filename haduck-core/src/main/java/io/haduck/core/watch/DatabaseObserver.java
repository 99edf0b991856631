package io.haduck.core.watch;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.haduck.core.CorruptDataException;
import io.haduck.core.duckdb.DatabaseFile;
import io.haduck.core.duckdb.DatabaseHeaders;
import io.haduck.core.duckdb.FreeList;
import io.haduck.core.duckdb.HeaderMovedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * Sees every iteration of a database file, and so knows which blocks may have changed.
 *
 * <p>Looking costs one read of 12 KiB, and the free list's few blocks when the header has moved.
 * Safe for any thread; lookers wait for each other.
 */
public final class DatabaseObserver {
  /** A file's time stamp can stand still for one tick of the kernel's clock, 10 ms at the most. */
  private static final long TIME_STAMP_GRANULARITY_MILLIS = 20;

  private static final int MOVES_TO_FOLLOW = 1000;

  private final DatabaseFile file;
  private final InstantSource clock;

  @GuardedBy("this")
  private final CandidateBlocks candidates = new CandidateBlocks();

  @GuardedBy("this")
  private @Nullable DatabaseHeaders headers;

  @GuardedBy("this")
  private @Nullable FreeList freeList;

  @GuardedBy("this")
  private int instance;

  @GuardedBy("this")
  private long missedIterations;

  /**
   * What stat said before the last look, null if that was too recent to be told from later writes.
   */
  private volatile @Nullable Stamp quietSince;

  private record Stamp(long size, long mtimeNanos) {}

  /** An observer that has seen nothing yet. */
  public DatabaseObserver(DatabaseFile file, InstantSource clock) {
    this.file = file;
    this.clock = clock;
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
    follow();
    instance++;
    candidates.beginInstance(seenFreeList());
    if (!closed) {
      candidates.distrustInstance();
    }
    return observation();
  }

  /**
   * Whether the file may have changed since the last look, judged by one call of stat (about a
   * microsecond). False only if it has certainly not.
   */
  public boolean mayHaveChanged() {
    Stamp quiet = quietSince;
    if (quiet == null) {
      return true;
    }
    try {
      return !quiet.equals(stamp());
    } catch (IOException e) {
      return true;
    }
  }

  /**
   * Looks at the header, and at the free list if the header has moved. Returns what is there now.
   */
  public synchronized DatabaseHeaders look() throws IOException {
    return follow();
  }

  /** Looks, and says what may have changed since the last commit. */
  public synchronized Observation observe() throws IOException {
    follow();
    return observation();
  }

  /** The last commit to the log covers everything up to this observation. */
  public synchronized void committed(Observation observation) {
    if (observation.instance() == instance) {
      candidates.pastCommitted();
    }
  }

  /** Nothing proves how the file differs from the last commit; the next look names every block. */
  public synchronized void distrustPast() {
    candidates.distrustPast();
  }

  /** How many iterations passed unseen so far; each made captures read every block in use. */
  public synchronized long missedIterations() {
    return missedIterations;
  }

  @GuardedBy("this")
  private DatabaseHeaders follow() throws IOException {
    for (int moves = 0; moves < MOVES_TO_FOLLOW; moves++) {
      Stamp before = stamp();
      long now = clock.millis();
      DatabaseHeaders current = file.readHeaders();
      DatabaseHeaders previous = headers;
      if (previous == null || !current.equals(previous)) {
        FreeList list;
        try {
          list = FreeList.read(file, current);
        } catch (HeaderMovedException e) {
          continue; // a checkpoint ended while we read: that iteration's list may be gone
        }
        account(previous, current, list);
        headers = current;
        freeList = list;
      }
      boolean settled = now - before.mtimeNanos / 1_000_000 > TIME_STAMP_GRANULARITY_MILLIS;
      quietSince = settled ? before : null;
      return current;
    }
    throw new CorruptDataException(
        file.path()
            + ": the database header moved "
            + MOVES_TO_FOLLOW
            + " times while its free list was read");
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
  private Observation observation() {
    DatabaseHeaders current = headers;
    if (current == null) {
      throw new IllegalStateException("nothing was looked at yet: " + file.path());
    }
    FreeList list = seenFreeList();
    return new Observation(
        current,
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

  private Stamp stamp() throws IOException {
    BasicFileAttributes attributes = Files.readAttributes(file.path(), BasicFileAttributes.class);
    return new Stamp(
        attributes.size(),
        attributes.lastModifiedTime().to(java.util.concurrent.TimeUnit.NANOSECONDS));
  }
}
