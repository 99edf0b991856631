package io.haduck.core.internal.metadata;

import io.haduck.core.CorruptDataException;
import io.haduck.core.internal.duckdb.DatabaseHeader;
import io.haduck.core.internal.duckdb.MetadataPointer;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.roaringbitmap.RoaringBitmap;

/**
 * The sub-blocks that one header's metadata may lie in, and how many bytes of them may be read in
 * all: no more than they hold, so that nothing can be read for ever.
 *
 * <p>Memory: {@value #KEPT_BYTES} bytes of blocks.
 */
final class MetadataSpace {
  private static final int SUB_BLOCKS = 64;
  private static final int CHECKSUM_BYTES = 8;
  private static final int KEPT_BYTES = 16 << 20;

  private final DatabaseHeader header;
  private final MetadataBlocks blocks;
  private final int subBlockBytes;
  private final Map<Integer, byte[]> kept;

  /** Sub-blocks that were read, or pointed at, a bit for each. */
  private final Map<Integer, Long> visited = new HashMap<>();

  private RoaringBitmap metadata = new RoaringBitmap();
  private Map<Integer, Long> freeParts = Map.of();
  private boolean limited;
  private long bytesLeft = Long.MAX_VALUE;
  private long bytesRead;

  /** Until {@link #limitTo} everything below the header's block count may be read. */
  MetadataSpace(DatabaseHeader header, MetadataBlocks blocks) {
    this.header = header;
    this.blocks = blocks;
    this.subBlockBytes = ((header.blockSize() - CHECKSUM_BYTES) / SUB_BLOCKS) & ~7;
    int keptBlocks = KEPT_BYTES / header.blockSize();
    this.kept =
        new LinkedHashMap<>(16, 0.75f, true) {
          private static final long serialVersionUID = 1L;

          @Override
          protected boolean removeEldestEntry(Map.Entry<Integer, byte[]> eldest) {
            return size() > keptBlocks;
          }
        };
  }

  /**
   * From here on only sub-blocks in use may be read, those read before included.
   *
   * @param metadataBlocks ids of the metadata blocks
   * @param freeSubBlocks which of their sub-blocks are free, the lowest bit for the first; none
   *     where an id is missing
   */
  void limitTo(RoaringBitmap metadataBlocks, Map<Integer, Long> freeSubBlocks)
      throws UnprovenException {
    metadata = metadataBlocks;
    freeParts = freeSubBlocks;
    limited = true;
    bytesLeft = metadataBlocks.getLongCardinality() * SUB_BLOCKS * subBlockBytes;
    for (Map.Entry<Integer, Long> block : visited.entrySet()) {
      long free = freeParts.getOrDefault(block.getKey(), 0L);
      if (!metadata.contains(block.getKey()) || (free & block.getValue()) != 0) {
        throw new UnprovenException(
            "the free list lies in block " + block.getKey() + ", where it says that nothing is");
      }
    }
  }

  /** Bytes of a sub-block, its pointer to the next one included. */
  int subBlockBytes() {
    return subBlockBytes;
  }

  /** Position in its block, in bytes, at which a sub-block begins. */
  int subBlockPosition(MetadataPointer pointer) {
    return CHECKSUM_BYTES + pointer.subBlock() * subBlockBytes;
  }

  /** The block that a pointer names, which may be read. */
  byte[] block(MetadataPointer pointer) throws UnprovenException, IOException {
    int id = requireReadable(pointer);
    byte[] known = kept.get(id);
    if (known != null) {
      return known;
    }
    byte[] block;
    try {
      block = blocks.read(id);
    } catch (CorruptDataException e) {
      throw new UnprovenException(String.valueOf(e.getMessage()));
    }
    if (block.length != header.blockSize()) {
      throw new UnprovenException("block " + id + " has " + block.length + " bytes");
    }
    kept.put(id, block);
    return block;
  }

  /** Notes that a sub-block is in use, and returns its block's id. */
  int requireReadable(MetadataPointer pointer) throws UnprovenException {
    if (pointer.isNone()
        || pointer.subBlock() >= SUB_BLOCKS
        || pointer.blockId() >= header.blockCount()) {
      throw new UnprovenException("a pointer leads to " + pointer + ", which is none of the file");
    }
    int id = (int) pointer.blockId();
    long bit = 1L << pointer.subBlock();
    if (limited) {
      if (!metadata.contains(id)) {
        throw new UnprovenException("a pointer leads to " + pointer + ", no metadata block");
      }
      if ((freeParts.getOrDefault(id, 0L) & bit) != 0) {
        throw new UnprovenException("a pointer leads to " + pointer + ", which is free");
      }
    }
    visited.merge(id, bit, (one, other) -> one | other);
    return id;
  }

  /** Takes what is about to be read off what may still be read. */
  void spend(long bytes) throws UnprovenException {
    if (bytes < 0 || bytes > bytesLeft) {
      throw new UnprovenException("it refers to more bytes than there are of metadata");
    }
    bytesLeft -= bytes;
    bytesRead += bytes;
  }

  /** How many bytes may still be read. */
  long bytesLeft() {
    return bytesLeft;
  }

  /** How many bytes have been read. */
  long bytesRead() {
    return bytesRead;
  }
}
