package io.haduck.core.internal.restoring;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.haduck.core.internal.concurrent.DaemonThreads;
import io.haduck.core.internal.concurrent.Workers;
import io.haduck.core.internal.duckdb.DatabaseFile;
import io.haduck.core.internal.fetch.FetchPlan;
import io.haduck.core.internal.fetch.ObjectRange;
import io.haduck.core.internal.fetch.RangeFetcher;
import io.haduck.core.internal.local.FileRights;
import io.haduck.core.internal.log.BlockCompression;
import io.haduck.core.internal.log.BlockHash;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.SliceReader;
import io.haduck.core.restore.RestoreProgress;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.PeekableIntIterator;
import org.roaringbitmap.RoaringBitmap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes a database image into a new file: blocks that a local copy has are taken from there, the
 * others from the objects of a replica, in parallel, each verified; the headers last, then synced.
 * Free blocks stay holes. For one use by one thread.
 */
final class ImageWriter {
  private static final Logger log = LoggerFactory.getLogger(ImageWriter.class);
  private static final int LOCAL_READERS = 2;
  private static final int BLOCKS_PER_TURN = 16;

  private final RangeFetcher fetcher;
  private final LogState state;
  private final RestoreProgress progress;
  private final int blockSize;
  private final int blocks;

  @GuardedBy("this")
  private long blocksWritten;

  @GuardedBy("this")
  private long blocksTaken;

  ImageWriter(RangeFetcher fetcher, LogState state, RestoreProgress progress) {
    this.fetcher = fetcher;
    this.state = state;
    this.progress = progress;
    this.blockSize = state.identity().blockSize();
    this.blocks = state.index().cardinality();
  }

  /**
   * Writes the image.
   *
   * @param image must not exist
   * @param local may hold some of the blocks, by whatever history; each is hashed. May be null
   * @param rights of the image, from its first moment on
   * @return how many blocks were taken from {@code local}
   */
  long write(Path image, @Nullable DatabaseFile local, FileRights rights) throws IOException {
    byte[] headers = state.headers().bytes();
    try (FileChannel channel = rights.create(image)) {
      long length = headers.length + state.identity().blockCount() * blockSize;
      // The headers stay zero until everything else is there: a file without them is no database.
      if (length > headers.length) {
        writeFully(channel, new byte[1], 1, length - 1);
      }
      RoaringBitmap missing = state.index().ids();
      if (local != null) {
        missing.andNot(takeFrom(local, channel, missing));
      }
      try (var compression = new BlockCompression()) {
        var reader = new SliceReader(compression);
        fetcher.fetch(
            FetchPlan.of(state.index(), missing),
            (range, bytes) -> writeRange(channel, range, bytes, reader));
      }
      channel.force(true);
      writeFully(channel, headers, headers.length, 0);
      channel.force(true);
    }
    synchronized (this) {
      return blocksTaken;
    }
  }

  private void writeRange(
      FileChannel channel, ObjectRange<FetchPlan.Wanted> range, byte[] bytes, SliceReader reader)
      throws IOException {
    for (FetchPlan.Wanted wanted : range.parts()) {
      byte[] block =
          reader.read(
              wanted.slice(),
              wanted.content(state.index(), blockSize),
              bytes,
              range.indexOf(wanted));
      writeFully(channel, block, block.length, position(wanted.blockId()));
    }
    written(range.parts().size());
  }

  private synchronized void written(int count) {
    blocksWritten += count;
    progress.blocksWritten(blocksWritten, blocks, fetcher.bytesFetched());
  }

  private long position(int blockId) {
    return state.headers().bytes().length + (long) blockId * blockSize;
  }

  /** Writes the blocks that the local file has where they belong, and says which. */
  private RoaringBitmap takeFrom(DatabaseFile local, FileChannel channel, RoaringBitmap wanted)
      throws IOException {
    ExecutorService threads =
        Executors.newFixedThreadPool(LOCAL_READERS, DaemonThreads.named("haduck-restore-local"));
    var found = new ConcurrentLinkedQueue<Integer>();
    try {
      PeekableIntIterator ids = wanted.getIntIterator();
      List<Future<?>> readers = new ArrayList<>();
      for (int reader = 0; reader < LOCAL_READERS; reader++) {
        readers.add(
            threads.submit(
                () -> {
                  takeTurns(local, channel, ids, found);
                  return null;
                }));
      }
      for (Future<?> reader : readers) {
        Workers.join(reader);
      }
    } finally {
      threads.shutdown();
      Workers.awaitEnd(threads); // the channel must not be closed under them
    }
    RoaringBitmap taken = new RoaringBitmap();
    found.forEach(taken::add);
    return taken;
  }

  private void takeTurns(
      DatabaseFile local,
      FileChannel channel,
      PeekableIntIterator ids,
      ConcurrentLinkedQueue<Integer> found)
      throws IOException {
    byte[] block = new byte[blockSize];
    List<Integer> turn = new ArrayList<>();
    while (true) {
      turn.clear();
      synchronized (ids) {
        while (ids.hasNext() && turn.size() < BLOCKS_PER_TURN) {
          turn.add(ids.next());
        }
      }
      if (turn.isEmpty()) {
        return;
      }
      int taken = 0;
      for (int blockId : turn) {
        long position = position(blockId);
        if (read(local, position, block)
            && state.index().hashEquals(blockId, BlockHash.of(block))) {
          writeFully(channel, block, blockSize, position);
          found.add(blockId);
          taken++;
        }
      }
      synchronized (this) {
        blocksTaken += taken;
      }
      written(taken);
    }
  }

  /** A local file that cannot be read is no reason not to restore. */
  private static boolean read(DatabaseFile local, long position, byte[] block) {
    try {
      return local.readUpTo(position, block, 0, block.length) == block.length;
    } catch (IOException e) {
      log.debug("fetching a block that cannot be read: {}", e.toString());
      return false;
    }
  }

  /** Writes the first {@code length} of the bytes. */
  static void writeFully(FileChannel channel, byte[] bytes, int length, long position)
      throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes, 0, length);
    long at = position;
    while (buffer.hasRemaining()) {
      at += channel.write(buffer, at);
    }
  }
}
