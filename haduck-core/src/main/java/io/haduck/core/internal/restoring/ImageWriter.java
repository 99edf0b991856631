package io.haduck.core.internal.restoring;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.haduck.core.internal.concurrent.DaemonThreads;
import io.haduck.core.internal.concurrent.Workers;
import io.haduck.core.internal.duckdb.DatabaseFile;
import io.haduck.core.internal.fetch.FetchPlan;
import io.haduck.core.internal.fetch.PartUse;
import io.haduck.core.internal.fetch.RangeFetcher;
import io.haduck.core.internal.local.FileRights;
import io.haduck.core.internal.log.BlockCompression;
import io.haduck.core.internal.log.BlockHash;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.SliceReader;
import io.haduck.core.restore.RestoreProgress;
import java.io.IOException;
import java.nio.file.Files;
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
    int blocksTaken;
    try (var file = new EarlySyncedFile(rights.create(image))) {
      long length = headers.length + state.identity().blockCount() * blockSize;
      // The headers stay zero until everything else is there: a file without them is no database.
      if (length > headers.length) {
        file.write(new byte[1], 1, length - 1);
      }
      RoaringBitmap missing = state.index().ids();
      if (local != null) {
        missing.andNot(takeFrom(local, file, missing));
      }
      blocksTaken = blocks - missing.getCardinality();
      warnOfLittleRoom(image, (long) missing.getCardinality() * blockSize);
      try (var compression = new BlockCompression()) {
        var reader = new SliceReader(compression);
        fetcher.fetch(
            FetchPlan.of(state.index(), missing), () -> new FetchedBlocks(reader, newRun(file)));
      }
      file.sync();
      file.write(headers, headers.length, 0);
      file.sync();
    }
    return blocksTaken;
  }

  /** No more than a word: what fits, only the file system knows, which may compress. */
  private static void warnOfLittleRoom(Path image, long needed) throws IOException {
    long usable = Files.getFileStore(image).getUsableSpace();
    if (usable < needed) {
      log.warn(
          "{} needs {} bytes more, and its file system says that {} are usable: the restore may fail for lack of room",
          image,
          needed,
          usable);
    }
  }

  /** Proves and writes the blocks that one thread fetches. */
  private final class FetchedBlocks implements PartUse<FetchPlan.Wanted> {
    private final SliceReader reader;
    private final BlockRun run;

    FetchedBlocks(SliceReader reader, BlockRun run) {
      this.reader = reader;
      this.run = run;
    }

    @Override
    public void accept(FetchPlan.Wanted wanted, byte[] stored) throws IOException {
      int place = run.placeFor(wanted.blockId());
      var content = wanted.content(state.index(), blockSize);
      reader.read(wanted.slice(), content, stored, 0, run.bytes(), place);
      run.add();
    }

    @Override
    public void end() throws IOException {
      run.write();
    }
  }

  private BlockRun newRun(EarlySyncedFile file) {
    return new BlockRun(file, state.headers().bytes().length, blockSize, this::written);
  }

  private synchronized void written(int count) {
    blocksWritten += count;
    progress.blocksWritten(blocksWritten, blocks, fetcher.bytesFetched());
  }

  private long position(int blockId) {
    return state.headers().bytes().length + (long) blockId * blockSize;
  }

  /** Writes the blocks that the local file has where they belong, and says which. */
  private RoaringBitmap takeFrom(DatabaseFile local, EarlySyncedFile file, RoaringBitmap wanted)
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
                  takeTurns(local, newRun(file), ids, found);
                  return null;
                }));
      }
      for (Future<?> reader : readers) {
        Workers.join(reader);
      }
    } finally {
      threads.shutdown();
      Workers.awaitEnd(threads); // the file must not be closed under them
    }
    RoaringBitmap taken = new RoaringBitmap();
    found.forEach(taken::add);
    return taken;
  }

  private void takeTurns(
      DatabaseFile local,
      BlockRun run,
      PeekableIntIterator ids,
      ConcurrentLinkedQueue<Integer> found)
      throws IOException {
    List<Integer> turn = new ArrayList<>();
    while (true) {
      turn.clear();
      synchronized (ids) {
        while (ids.hasNext() && turn.size() < BLOCKS_PER_TURN) {
          turn.add(ids.next());
        }
      }
      if (turn.isEmpty()) {
        run.write();
        return;
      }
      for (int blockId : turn) {
        int place = run.placeFor(blockId);
        if (read(local, position(blockId), run.bytes(), place)
            && state.index().hashEquals(blockId, BlockHash.of(run.bytes(), place, blockSize))) {
          run.add();
          found.add(blockId);
        }
      }
    }
  }

  /** A local file that cannot be read is no reason not to restore. */
  private boolean read(DatabaseFile local, long position, byte[] target, int offset) {
    try {
      return local.readUpTo(position, target, offset, blockSize) == blockSize;
    } catch (IOException e) {
      log.debug("fetching a block that cannot be read: {}", e.toString());
      return false;
    }
  }
}
