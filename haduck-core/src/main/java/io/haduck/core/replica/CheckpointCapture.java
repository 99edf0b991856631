package io.haduck.core.replica;

import io.haduck.core.duckdb.BlockChecksum;
import io.haduck.core.duckdb.DatabaseFile;
import io.haduck.core.duckdb.DatabaseHeaders;
import io.haduck.core.log.BlockCompression;
import io.haduck.core.log.BlockHash;
import io.haduck.core.log.BlockIndex;
import io.haduck.core.log.SegmentRef;
import io.haduck.core.log.StoredBlock;
import io.haduck.core.watch.Observation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.roaringbitmap.RoaringBitmap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads one iteration of a database file while DuckDB may be writing, and finds what the log does
 * not have.
 *
 * <p>While a header is active, every block in use at it keeps its bytes, metadata blocks excepted,
 * which are rewritten in place just before the next header (storage facts §3). So the candidates
 * are read straight from the file, and all of it counts only if the headers are the same
 * afterwards.
 *
 * <p>For one capturing thread, which is joined by workers of its own when there is much to read.
 */
final class CheckpointCapture {
  private static final Logger log = LoggerFactory.getLogger(CheckpointCapture.class);
  private static final int READS_OF_A_TORN_BLOCK = 50;
  private static final int BLOCKS_PER_TURN = 4;

  private final DatabaseFile file;
  private final BlockCompression compression;
  private final UploadLimits limits;

  CheckpointCapture(DatabaseFile file, BlockCompression compression, UploadLimits limits) {
    this.file = file;
    this.compression = compression;
    this.limits = limits;
  }

  /**
   * What a capture found.
   *
   * @param blocks new or changed, ascending
   * @param freed ids that the index has and the database does not use any more
   * @param segments that the blocks are in
   * @param inline stored bytes that travel inside the changeset
   * @param blocksRead how many had to be read and hashed
   */
  record Captured(
      List<StoredBlock> blocks,
      RoaringBitmap freed,
      List<SegmentRef> segments,
      List<byte[]> inline,
      int blocksRead) {
    /** Stored bytes of the blocks. */
    long storedBytes() {
      return blocks.stream().mapToLong(StoredBlock::storedLength).sum();
    }
  }

  private record Found(BlockHash hash, SegmentUploader.Placed placed) {}

  /**
   * Captures what an observation names, compared to what the log has.
   *
   * @param index of the last commit; only read
   * @param readDone called when the file is not needed any more, before the store is waited for
   * @return empty if the header moved meanwhile; what was sent stays with the uploader
   */
  Optional<Captured> capture(
      Observation observation, BlockIndex index, SegmentUploader uploader, Runnable readDone)
      throws IOException {
    uploader.restart();
    RoaringBitmap inUse = observation.freeList().inUse();
    RoaringBitmap indexed = index.ids();
    RoaringBitmap toRead =
        RoaringBitmap.or(observation.candidates(), RoaringBitmap.andNot(inUse, indexed));
    RoaringBitmap freed = RoaringBitmap.andNot(indexed, inUse);

    Map<Integer, Found> found = new ConcurrentSkipListMap<>();
    var stop = new AtomicBoolean();
    readAll(observation, index, uploader, toRead, found, stop);
    if (stop.get() || !file.readHeaders().equals(observation.headers())) {
      return Optional.empty();
    }
    readDone.run();
    List<byte[]> inline = uploader.finish();
    return Optional.of(assemble(found, freed, inline, toRead.getCardinality()));
  }

  private static Captured assemble(
      Map<Integer, Found> found, RoaringBitmap freed, List<byte[]> inline, int blocksRead) {
    Map<SegmentRef, Integer> numbers = new HashMap<>();
    List<SegmentRef> segments = new ArrayList<>();
    List<StoredBlock> blocks = new ArrayList<>(found.size());
    for (Map.Entry<Integer, Found> entry : new TreeMap<>(found).entrySet()) {
      SegmentUploader.Placed placed = entry.getValue().placed();
      SegmentRef segment = placed.batch().segment();
      int object = 0;
      if (segment != null) {
        Integer known = numbers.get(segment);
        if (known == null) {
          segments.add(segment);
          known = segments.size();
          numbers.put(segment, known);
        }
        object = known;
      }
      blocks.add(
          new StoredBlock(
              entry.getKey(),
              entry.getValue().hash(),
              object,
              placed.offsetInObject(),
              placed.length(),
              placed.crc32c(),
              placed.compressed(),
              placed.checksumInvalid()));
    }
    return new Captured(blocks, freed, segments, inline, blocksRead);
  }

  private void readAll(
      Observation observation,
      BlockIndex index,
      SegmentUploader uploader,
      RoaringBitmap toRead,
      Map<Integer, Found> found,
      AtomicBoolean stop)
      throws IOException {
    int[] ids = toRead.toArray();
    var next = new AtomicInteger();
    Runnable work =
        () -> {
          byte[] block = new byte[Math.toIntExact(observation.headers().active().blockSize())];
          while (!stop.get()) {
            int from = next.getAndAdd(BLOCKS_PER_TURN);
            if (from >= ids.length) {
              return;
            }
            for (int at = from; at < Math.min(ids.length, from + BLOCKS_PER_TURN); at++) {
              try {
                if (!readOne(observation, index, uploader, ids[at], block, found)) {
                  stop.set(true);
                  return;
                }
              } catch (IOException e) {
                stop.set(true);
                throw new UncheckedIOException(e);
              } catch (RuntimeException e) {
                stop.set(true);
                throw e;
              }
            }
          }
        };
    if (ids.length <= BLOCKS_PER_TURN) {
      work.run();
      return;
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
    }
  }

  /** False if the header has moved. */
  private boolean readOne(
      Observation observation,
      BlockIndex index,
      SegmentUploader uploader,
      int id,
      byte[] block,
      Map<Integer, Found> found)
      throws IOException {
    DatabaseHeaders headers = observation.headers();
    long position = headers.blockPosition(id);
    boolean valid = false;
    for (int reads = 0; reads < READS_OF_A_TORN_BLOCK && !valid; reads++) {
      if (reads > 0) {
        if (!file.readHeaders().equals(headers)) {
          return false;
        }
        Thread.onSpinWait();
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
    if (!valid) {
      log.warn(
          "{}: block {} has an invalid checksum although it is in use at iteration {}; it is sent as it is."
              + " DuckDB can leave such a block behind that nothing refers to",
          file.path(),
          id,
          observation.iteration());
    }
    SegmentUploader.Placed placed = uploader.find(hash);
    if (placed == null) {
      placed = uploader.place(hash, compression.compress(block, 0, block.length), !valid);
    }
    found.put(id, new Found(hash, placed));
    return true;
  }
}
