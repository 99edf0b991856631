package io.haduck.core.replica;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.haduck.core.Backoff;
import io.haduck.core.CorruptDataException;
import io.haduck.core.UnavailableException;
import io.haduck.core.log.BlockCompression;
import io.haduck.core.log.BlockReader;
import io.haduck.core.log.LogState;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.StoredObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * Writes a database image into a new file, from the objects of a replica: blocks in parallel, each
 * verified, the headers last, then synced. Free blocks stay holes. For one use by one thread.
 */
final class ImageWriter {
  private static final int CONNECTIONS = 6;
  private static final int ATTEMPTS = 6;

  private final ObjectStore store;
  private final LogState state;
  private final RestoreProgress progress;
  private final Supplier<Backoff> backoffs;
  private final AtomicBoolean stop = new AtomicBoolean();

  @GuardedBy("this")
  private long blocksWritten;

  @GuardedBy("this")
  private long bytesFetched;

  ImageWriter(
      ObjectStore store, LogState state, RestoreProgress progress, Supplier<Backoff> backoffs) {
    this.store = store;
    this.state = state;
    this.progress = progress;
    this.backoffs = backoffs;
  }

  /**
   * Writes the image.
   *
   * @param image must not exist
   * @return bytes fetched from the store
   */
  long write(Path image) throws IOException {
    FetchPlan plan = FetchPlan.of(state.index(), state.index().ids());
    int blockSize = state.identity().blockSize();
    byte[] headers = state.headers().bytes();
    try (FileChannel channel =
        FileChannel.open(image, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      long length = headers.length + state.identity().blockCount() * blockSize;
      // The headers stay zero until everything else is there: a file without them is no database.
      if (length > headers.length) {
        writeFully(channel, new byte[1], length - 1);
      }
      try (var compression = new BlockCompression()) {
        writeBlocks(
            channel, plan, new BlockReader(compression, blockSize), headers.length, blockSize);
      }
      channel.force(true);
      writeFully(channel, headers, 0);
      channel.force(true);
    }
    synchronized (this) {
      return bytesFetched;
    }
  }

  private void writeBlocks(
      FileChannel channel, FetchPlan plan, BlockReader blocks, long firstBlock, int blockSize)
      throws IOException {
    ExecutorService threads =
        Executors.newFixedThreadPool(CONNECTIONS, DaemonThreads.named("haduck-restore"));
    try {
      List<Future<?>> running = new ArrayList<>();
      for (FetchPlan.Range range : plan.ranges()) {
        running.add(
            threads.submit(
                () -> {
                  if (stop.get()) {
                    return null;
                  }
                  writeRange(channel, range, blocks, firstBlock, blockSize, plan.blocks());
                  return null;
                }));
      }
      for (Future<?> range : running) {
        Workers.join(range);
      }
    } finally {
      stop.set(true);
      threads.shutdown();
      awaitEnd(threads);
    }
  }

  private void writeRange(
      FileChannel channel,
      FetchPlan.Range range,
      BlockReader blocks,
      long firstBlock,
      int blockSize,
      long totalBlocks)
      throws IOException {
    Backoff backoff = backoffs.get();
    for (int attempt = 1; ; attempt++) {
      try {
        byte[] bytes = fetch(range);
        for (FetchPlan.Wanted wanted : range.blocks()) {
          byte[] block =
              blocks.read(
                  wanted.blockId(),
                  state.index().hash(wanted.blockId()),
                  wanted.location(),
                  bytes,
                  Math.toIntExact(wanted.location().offset() - range.offset()));
          writeFully(channel, block, firstBlock + (long) wanted.blockId() * blockSize);
        }
        synchronized (this) {
          bytesFetched += bytes.length;
          blocksWritten += range.blocks().size();
          progress.blocksWritten(blocksWritten, totalBlocks, bytesFetched);
        }
        return;
      } catch (UnavailableException e) {
        if (attempt >= ATTEMPTS) {
          throw e;
        }
      } catch (CorruptDataException e) {
        // Once more, should it have been damaged on its way.
        if (attempt >= 2) {
          throw e;
        }
      }
      LockSupport.parkNanos(backoff.next().toNanos());
    }
  }

  private byte[] fetch(FetchPlan.Range range) {
    try (StoredObject object = store.getRange(range.objectKey(), range.offset(), range.length())) {
      byte[] bytes = object.readAll();
      if (bytes.length != range.length()) {
        throw new CorruptDataException(
            store
                + "/"
                + range.objectKey()
                + " ends at "
                + (range.offset() + bytes.length)
                + ", the log says that blocks lie up to "
                + (range.offset() + range.length()));
      }
      return bytes;
    }
  }

  private static void writeFully(FileChannel channel, byte[] bytes, long position)
      throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    long at = position;
    while (buffer.hasRemaining()) {
      at += channel.write(buffer, at);
    }
  }

  /** The channel must not be closed under a thread that writes. */
  private static void awaitEnd(ExecutorService threads) {
    boolean interrupted = Thread.interrupted();
    while (!threads.isTerminated()) {
      try {
        threads.awaitTermination(1, java.util.concurrent.TimeUnit.HOURS);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
