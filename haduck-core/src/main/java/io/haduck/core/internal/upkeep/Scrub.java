package io.haduck.core.internal.upkeep;

import io.haduck.core.ScrubStatus;
import io.haduck.core.Ticker;
import io.haduck.core.internal.duckdb.DatabaseFile;
import io.haduck.core.internal.duckdb.DatabaseHeaders;
import io.haduck.core.internal.local.HeaderImages;
import io.haduck.core.internal.log.BlockIndex;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.watch.DatabaseObserver;
import io.haduck.core.internal.watch.Observation;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares, now and then, the blocks in use with what the log has of them: all that no checkpoint
 * compares, because nothing is known to have changed them. So it finds what the exact rules cannot
 * see, such as a disk that lost a bit, or a defect of ours.
 *
 * <p>It works in slices of a few milliseconds between the commits, by the same thread, so that
 * nothing moves under it but DuckDB, and for a fifth of the time at most. A slice counts if the
 * header stayed.
 *
 * <p>For the replicating thread; {@link #status} for any.
 */
public final class Scrub {
  private static final Logger log = LoggerFactory.getLogger(Scrub.class);
  private static final int SLICE_BYTES = 8 << 20;
  private static final int REST = 4;
  private static final long WAIT_NANOS = Duration.ofSeconds(1).toNanos();

  private final Duration interval;
  private final InstantSource clock;
  private final Ticker ticker;

  /** Still to be compared; null if none is under way. */
  private @Nullable RoaringBitmap left;

  private boolean scheduled;
  private long nextNanos;
  private volatile ScrubStatus status = ScrubStatus.NONE;

  /**
   * Begins to count the time to the first one.
   *
   * @param interval between two; zero for none but those that are asked for
   */
  public Scrub(Duration interval, InstantSource clock, Ticker ticker) {
    this.interval = interval;
    this.clock = clock;
    this.ticker = ticker;
    schedule();
  }

  private void schedule() {
    scheduled = !interval.isZero();
    nextNanos = ticker.nanos() + interval.toNanos();
  }

  /** Begins one as soon as there is time. */
  public void soon() {
    scheduled = true;
    nextNanos = ticker.nanos();
  }

  /** How long until there is something to do, in nanoseconds. */
  public long nanosToNext() {
    return scheduled ? nextNanos - ticker.nanos() : Long.MAX_VALUE;
  }

  /** What became of it so far. */
  public ScrubStatus status() {
    return status;
  }

  /**
   * Compares a few blocks.
   *
   * @param known the log, which holds the checkpoint that is in the file; null if it does not
   * @return the blocks that differ
   * @throws IOException if the headers or the WAL cannot be read; of a block, that is a finding
   */
  public RoaringBitmap slice(DatabaseObserver observer, @Nullable LogState known)
      throws IOException {
    long begun = ticker.nanos();
    nextNanos = begun + WAIT_NANOS;
    Observation seen = observer.observe();
    if (known == null || !HeaderImages.of(seen.headers()).equals(known.headers())) {
      return new RoaringBitmap(); // after the capture of what has changed
    }
    RoaringBitmap untouched = RoaringBitmap.andNot(seen.freeList().inUse(), seen.candidates());
    RoaringBitmap todo = left;
    if (todo == null) {
      todo = untouched.clone();
      left = todo;
      status = status.running(0, todo.getLongCardinality());
    }
    RoaringBitmap slice = first(todo, seen.headers());
    RoaringBitmap unreadable = new RoaringBitmap();
    RoaringBitmap different =
        differences(observer, seen, known.index(), RoaringBitmap.and(slice, untouched), unreadable);
    if (!observer.observeMoment().headers().equals(seen.headers())) {
      return new RoaringBitmap();
    }
    todo.andNot(slice);
    report(observer.file(), seen, different, unreadable);
    if (todo.isEmpty()) {
      left = null;
      status = status.finishedAt(clock.instant());
      log.debug("{}: compared {} blocks with the replica", observer.file(), status.blocks());
      schedule();
    } else {
      status = status.running(status.of() - todo.getLongCardinality(), status.of());
      nextNanos = ticker.nanos() + REST * (ticker.nanos() - begun);
    }
    return different;
  }

  private static RoaringBitmap first(RoaringBitmap ids, DatabaseHeaders headers) {
    return ids.limit(Math.max(1, SLICE_BYTES / Math.toIntExact(headers.active().blockSize())));
  }

  private static RoaringBitmap differences(
      DatabaseObserver observer,
      Observation seen,
      BlockIndex index,
      RoaringBitmap ids,
      RoaringBitmap unreadable) {
    DatabaseHeaders headers = seen.headers();
    byte[] block = new byte[Math.toIntExact(headers.active().blockSize())];
    RoaringBitmap different = new RoaringBitmap();
    for (int id : ids.toArray()) {
      try {
        if (!index.hashEquals(id, BlockProof.read(observer.file(), headers, id, block))) {
          different.add(id);
        }
      } catch (IOException e) {
        log.error("{}: block {} cannot be read", observer.file(), id, e);
        unreadable.add(id);
      }
    }
    return different;
  }

  private void report(
      DatabaseFile file, Observation seen, RoaringBitmap different, RoaringBitmap unreadable) {
    status = status.with(different.getCardinality(), unreadable.getCardinality());
    if (!unreadable.isEmpty()) {
      log.error(
          "{}: {} blocks of iteration {} cannot be read: the disk is damaged. The replica has them: restore it to"
              + " another disk",
          file,
          unreadable.getCardinality(),
          seen.iteration());
    }
    if (!different.isEmpty()) {
      int[] ids = different.toArray();
      log.error(
          "{}: blocks {} of iteration {} are not what the replica holds of them, although nothing is known to have"
              + " changed them. Either the disk is damaged, or something else wrote to the file, or DuckDB 1.5 left them"
              + " behind unused in a crash, or this is a defect of haduck. They are sent as they are now; the replica's"
              + " earlier changesets keep what they were. Check the database, and restore the replica at an earlier seq"
              + " beside it to compare",
          file,
          ids.length <= 20 ? Arrays.toString(ids) : ids.length + ", the first is " + ids[0] + ",",
          seen.iteration());
    }
  }
}
