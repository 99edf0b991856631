package io.haduck.core.internal.capture;

import io.haduck.core.HaduckException;
import io.haduck.core.UnavailableException;
import io.haduck.core.internal.concurrent.DaemonThreads;
import io.haduck.core.internal.log.BlockCompression;
import io.haduck.core.internal.log.Digest;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.SegmentBuilder;
import io.haduck.core.internal.log.SegmentRef;
import io.haduck.core.internal.log.SliceContent;
import io.haduck.core.internal.log.StoredBytes;
import io.haduck.core.internal.log.WalRun;
import io.haduck.core.internal.watch.DatabaseObserver;
import io.haduck.core.settings.Compression;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.PutResult;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the WAL's stream once more in one piece, where it went to the log in a thousand small
 * ones, so that a restore reads few objects. That happens beside the commits, which do not wait for
 * it; the first changeset after it refers to it and is self-contained (docs/internals/format.md).
 *
 * <p>For the writer's thread, which is joined by one of its own.
 */
public final class RollUp implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(RollUp.class);

  /** After so many WAL changesets, a roll-up is due. */
  public static final int DUE_AFTER = 1000;

  /** A run of so many bytes is no small object, and stays where it is. */
  private static final int LARGE_RUN = 1 << 20;

  /** Bytes that go into one roll-up at most. */
  private static final int LONGEST = 24 << 20;

  private static final int PIECE_BYTES = 4 << 20;

  private final ObjectStore store;
  private final Compression sentAs;
  private final int dueAfter;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(DaemonThreads.named("haduck-roll-up"));
  private @Nullable CompletableFuture<Optional<Done>> running;
  private long runningRewinds;
  private long notBeforeSeq;

  /** As a rule, {@code dueAfter} is {@link #DUE_AFTER}. */
  RollUp(ObjectStore store, Compression sentAs, int dueAfter) {
    this.store = store;
    this.sentAs = sentAs;
    this.dueAfter = dueAfter;
  }

  /**
   * A part of the stream that is in the store in one object.
   *
   * @param iteration whose stream it is
   * @param from offset of its first byte, the begin of a run
   * @param to offset behind its last byte, the end of a run
   * @param segment that the object is
   * @param runs the bytes once more, as they lie there
   */
  record Done(long iteration, long from, long to, SegmentRef segment, List<WalRun> runs) {
    /**
     * Whether the state has these bytes as whole runs, so that the segment can stand for them. Not
     * if the anchor has moved: no changeset names a segment that is older than its anchor, since it
     * may be deleted by then.
     */
    boolean fits(LogState state) {
      boolean begins = false;
      boolean ends = false;
      if (state.wal().iteration() != iteration || segment.seq() <= state.anchor().seq()) {
        return false;
      }
      for (WalRun run : state.wal().runs()) {
        begins |= run.streamOffset() == from;
        ends |= run.streamEnd() == to;
        if (!run.isWhole()) {
          return false;
        }
      }
      return begins && ends;
    }
  }

  /** Begins one if it is due. Never waits. */
  void beginIfDue(
      LogState state, DatabaseObserver observer, BlockCompression compression, long walRewinds) {
    if (running != null
        || state.walChangesetsSinceRollUp() < dueAfter
        || state.position().seq() < notBeforeSeq) {
      return;
    }
    long from = 0;
    long to = 0;
    for (WalRun run : state.wal().runs()) {
      if (!run.isWhole() || to - from + run.usedLength() > LONGEST) {
        break;
      }
      if (run.usedLength() >= LARGE_RUN && to == from) {
        from = run.streamEnd();
      } else if (run.usedLength() >= LARGE_RUN) {
        break;
      }
      to = run.streamEnd();
    }
    notBeforeSeq = state.position().seq() + dueAfter;
    if (to == from) {
      return;
    }
    long begin = from;
    long end = to;
    long iteration = state.wal().iteration();
    long seq = state.position().seq();
    UUID lineage = state.lineage();
    runningRewinds = walRewinds;
    running =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return Optional.of(
                    write(lineage, seq, iteration, begin, end, observer, compression));
              } catch (IOException | HaduckException e) {
                log.debug("{}: no roll-up of the WAL this time", store, e);
                return Optional.empty();
              }
            },
            thread);
  }

  /** What was written since, if it fits the state; empty if there is nothing. Never waits. */
  Optional<Done> take(LogState state, long walRewinds) {
    CompletableFuture<Optional<Done>> ended = running;
    if (ended == null || !ended.isDone()) {
      return Optional.empty();
    }
    running = null;
    if (ended.isCompletedExceptionally() || walRewinds != runningRewinds) {
      return Optional.empty();
    }
    return ended.join().filter(done -> done.fits(state));
  }

  private Done write(
      UUID lineage,
      long seq,
      long iteration,
      long from,
      long to,
      DatabaseObserver observer,
      BlockCompression compression)
      throws IOException {
    // A nonce of its own: segments of the commit with this seq may be numbered from 0.
    var builder = new SegmentBuilder(lineage, seq, UUID.randomUUID(), 0);
    List<WalRun> runs = new ArrayList<>();
    int level = CompressionPace.usualLevel(sentAs);
    byte[] raw = new byte[(int) Math.min(PIECE_BYTES, to - from)];
    for (long at = from; at < to; ) {
      int length = (int) Math.min(raw.length, to - at);
      observer.wal().read(iteration, at, raw, 0, length);
      StoredBytes stored = compression.compress(raw, 0, length, level);
      runs.add(
          WalRun.whole(
              stored.in(builder.key(), builder.add(stored)),
              new SliceContent.Wal(at, length, Digest.sha256(raw, 0, length))));
      at += length;
    }
    SegmentBuilder.BuiltSegment built = builder.build();
    PutResult result = store.put(built.ref().key(), built.body());
    if (result.outcome() != PutResult.Outcome.DONE) {
      throw new UnavailableException(
          "cannot write " + store + "/" + built.ref().key() + ": " + result.cause(),
          result.cause());
    }
    return new Done(iteration, from, to, built.ref(), runs);
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
