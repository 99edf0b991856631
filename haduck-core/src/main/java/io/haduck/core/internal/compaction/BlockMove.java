package io.haduck.core.internal.compaction;

import io.haduck.core.UnavailableException;
import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.duckdb.DatabaseFile;
import io.haduck.core.internal.duckdb.DatabaseHeaders;
import io.haduck.core.internal.log.BlockCompression;
import io.haduck.core.internal.log.BlockHash;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.SegmentBuilder;
import io.haduck.core.internal.log.StoredBytes;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.PutResult;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.roaringbitmap.RoaringBitmap;

/**
 * Writes blocks of a state once more, into new segments, from the database file, to which DuckDB
 * may be writing meanwhile. Of whatever is read nothing is believed: only what has the hash that
 * the state's index has of it is taken. For one use by one thread.
 */
final class BlockMove {
  /** Blocks that one changeset lists, as a rule: half a megabyte of records. */
  private static final int MOST_BLOCKS = 16_384;

  private final LogState state;
  private final DatabaseFile file;
  private final ObjectStore store;
  private final int segmentBytes;
  private final int level;
  private final Retries retries;
  private final BooleanSupplier over;
  private final byte[] block;
  private final List<MovedBlocks.Moved> moved = new ArrayList<>();
  private final Map<BlockHash, MovedBlocks.Moved> sentByHash = new HashMap<>();
  private final List<Placed> open = new ArrayList<>();
  private final Map<BlockHash, Placed> openByHash = new HashMap<>();
  private final UUID nonce = UUID.randomUUID();
  private SegmentBuilder builder;
  private int segments;

  /** A block in the segment that is being filled. */
  private record Placed(int blockId, BlockHash hash, StoredBytes stored, long offset) {}

  /**
   * A move.
   *
   * @param state whose index says what the blocks are; only read
   * @param segmentBytes at which a segment is closed and sent
   * @param level at which the blocks are compressed
   * @param over whether there is no use for it any more
   */
  BlockMove(
      LogState state,
      DatabaseFile file,
      ObjectStore store,
      int segmentBytes,
      int level,
      Retries retries,
      BooleanSupplier over) {
    this.state = state;
    this.file = file;
    this.store = store;
    this.segmentBytes = segmentBytes;
    this.level = level;
    this.retries = retries;
    this.over = over;
    this.block = new byte[state.identity().blockSize()];
    this.builder = next();
  }

  /**
   * Moves all blocks that lie in these objects, but of those objects only of which all blocks are
   * in the file: else the object would be needed all the same.
   *
   * @param keys the most important first
   * @throws UnavailableException if the store does not take them for now, or there is no use
   */
  MovedBlocks move(List<String> keys) throws IOException {
    try (var compression = new BlockCompression()) {
      for (int id : provenIn(keys).toArray()) {
        BlockHash hash = read(id);
        if (state.index().hashEquals(id, hash)) { // it was, a moment ago
          place(id, hash, compression);
        }
      }
      send();
    }
    return new MovedBlocks(moved);
  }

  private RoaringBitmap provenIn(List<String> keys) throws IOException {
    Map<String, RoaringBitmap> blocks = state.index().blocksIn(Set.copyOf(keys));
    RoaringBitmap proven = new RoaringBitmap();
    for (String key : keys) {
      RoaringBitmap inObject = blocks.getOrDefault(key, new RoaringBitmap());
      int together = proven.getCardinality() + inObject.getCardinality();
      if (together > MOST_BLOCKS && !proven.isEmpty()) {
        break;
      }
      if (areAsLogged(inObject)) {
        proven.or(inObject);
      }
    }
    return proven;
  }

  private boolean areAsLogged(RoaringBitmap ids) throws IOException {
    for (int id : ids.toArray()) {
      if (!state.index().hashEquals(id, read(id))) {
        return false;
      }
    }
    return true;
  }

  private BlockHash read(int id) throws IOException {
    if (over.getAsBoolean()) {
      throw new UnavailableException("compacting " + store + " was ended");
    }
    long position = DatabaseHeaders.BYTES + (long) id * block.length;
    int read = file.readUpTo(position, block, 0, block.length);
    Arrays.fill(block, read, block.length, (byte) 0);
    return BlockHash.of(block);
  }

  private void place(int id, BlockHash hash, BlockCompression compression) {
    MovedBlocks.Moved sent = sentByHash.get(hash);
    if (sent != null) {
      moved.add(sent.as(id));
      return;
    }
    Placed same = openByHash.get(hash);
    if (same != null) {
      open.add(new Placed(id, hash, same.stored(), same.offset()));
      return;
    }
    StoredBytes stored = compression.compress(block, 0, block.length, level);
    if (!builder.isEmpty() && builder.size() + stored.length() > segmentBytes) {
      send();
    }
    var placed = new Placed(id, hash, stored, builder.add(stored));
    open.add(placed);
    openByHash.put(hash, placed);
  }

  private void send() {
    if (builder.isEmpty()) {
      return;
    }
    SegmentBuilder.BuiltSegment built = builder.build();
    retries.run(() -> put(built), over);
    for (Placed placed : open) {
      StoredBytes stored = placed.stored();
      var there =
          new MovedBlocks.Moved(
              placed.blockId(),
              placed.hash(),
              built.ref(),
              placed.offset(),
              stored.length(),
              stored.crc32c(),
              stored.compressed());
      moved.add(there);
      sentByHash.put(placed.hash(), there);
    }
    open.clear();
    openByHash.clear();
    segments++;
    builder = next();
  }

  private SegmentBuilder next() {
    // For the next seq: not for one that the head's anchor has, or whoever sweeps may delete it.
    return new SegmentBuilder(state.lineage(), state.position().seq() + 1, nonce, segments);
  }

  private PutResult put(SegmentBuilder.BuiltSegment built) {
    if (over.getAsBoolean()) {
      throw new UnavailableException("compacting " + store + " was ended");
    }
    PutResult result = store.put(built.ref().key(), built.body());
    if (result.outcome() != PutResult.Outcome.DONE) {
      throw new UnavailableException(
          "cannot write " + store + "/" + built.ref().key() + ": " + result.cause(),
          result.cause());
    }
    return result;
  }
}
