package io.haduck.core.replica;

import io.haduck.core.Ticker;
import io.haduck.core.duckdb.DatabaseHeaders;
import io.haduck.core.log.LogState;
import io.haduck.core.watch.DatabaseObserver;
import io.haduck.core.watch.Observation;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares, now and then, every block in use with what the log has of it: what the exact rules of
 * which blocks may have changed could not see, such as a disk that lost a bit, or a defect of ours.
 *
 * <p>It works in slices of a few milliseconds between the commits, by the same thread, so that
 * nothing moves under it but DuckDB, and for a fifth of the time at most. A slice counts if the
 * header stayed.
 *
 * <p>For the replicating thread; {@link #status} for any.
 */
final class Scrub {
  private static final Logger log = LoggerFactory.getLogger(Scrub.class);
  private static final int SLICE_BYTES = 8 << 20;
  private static final int REST = 4;
  private static final long WAIT_NANOS = Duration.ofSeconds(1).toNanos();
  private static final long WAIT_AFTER_FAILURE_NANOS = Duration.ofMinutes(1).toNanos();

  private final Duration interval;
  private final RangeFetcher fetcher;
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
  Scrub(Duration interval, RangeFetcher fetcher, InstantSource clock, Ticker ticker) {
    this.interval = interval;
    this.fetcher = fetcher;
    this.clock = clock;
    this.ticker = ticker;
    schedule();
  }

  private void schedule() {
    scheduled = !interval.isZero();
    nextNanos = ticker.nanos() + interval.toNanos();
  }

  /** Begins one as soon as there is time. */
  void soon() {
    scheduled = true;
    nextNanos = ticker.nanos();
  }

  /** How long until there is something to do, in nanoseconds. */
  long nanosToNext() {
    return scheduled ? nextNanos - ticker.nanos() : Long.MAX_VALUE;
  }

  /** It could not be done now: not before a while has passed. */
  void postpone() {
    nextNanos = ticker.nanos() + WAIT_AFTER_FAILURE_NANOS;
  }

  /** What became of it so far. */
  ScrubStatus status() {
    return status;
  }

  /**
   * Compares a few blocks.
   *
   * @param known the log, which holds the checkpoint that is in the file; null if it does not
   * @return the blocks that differ
   */
  RoaringBitmap slice(DatabaseObserver observer, @Nullable LogState known) throws IOException {
    long begun = ticker.nanos();
    nextNanos = begun + WAIT_NANOS;
    Observation seen = observer.observe();
    if (known == null || !HeaderImages.of(seen.headers()).equals(known.headers())) {
      return new RoaringBitmap(); // after the capture of what has changed
    }
    RoaringBitmap todo = left;
    if (todo == null) {
      todo = seen.freeList().inUse();
      left = todo;
      status = progress(0, todo.getLongCardinality());
    }
    RoaringBitmap slice = first(todo, seen.headers());
    var proof = new BlockProof(observer.file(), seen.headers(), seen.freeList(), known, fetcher);
    RoaringBitmap different = proof.differences(RoaringBitmap.and(slice, seen.freeList().inUse()));
    if (!different.isEmpty()) {
      different = proof.differences(different);
    }
    if (!observer.sight().headers().equals(seen.headers())) {
      return new RoaringBitmap();
    }
    todo.andNot(slice);
    report(observer, seen, different);
    if (todo.isEmpty()) {
      finish();
    } else {
      status = progress(status.of() - todo.getLongCardinality(), status.of());
      nextNanos = ticker.nanos() + REST * (ticker.nanos() - begun);
    }
    return different;
  }

  private static RoaringBitmap first(RoaringBitmap ids, DatabaseHeaders headers) {
    int count = Math.max(1, SLICE_BYTES / Math.toIntExact(headers.active().blockSize()));
    return ids.limit(count);
  }

  private void report(DatabaseObserver observer, Observation seen, RoaringBitmap different) {
    if (different.isEmpty()) {
      return;
    }
    int[] ids = different.toArray();
    log.error(
        "{}: blocks {} of iteration {} are not what the replica holds of them, although nothing is known to have changed"
            + " them. Either the disk is damaged, something else wrote to the file, or this is a defect of haduck."
            + " They are sent as they are now; the replica's earlier changesets keep what they were. Check the database,"
            + " and restore the replica at an earlier seq beside it to compare",
        observer.file().path(),
        ids.length <= 20
            ? Arrays.toString(ids)
            : ids.length + ", the first of them " + ids[0] + ",",
        seen.iteration());
    status =
        new ScrubStatus(
            status.finished(),
            status.blocks(),
            status.differences() + ids.length,
            status.running(),
            status.done(),
            status.of());
  }

  private ScrubStatus progress(long done, long of) {
    return new ScrubStatus(
        status.finished(), status.blocks(), status.differences(), true, done, of);
  }

  private void finish() {
    left = null;
    status = new ScrubStatus(clock.instant(), status.of(), status.differences(), false, 0, 0);
    log.debug("compared {} blocks with the replica", status.blocks());
    schedule();
  }
}
