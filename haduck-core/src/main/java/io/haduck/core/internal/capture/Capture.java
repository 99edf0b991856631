package io.haduck.core.internal.capture;

import io.haduck.core.internal.duckdb.DatabaseMoment;
import io.haduck.core.internal.duckdb.HeaderMovedException;
import io.haduck.core.internal.log.BlockCompression;
import io.haduck.core.internal.log.BlockHash;
import io.haduck.core.internal.log.BlockIndex;
import io.haduck.core.internal.log.Digest;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.watch.DatabaseObserver;
import io.haduck.core.internal.watch.Observation;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/**
 * Reads what one commit to the log must hold, while DuckDB may be writing: the blocks that a
 * checkpoint changed, the commits that follow it, and the blocks which these name.
 *
 * <p>While a header is active, every block in use at it keeps its bytes, metadata blocks excepted,
 * which are rewritten in place just before the next header; and so does every block that a flushed
 * commit names (docs/internals/duckdb-files.md). So the WAL is read first, up to a flush, then the
 * candidates straight from the file, and all of it counts only if header and WAL are the same
 * afterwards, but for what was appended.
 *
 * <p>For one capturing thread.
 */
final class Capture {
  /** WAL bytes that go into one piece. */
  private static final int PIECE_BYTES = 4 << 20;

  private final DatabaseObserver observer;
  private final BlockCompression compression;
  private final UploadLimits limits;

  Capture(DatabaseObserver observer, BlockCompression compression, UploadLimits limits) {
    this.observer = observer;
    this.compression = compression;
    this.limits = limits;
  }

  /**
   * What is to be captured.
   *
   * @param seen what was observed
   * @param checkpoint whether the header is not in the log yet, or all candidates are to be
   *     compared
   * @param walFrom offset in the WAL's stream from which on the log does not have it
   */
  record Wanted(Observation seen, boolean checkpoint, long walFrom) {
    /**
     * Returns what a log does not have of what was observed.
     *
     * @param known the log's end; null if it has nothing
     * @param covered whether it has the checkpoint
     */
    static Wanted beyond(@Nullable LogState known, boolean covered, Observation seen) {
      return known == null || !covered
          ? new Wanted(seen, true, 0)
          : new Wanted(seen, false, ShippedWal.unchangedUpTo(known, seen));
    }

    /** Whether there is nothing that the log does not have. */
    boolean isInLog(@Nullable LogState known) {
      return known != null
          && !checkpoint
          && walFrom == seen.wal().end()
          && walFrom == ShippedWal.length(known, seen);
    }

    /** About how much must be read for it. */
    long bytesToRead() {
      long blocks = checkpoint ? seen.candidates().getLongCardinality() : 0;
      return blocks * seen.headers().active().blockSize() + seen.wal().end() - walFrom;
    }
  }

  /** Bytes of the WAL's stream and where they were put. */
  record CapturedWal(SegmentUploader.Placed placed, int length, Digest sha256) {}

  /**
   * What a capture found.
   *
   * @param blocks new or changed, by id
   * @param freed ids that the index has and the database does not use any more
   * @param wal the stream's bytes from where it was wanted, in order
   * @param inline stored bytes that travel inside the changeset
   * @param blocksRead how many had to be read and hashed
   */
  record Captured(
      TreeMap<Integer, BlockScan.Found> blocks,
      RoaringBitmap freed,
      List<CapturedWal> wal,
      List<byte[]> inline,
      int blocksRead) {
    /** The block count that the changeset must state at least. */
    long blockCount(long ofHeader) {
      return blocks.isEmpty() ? ofHeader : Math.max(ofHeader, blocks.lastKey() + 1L);
    }
  }

  /**
   * Captures.
   *
   * @param index of the last commit; only read
   * @param readDone called when the files are not needed any more, before the store is waited for
   * @return empty if the header moved, or the WAL was cut off, meanwhile; what was sent stays with
   *     the uploader
   */
  Optional<Captured> capture(
      Wanted wanted, BlockIndex index, SegmentUploader uploader, Runnable readDone)
      throws IOException {
    uploader.restart();
    Observation seen = wanted.seen();
    List<CapturedWal> wal;
    try {
      wal = readWal(seen, wanted.walFrom(), uploader);
    } catch (HeaderMovedException e) {
      return Optional.empty();
    }
    RoaringBitmap named = named(wanted);
    RoaringBitmap toRead = named.clone();
    RoaringBitmap freed = new RoaringBitmap();
    if (wanted.checkpoint()) {
      RoaringBitmap inUse = seen.freeList().inUse();
      RoaringBitmap indexed = index.ids();
      toRead.or(seen.candidates());
      toRead.or(RoaringBitmap.andNot(inUse, indexed));
      freed = RoaringBitmap.andNot(indexed, inUse);
      freed.andNot(named);
      named.andNot(inUse);
    }
    Map<Integer, BlockScan.Found> found = new ConcurrentSkipListMap<>();
    var scan = new BlockScan(observer.file(), index, uploader, compression, limits);
    RoaringBitmap metadata = seen.freeList().metadata();
    if (!scan.read(seen.headers(), toRead, metadata, named, found) || !stands(seen)) {
      return Optional.empty();
    }
    readDone.run();
    List<byte[]> inline = uploader.finish();
    return Optional.of(
        new Captured(new TreeMap<>(found), freed, wal, inline, toRead.getCardinality()));
  }

  /** Whether what was observed is still so, but for commits that were appended. */
  private boolean stands(Observation seen) throws IOException {
    DatabaseMoment now = observer.observeMoment();
    return now.headers().equals(seen.headers()) && now.wal().rewinds() == seen.wal().rewinds();
  }

  private RoaringBitmap named(Wanted wanted) throws IOException {
    Observation seen = wanted.seen();
    Optional<RoaringBitmap> told = observer.wal().namedBlocks(wanted.walFrom(), seen.wal().end());
    if (told.isEmpty()) {
      return observer.mayBeNamed();
    }
    RoaringBitmap named = told.get();
    // What only looks like a block's id may be any number.
    long blocks = observer.blocksInFile();
    named.remove(blocks, 1L << 32);
    named.andNot(seen.freeList().metadata());
    return named;
  }

  private List<CapturedWal> readWal(Observation seen, long from, SegmentUploader uploader)
      throws IOException {
    List<CapturedWal> pieces = new ArrayList<>();
    long end = seen.wal().end();
    byte[] raw = new byte[(int) Math.max(0, Math.min(PIECE_BYTES, end - from))];
    byte[] room = new byte[BlockCompression.roomFor(raw.length)];
    for (long at = from; at < end; ) {
      int length = (int) Math.min(raw.length, end - at);
      observer.wal().read(seen.iteration(), at, raw, 0, length);
      Digest sha256 = Digest.sha256(raw, 0, length);
      BlockHash hash = new BlockHash(sha256.a(), sha256.b());
      SegmentUploader.Placed placed = uploader.find(hash); // sent by an attempt that failed later
      if (placed == null) {
        placed =
            uploader.place(
                hash, compression.compress(raw, 0, length, uploader.level(), room), false);
      }
      pieces.add(new CapturedWal(placed, length, sha256));
      at += length;
    }
    return pieces;
  }
}
