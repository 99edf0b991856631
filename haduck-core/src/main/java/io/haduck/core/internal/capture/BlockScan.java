package io.haduck.core.internal.capture;

import io.haduck.core.internal.concurrent.DaemonThreads;
import io.haduck.core.internal.concurrent.Workers;
import io.haduck.core.internal.duckdb.BlockChecksum;
import io.haduck.core.internal.duckdb.DatabaseFile;
import io.haduck.core.internal.duckdb.DatabaseHeaders;
import io.haduck.core.internal.log.BlockCompression;
import io.haduck.core.internal.log.BlockHash;
import io.haduck.core.internal.log.BlockIndex;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.roaringbitmap.RoaringBitmap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads blocks of a database file while DuckDB may be writing, and hands those that the log does
 * not have to an uploader: read, verify DuckDB's checksum, hash, compare, compress, place.
 *
 * <p>For one capturing thread, which is joined by workers of its own when there is much to read.
 */
final class BlockScan {
  private static final Logger log = LoggerFactory.getLogger(BlockScan.class);

  /** At once, one after the other. */
  private static final int READS_OF_A_TORN_BLOCK = 50;

  /** With pauses: the writer may have been interrupted in the middle of a block. */
  private static final Duration PATIENCE = Duration.ofMillis(250);

  /** Whoever rewrites a metadata block writes a header next, but may wait for the disk before. */
  private static final Duration PATIENCE_FOR_METADATA = Duration.ofSeconds(20);

  private static final long PAUSE_NANOS = 1_000_000;
  private static final int BLOCKS_PER_TURN = 4;

  private final DatabaseFile file;
  private final BlockIndex index;
  private final SegmentUploader uploader;
  private final BlockCompression compression;
  private final UploadLimits limits;

  /**
   * A scan for one capture.
   *
   * @param index of the last commit; only read
   */
  BlockScan(
      DatabaseFile file,
      BlockIndex index,
      SegmentUploader uploader,
      BlockCompression compression,
      UploadLimits limits) {
    this.file = file;
    this.index = index;
    this.uploader = uploader;
    this.compression = compression;
    this.limits = limits;
  }

  /** A block that the log does not have, and where it was put. */
  record Found(BlockHash hash, SegmentUploader.Placed placed) {}

  /**
   * Reads blocks, and places those that differ from the index.
   *
   * @param metadata of them, metadata blocks: these are never sent torn, and the database has none
   *     that are invalid for good
   * @param named of them, only named by the WAL and perhaps not even that: they may be in the
   *     middle of being written
   * @return false if the header has moved
   */
  boolean read(
      DatabaseHeaders headers,
      RoaringBitmap toRead,
      RoaringBitmap metadata,
      RoaringBitmap named,
      Map<Integer, Found> found)
      throws IOException {
    var stop = new AtomicBoolean();
    if (toRead.isEmpty()) {
      return true;
    }
    int[] ids = toRead.toArray();
    var next = new AtomicInteger();
    Runnable work =
        () -> {
          byte[] block = new byte[Math.toIntExact(headers.active().blockSize())];
          byte[] room = new byte[BlockCompression.roomFor(block.length)];
          while (!stop.get()) {
            int from = next.getAndAdd(BLOCKS_PER_TURN);
            if (from >= ids.length) {
              return;
            }
            for (int at = from;
                at < Math.min(ids.length, from + BLOCKS_PER_TURN) && !stop.get();
                at++) {
              try {
                if (!readOne(
                    headers, ids[at], kind(ids[at], metadata, named), block, room, found)) {
                  stop.set(true);
                  return;
                }
              } catch (IOException e) {
                stop.set(true);
                throw new UncheckedIOException(e);
              } catch (RuntimeException | Error e) {
                stop.set(true);
                throw e;
              }
            }
          }
        };
    if (ids.length <= BLOCKS_PER_TURN) {
      work.run();
      return !stop.get();
    }
    ExecutorService workers =
        Executors.newFixedThreadPool(limits.workers(), DaemonThreads.named("haduck-capture"));
    try {
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < limits.workers(); i++) {
        running.add(workers.submit(work));
      }
      for (Future<?> worker : running) {
        Workers.join(worker);
      }
    } finally {
      workers.shutdown();
      Workers.awaitEnd(workers); // or one that is late places a block in the next capture
    }
    return !stop.get();
  }

  /** What an invalid checksum of a block means. */
  private enum Kind {
    /** It is being rewritten, just before the next header. */
    METADATA,
    /** It is not being written: DuckDB has left it behind. */
    IN_USE,
    /** It is being written, and no commit names it. */
    NAMED
  }

  private static Kind kind(int id, RoaringBitmap metadata, RoaringBitmap named) {
    if (metadata.contains(id)) {
      return Kind.METADATA;
    }
    return named.contains(id) ? Kind.NAMED : Kind.IN_USE;
  }

  /** How long to read a block again whose checksum does not hold. */
  private static Duration patience(Kind kind) {
    return switch (kind) {
      case METADATA -> PATIENCE_FOR_METADATA;
      case IN_USE -> PATIENCE;
      case NAMED -> Duration.ZERO;
    };
  }

  /** False if the header has moved. */
  private boolean readOne(
      DatabaseHeaders headers,
      int id,
      Kind kind,
      byte[] block,
      byte[] room,
      Map<Integer, Found> found)
      throws IOException {
    long position = headers.blockPosition(id);
    boolean valid = false;
    long pauses = patience(kind).toNanos() / PAUSE_NANOS;
    for (int reads = 0; reads < READS_OF_A_TORN_BLOCK + pauses && !valid; reads++) {
      if (reads > 0 && !file.readHeaders().equals(headers)) {
        return false;
      }
      if (reads >= READS_OF_A_TORN_BLOCK) {
        LockSupport.parkNanos(PAUSE_NANOS);
      }
      // An id that was handed out while the header was being written may lie beyond the file's end
      // still.
      int read = file.readUpTo(position, block, 0, block.length);
      Arrays.fill(block, read, block.length, (byte) 0);
      valid = BlockChecksum.holds(block, 0, block.length);
    }
    BlockHash hash = BlockHash.of(block);
    if (index.hashEquals(id, hash)) {
      return true;
    }
    if (!valid && kind == Kind.METADATA) {
      throw new IOException(
          file.path()
              + ": metadata block "
              + id
              + ", in use at iteration "
              + headers.active().iteration()
              + ", has an invalid checksum. Either DuckDB is still writing it, and this is tried again, or the"
              + " disk is damaged");
    }
    if (!valid && kind == Kind.IN_USE) {
      log.warn(
          "{}: block {} has an invalid checksum although it is in use at iteration {}; it is sent as it is."
              + " DuckDB can leave such a block behind that nothing refers to",
          file.path(),
          id,
          headers.active().iteration());
    }
    SegmentUploader.Placed placed = uploader.find(hash);
    if (placed == null) {
      placed =
          uploader.place(
              hash, compression.compress(block, 0, block.length, uploader.level(), room), !valid);
    }
    found.put(id, new Found(hash, placed));
    return true;
  }
}
