package io.haduck.core.internal.upkeep;

import io.haduck.core.HaduckException;
import io.haduck.core.Ticker;
import io.haduck.core.internal.concurrent.DaemonThreads;
import io.haduck.core.internal.metadata.HeaderProof;
import io.haduck.core.internal.metadata.IndexBlocks;
import io.haduck.core.internal.watch.DatabaseObserver;
import io.haduck.core.internal.watch.Observation;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the metadata of a header that the log holds, so that the blocks which may have changed are
 * few again: they grow with every block that DuckDB has ever freed or written since it opened the
 * file, and each checkpoint reads and hashes all of them.
 *
 * <p>It is begun where that would read more than the metadata is worth, and works beside the
 * commits, on a thread of its own, for a small part of the time. What it cannot prove costs and
 * does no harm.
 *
 * <p>For the writer's thread.
 */
public final class MetadataReview implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(MetadataReview.class);

  /** So many bytes of blocks are hashed sooner than a database's metadata is read. */
  public static final long WORTHWHILE_BYTES = 64L << 20;

  private static final int REST = 20;

  private final long worthwhileBytes;
  private final Ticker ticker;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(DaemonThreads.named("haduck-metadata"));
  private final AtomicReference<@Nullable Found> found = new AtomicReference<>();

  private int triedInstance;
  private long triedIteration = -1;

  private volatile boolean running;
  private volatile long restingUntilNanos;

  /** Reasons and indexes are logged once; for the review's thread. */
  private String lastSaid = "";

  /**
   * Has reviewed nothing.
   *
   * @param worthwhileBytes as a rule, {@link #WORTHWHILE_BYTES}
   */
  public MetadataReview(long worthwhileBytes, Ticker ticker) {
    this.worthwhileBytes = worthwhileBytes;
    this.ticker = ticker;
    this.restingUntilNanos = ticker.nanos();
  }

  /**
   * Blocks that are in use though they are listed as free.
   *
   * @param at the observation at whose header that is so
   */
  public record Found(Observation at, RoaringBitmap blocks) {}

  /**
   * Begins one if it is worthwhile. Never waits.
   *
   * @param seen what the log holds, as it is in the file
   */
  public void beginIfWorthwhile(DatabaseObserver observer, Observation seen) {
    if (running
        || (triedIteration == seen.iteration() && triedInstance == seen.instance())
        || ticker.nanos() - restingUntilNanos < 0) {
      return;
    }
    triedIteration = seen.iteration();
    triedInstance = seen.instance();
    if (bytesToHash(seen) < worthwhileBytes || !observer.beginRestart(seen)) {
      return;
    }
    running = true;
    try {
      thread.execute(() -> run(observer, seen));
    } catch (RuntimeException | Error e) { // closed meanwhile, or there is no thread to be had
      running = false;
      throw e;
    }
  }

  /** What would be read for the next checkpoint, although it is likely to be the same. */
  private static long bytesToHash(Observation seen) {
    long blocks =
        seen.candidates().getLongCardinality()
            - RoaringBitmap.andCardinality(seen.candidates(), seen.freeList().metadata());
    return blocks * seen.headers().active().blockSize();
  }

  private void run(DatabaseObserver observer, Observation seen) {
    long begun = ticker.nanos();
    try {
      conclude(observer, seen, HeaderProof.read(observer.file(), seen.headers()), begun);
    } catch (IOException | HaduckException e) {
      log.debug("{}: the metadata was not reviewed this time", observer.file(), e);
    } catch (RuntimeException | Error e) {
      log.warn(
          "{}: reviewing the metadata failed; checkpoints read more of the file than they need to",
          observer.file(),
          e);
    } finally {
      long ended = ticker.nanos();
      restingUntilNanos = ended + REST * (ended - begun);
      running = false;
    }
  }

  private void conclude(
      DatabaseObserver observer, Observation seen, HeaderProof proof, long begun) {
    if (proof instanceof HeaderProof.Unknown unknown && !unknown.lasting()) {
      log.debug(
          "{}: the blocks of iteration {} do not add up: {}",
          observer.file(),
          seen.iteration(),
          unknown.reason());
    } else if (proof instanceof HeaderProof.Unknown unknown) {
      sayOnce(
          unknown.reason(),
          () ->
              log.info(
                  "{}: the metadata of iteration {} does not prove which blocks are in use ({}). Checkpoints go on"
                      + " reading all blocks that were free since DuckDB opened the file, which costs time and no more;"
                      + " opening the database anew ends that",
                  observer.file(),
                  seen.iteration(),
                  unknown.reason()));
    } else if (proof instanceof HeaderProof.Proven proven) {
      boolean restarted = observer.finishRestart(seen, proven.limbo());
      if (!proven.indexesOnFreeBlocks().isEmpty()) {
        found(observer, seen, proven.indexesOnFreeBlocks());
      }
      log.debug(
          "{}: reviewed {} bytes of metadata of {} tables at iteration {} in {} ms; {} blocks in limbo{}",
          observer.file(),
          proven.metadataBytes(),
          proven.tables(),
          seen.iteration(),
          (ticker.nanos() - begun) / 1_000_000,
          proven.limbo().getLongCardinality(),
          restarted ? "" : ", too late");
    }
  }

  private void found(DatabaseObserver observer, Observation seen, List<IndexBlocks> indexes) {
    RoaringBitmap blocks = new RoaringBitmap();
    indexes.forEach(index -> blocks.or(index.blocks()));
    found.set(new Found(seen, blocks));
    List<String> names = indexes.stream().map(IndexBlocks::name).toList();
    sayOnce(
        names.toString(),
        () ->
            log.warn(
                "{}: DuckDB lists {} blocks as free that are still those of the index {}: a defect of DuckDB 1.4, which"
                    + " may overwrite them. The replica has them. Drop and create the index, or use a newer DuckDB",
                observer.file(),
                blocks.getLongCardinality(),
                String.join(", and of ", names)));
  }

  private void sayOnce(String what, Runnable say) {
    if (!what.equals(lastSaid)) {
      lastSaid = what;
      say.run();
    }
  }

  /** Whether one is under way; for any thread. */
  public boolean isRunning() {
    return running;
  }

  /** Whether something was found that is to be sent; for any thread. */
  public boolean hasFound() {
    return found.get() != null;
  }

  /** Returns what was found since the last call; null if nothing was. */
  public @Nullable Found take() {
    return found.getAndSet(null);
  }

  /** Ends it; one that is under way comes to its end. */
  @Override
  public void close() {
    thread.shutdown();
  }
}
