package io.haduck.core.internal.upkeep;

import io.haduck.core.internal.concurrent.DaemonThreads;
import io.haduck.core.internal.concurrent.Workers;
import io.haduck.core.internal.duckdb.DatabaseFile;
import io.haduck.core.internal.duckdb.DatabaseHeaders;
import io.haduck.core.internal.duckdb.FreeList;
import io.haduck.core.internal.duckdb.MetadataParts;
import io.haduck.core.internal.fetch.FetchPlan;
import io.haduck.core.internal.fetch.RangeFetcher;
import io.haduck.core.internal.log.BlockCompression;
import io.haduck.core.internal.log.BlockHash;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.SliceReader;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.roaringbitmap.RoaringBitmap;

/**
 * Whether blocks of a local file are what the log has of them, by hashing each.
 *
 * <p>Of a metadata block only the parts count that the header uses: DuckDB rewrites the others in
 * place before it writes the next header, so a crash in a checkpoint leaves them changed
 * (docs/internals/duckdb-files.md#what-a-checkpoint-may-change). Where the hash differs, the log's
 * block is fetched and the parts compared.
 *
 * <p>Safe for any thread, while nobody changes {@code state}.
 */
public final class BlockProof {
  private static final int THREADS = 2;
  private static final int BLOCKS_PER_TURN = 16;

  private final DatabaseFile file;
  private final DatabaseHeaders headers;
  private final FreeList freeList;
  private final LogState state;
  private final RangeFetcher fetcher;

  /**
   * A proof for one header.
   *
   * @param freeList of {@code headers}
   * @param state of the log, whose index is only read
   */
  public BlockProof(
      DatabaseFile file,
      DatabaseHeaders headers,
      FreeList freeList,
      LogState state,
      RangeFetcher fetcher) {
    this.file = file;
    this.headers = headers;
    this.freeList = freeList;
    this.state = state;
    this.fetcher = fetcher;
  }

  /**
   * Reads all of these, on several threads, until one differs.
   *
   * @return those that were found to differ, in general not all; empty if none does
   */
  public RoaringBitmap anyDifference(RoaringBitmap ids) throws IOException {
    int[] all = ids.toArray();
    var next = new AtomicInteger();
    RoaringBitmap different = new RoaringBitmap();
    ExecutorService threads =
        Executors.newFixedThreadPool(THREADS, DaemonThreads.named("haduck-proof"));
    try {
      Future<?>[] running = new Future<?>[THREADS];
      for (int i = 0; i < THREADS; i++) {
        running[i] =
            threads.submit(
                () -> {
                  for (int from; (from = next.getAndAdd(BLOCKS_PER_TURN)) < all.length; ) {
                    int to = Math.min(all.length, from + BLOCKS_PER_TURN);
                    RoaringBitmap found =
                        differences(RoaringBitmap.bitmapOf(Arrays.copyOfRange(all, from, to)));
                    if (!found.isEmpty()) {
                      next.set(all.length);
                      synchronized (different) {
                        different.or(found);
                      }
                    }
                  }
                  return null;
                });
      }
      for (Future<?> thread : running) {
        Workers.join(thread);
      }
    } finally {
      next.set(all.length);
      threads.shutdown();
      Workers.awaitEnd(threads);
    }
    return different;
  }

  /** Reads all of these, and returns those that differ, in a new bitmap. */
  RoaringBitmap differences(RoaringBitmap ids) throws IOException {
    byte[] block = new byte[Math.toIntExact(headers.active().blockSize())];
    RoaringBitmap different = new RoaringBitmap();
    for (int id : ids.toArray()) {
      BlockHash hash = read(file, headers, id, block);
      if (!state.index().hashEquals(id, hash) && !isUsedPartSame(id, block)) {
        different.add(id);
      }
    }
    return different;
  }

  /**
   * Reads a block, which may lie behind the end of the file: counted, and never written.
   *
   * @param block gets it
   * @return its hash
   */
  static BlockHash read(DatabaseFile file, DatabaseHeaders headers, int id, byte[] block)
      throws IOException {
    int read = file.readUpTo(headers.blockPosition(id), block, 0, block.length);
    Arrays.fill(block, read, block.length, (byte) 0);
    return BlockHash.of(block);
  }

  private boolean isUsedPartSame(int id, byte[] local) throws IOException {
    if (!freeList.metadata().contains(id) || !state.index().contains(id)) {
      return false;
    }
    byte[][] logged = new byte[1][];
    try (var compression = new BlockCompression()) {
      var reader = new SliceReader(compression);
      fetcher.fetch(
          FetchPlan.of(state.index(), RoaringBitmap.bitmapOf(id)),
          () ->
              (wanted, stored) ->
                  logged[0] =
                      reader.read(
                          wanted.slice(), wanted.content(state.index(), local.length), stored, 0));
    }
    return MetadataParts.usedAreEqual(local, logged[0], freeList.freeParts().getOrDefault(id, 0L));
  }
}
