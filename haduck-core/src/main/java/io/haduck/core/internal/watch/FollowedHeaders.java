package io.haduck.core.internal.watch;

import io.haduck.core.CorruptDataException;
import io.haduck.core.internal.duckdb.DatabaseFile;
import io.haduck.core.internal.duckdb.DatabaseHeaders;
import io.haduck.core.internal.duckdb.FileStat;
import io.haduck.core.internal.duckdb.FreeList;
import io.haduck.core.internal.duckdb.HeaderMovedException;
import io.haduck.core.internal.duckdb.ObservationSteps;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/**
 * The headers of a database file and the free list that they point at, read again whenever the file
 * may have others; tells {@link CandidateBlocks} of each iteration. Not safe for threads; {@link
 * DatabaseObserver} guards it.
 */
final class FollowedHeaders {
  /**
   * Headers are not read again while stat says that the file was last written to at least so long
   * before they were read: long enough for the clock of a file server, should that be another.
   */
  private static final long SETTLED_NANOS = 2_000_000_000L;

  static final int MOVES_TO_FOLLOW = 1000;

  private final DatabaseFile file;
  private final ObservationSteps steps;
  private final DatabaseStamps stamps;
  private final CandidateBlocks candidates;

  private @Nullable DatabaseHeaders headers;
  private @Nullable FreeList freeList;

  /** In use at {@code headers}, though listed as free. */
  private RoaringBitmap usedThoughFree = new RoaringBitmap();

  /** What stat said before {@code headers} were read, if it would tell a later write; else null. */
  private @Nullable FileStat stat;

  private long missedIterations;

  FollowedHeaders(
      DatabaseFile file,
      ObservationSteps steps,
      DatabaseStamps stamps,
      CandidateBlocks candidates) {
    this.file = file;
    this.steps = steps;
    this.stamps = stamps;
    this.candidates = candidates;
  }

  /** Reads the headers, and the free list if they have moved. Returns what is there now. */
  DatabaseHeaders follow() throws IOException {
    return follow(stamps.ofDatabase());
  }

  /**
   * Reads the headers, unless the file has not been written to since they were last read.
   *
   * @param now what stat says of the file, asked before
   */
  DatabaseHeaders follow(FileStat now) throws IOException {
    DatabaseHeaders known = headers;
    if (known != null && now.equals(stat)) {
      return known;
    }
    stat = null;
    DatabaseHeaders read = read();
    if (now.ageNanos() > SETTLED_NANOS) {
      stat = now;
    }
    return read;
  }

  /** Whether the file still has these headers, without following it where it has not. */
  boolean areStill(DatabaseHeaders before) throws IOException {
    FileStat known = stat;
    return (known != null && known.equals(stamps.ofDatabase())) || readOnce().equals(before);
  }

  private DatabaseHeaders readOnce() throws IOException {
    steps.before("read headers", file.path());
    return file.readHeaders();
  }

  private DatabaseHeaders read() throws IOException {
    for (int moves = 0; moves < MOVES_TO_FOLLOW; moves++) {
      DatabaseHeaders current = readOnce();
      DatabaseHeaders previous = headers;
      if (previous == null || !current.equals(previous)) {
        FreeList list;
        try {
          steps.before("read free list", file.path());
          list = FreeList.read(file, current);
        } catch (HeaderMovedException e) {
          continue; // a checkpoint ended while we read: that iteration's list may be gone
        }
        account(previous, current, list);
        headers = current;
        freeList = list;
        usedThoughFree = new RoaringBitmap();
      }
      return current;
    }
    throw moves("its free list");
  }

  /** What is thrown where the headers never stand still. */
  CorruptDataException moves(String read) {
    return new CorruptDataException(
        file.path()
            + ": the database header moved "
            + MOVES_TO_FOLLOW
            + " times while "
            + read
            + " was read");
  }

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

  /** Whether these were read last. */
  boolean are(DatabaseHeaders others) {
    DatabaseHeaders last = headers;
    return last != null && others.equals(last);
  }

  /** Returns the headers that were read last. */
  DatabaseHeaders headers() {
    DatabaseHeaders last = headers;
    if (last == null) {
      throw nothingYet();
    }
    return last;
  }

  /** Returns the free list of the headers that were read last, as DuckDB wrote it. */
  FreeList freeList() {
    FreeList last = freeList;
    if (last == null) {
      throw nothingYet();
    }
    return last;
  }

  private IllegalStateException nothingYet() {
    return new IllegalStateException("nothing was observed yet: " + file.path());
  }

  /** These blocks are in use at the headers that were read last, though the free list has them. */
  void use(RoaringBitmap blocks) {
    usedThoughFree = RoaringBitmap.or(usedThoughFree, blocks);
  }

  /**
   * Returns what is free at the headers that were read last. What DuckDB may write to is the free
   * list's, also where it is in use.
   */
  FreeList free() {
    return usedThoughFree.isEmpty() ? freeList() : freeList().using(usedThoughFree);
  }

  /** Returns how many iterations passed unseen so far. */
  long missedIterations() {
    return missedIterations;
  }
}
