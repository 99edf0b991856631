package io.haduck.core.internal.compaction;

import io.haduck.core.HaduckException;
import io.haduck.core.HeadShare;
import io.haduck.core.Ticker;
import io.haduck.core.internal.concurrent.Backoff;
import io.haduck.core.internal.concurrent.DaemonThreads;
import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.duckdb.DatabaseFile;
import io.haduck.core.internal.log.LiveObject;
import io.haduck.core.internal.log.LiveObjects;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.store.ObjectStore;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Finds out beside the commits how much garbage is in the objects that the log's head refers to,
 * and if it is too much, copies what is alive in the worst of them into new segments. The writer
 * then adds a changeset that refers to these; it never waits for any of this.
 *
 * <p>For the writer's thread, which is joined by one of its own; {@link #share} for any.
 */
public final class Compaction implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Compaction.class);
  private static final int ATTEMPTS = 4;
  private static final long LEAST_BUDGET = 1 << 20;

  /**
   * Blocks that changesets since the anchor list, above which there is no more compaction before
   * the next checkpoint, which has to list them again: a megabyte of records.
   */
  private static final long MOST_LISTED = 32_768;

  /** So long nothing is tried again after the store has failed. */
  private static final long REST_NANOS = Duration.ofMinutes(1).toNanos();

  /** How often it is asked whether one is done. */
  private static final long POLL_NANOS = Duration.ofSeconds(1).toNanos();

  private final ObjectStore store;
  private final int segmentBytes;
  private final int level;
  private final CompactionRules rules;
  private final Ticker ticker;
  private final Retries retries;

  /** For the thread. */
  private final ObjectLengths lengths;

  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(DaemonThreads.named("haduck-compaction"));

  private boolean running;
  private boolean again = true;
  private long restingUntilNanos;
  private long writtenSince;
  private long budget;
  private int blocksThen;

  /** How long the objects are if the log refers to what was taken last, in bytes. */
  private long plannedBytes;

  /** What the last round came to, for the writer's thread to take. */
  private volatile @Nullable Outcome outcome;

  private volatile @Nullable HeadShare share;
  private volatile boolean closed;

  /**
   * What a round came to.
   *
   * @param moved null if nothing was to be done, or it failed
   */
  private record Outcome(
      long atNanos,
      boolean failed,
      boolean leavesMore,
      long plannedBytes,
      @Nullable MovedBlocks moved) {}

  /**
   * Compaction of what a store holds, by its writer.
   *
   * @param segmentBytes at which a segment is closed and sent
   * @param level at which blocks are compressed
   */
  public Compaction(
      ObjectStore store,
      int segmentBytes,
      int level,
      CompactionRules rules,
      Ticker ticker,
      Supplier<Backoff> backoffs) {
    this.store = store;
    this.segmentBytes = segmentBytes;
    this.level = level;
    this.rules = rules;
    this.ticker = ticker;
    this.retries = Retries.of(ATTEMPTS, backoffs);
    this.lengths = new ObjectLengths(store);
    this.budget = rules.mostBytes();
    this.restingUntilNanos = ticker.nanos();
  }

  /** Returns how much of the objects is needed, as it was found last; null if it was not. */
  public @Nullable HeadShare share() {
    return share;
  }

  /**
   * Begins a round if it may be worthwhile. Never waits.
   *
   * @param head of the log now
   * @param written by the changeset that led there, in bytes
   */
  public void beginIfDue(LogState head, DatabaseFile file, long written) {
    writtenSince += written;
    if (running
        || closed
        || !rules.wanted().getAsBoolean()
        || !isDue(head)
        || ticker.nanos() - restingUntilNanos < 0
        || !MovedBlocks.canFollow(head)
        || head.changedSinceAnchor().getLongCardinality() > MOST_LISTED) {
      return;
    }
    LogState copy = head.copy();
    long most = budget;
    thread.execute(() -> outcome = round(copy, file, most));
    running = true;
    again = false;
    writtenSince = 0;
    blocksThen = head.index().cardinality();
  }

  /** Whether the share may be too much by now, judged by what it was and what was written since. */
  private boolean isDue(LogState head) {
    HeadShare last = share;
    if (last == null || again) {
      return true;
    }
    long then = last.neededBytes();
    long needed =
        (long)
            ((double) then * Math.min(1.0, head.index().cardinality() / Math.max(1.0, blocksThen)));
    long most = last.objectBytes() + writtenSince;
    return (writtenSince >= then / 16 || needed <= then - then / 16)
        && most - needed >= rules.leastGarbage()
        && CompactionPlan.isTooMuch(most, needed);
  }

  /** Returns how long until there is something to {@link #take}, in nanoseconds. */
  public long nanosToNext() {
    Outcome ended = outcome;
    if (ended != null) {
      return ended.atNanos() - ticker.nanos();
    }
    return running ? POLL_NANOS : Long.MAX_VALUE;
  }

  /**
   * Hands over what was moved, if anything was. Never waits.
   *
   * @param use returns whether the log can refer to it; if it has gone on too fast for that, less
   *     is moved at a time
   * @return whether there was something, and it can
   */
  public boolean take(Predicate<MovedBlocks> use) {
    Outcome ended = outcome;
    if (ended == null) {
      return false;
    }
    outcome = null;
    running = false;
    again = ended.failed() || ended.leavesMore();
    plannedBytes = ended.plannedBytes();
    if (ended.failed()) {
      restingUntilNanos = ticker.nanos() + REST_NANOS;
    }
    MovedBlocks moved = ended.moved();
    if (moved == null) {
      return false;
    }
    if (use.test(moved)) {
      return true;
    }
    again = true;
    budget = Math.max(Math.min(LEAST_BUDGET, rules.mostBytes()), budget / 2);
    return false;
  }

  /** The log refers to what was taken last. */
  public void committed(MovedBlocks moved) {
    budget = Math.min(rules.mostBytes(), 2 * budget);
    HeadShare last = share;
    if (last != null) {
      share = last.after(plannedBytes, moved.bytes());
    }
  }

  private Outcome round(LogState head, DatabaseFile file, long most) {
    try {
      CompactionPlan plan = plan(head, most);
      HeadShare last = share;
      long before = last == null ? 0 : last.movedBytes();
      share = new HeadShare(head.position().seq(), plan.needed(), plan.total(), before);
      if (plan.keys().isEmpty()) {
        return new Outcome(ticker.nanos(), false, false, plan.total(), null);
      }
      MovedBlocks moved =
          new BlockMove(head, file, store, segmentBytes, level, retries, () -> closed)
              .move(plan.keys());
      boolean some = !moved.blocks().isEmpty();
      boolean more = some && plan.leavesMore();
      return new Outcome(ticker.nanos(), false, more, plan.after(), some ? moved : null);
    } catch (IOException | HaduckException e) {
      log.debug("{}: no compaction this time", store, e);
    } catch (RuntimeException | Error e) {
      log.atLevel(closed ? Level.DEBUG : Level.WARN)
          .setCause(e)
          .log("{}: compaction failed, and is tried again later", store);
    }
    return new Outcome(ticker.nanos(), true, false, 0, null);
  }

  private CompactionPlan plan(LogState head, long most) {
    List<LiveObject> live = LiveObjects.of(head);
    Map<String, Long> length = lengths.of(live.stream().map(LiveObject::key).toList());
    Set<String> withWal = new HashSet<>();
    head.wal().runs().forEach(run -> withWal.add(run.slice().objectKey()));
    List<CompactionPlan.Held> held = new ArrayList<>(live.size());
    for (LiveObject object : live) {
      Long found = length.get(object.key());
      boolean movable = found != null && !withWal.contains(object.key());
      long all = found == null ? object.bytes() : Math.max(found, object.bytes());
      held.add(new CompactionPlan.Held(object.key(), all, object.bytes(), movable));
    }
    return CompactionPlan.of(held, most, rules.leastGarbage());
  }

  /** Ends it; what is on its way is abandoned. */
  @Override
  public void close() {
    closed = true;
    thread.shutdownNow();
  }
}
