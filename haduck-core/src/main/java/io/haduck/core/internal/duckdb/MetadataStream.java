package io.haduck.core.internal.duckdb;

import io.haduck.core.CorruptDataException;
import java.io.EOFException;
import java.io.IOException;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The bytes of a chain of metadata sub-blocks as one stream (DuckDB: {@code MetadataReader}). Every
 * block is read whole and its checksum verified.
 *
 * <p>Not thread-safe. Memory: {@value #KEPT_BLOCKS} blocks, and a few bytes for each sub-block of
 * the chain.
 */
final class MetadataStream {
  private static final int KEPT_BLOCKS = 16;

  private final DatabaseFile file;
  private final DatabaseHeaders headers;
  private final int subBlockBytes;
  private final Set<MetadataPointer> visited = new HashSet<>();
  private final Map<Long, byte[]> kept =
      new LinkedHashMap<>(KEPT_BLOCKS, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, byte[]> eldest) {
          return size() > KEPT_BLOCKS;
        }
      };

  private MetadataPointer current = MetadataPointer.NONE;
  private MetadataPointer next;
  private byte[] block = new byte[0];
  private int at;
  private int end;

  MetadataStream(DatabaseFile file, DatabaseHeaders headers) {
    this.file = file;
    this.headers = headers;
    this.subBlockBytes = MetadataParts.length(headers.active().blockSize());
    this.next = headers.active().freeListPointer();
  }

  /** The next u64, little-endian. */
  long readLong() throws IOException {
    return readBytes(8);
  }

  /** The next u32, little-endian. */
  int readInt() throws IOException {
    return (int) readBytes(4);
  }

  /** Numbers may straddle two sub-blocks, since use counts have 4 bytes. */
  private long readBytes(int count) throws IOException {
    long value = 0;
    for (int i = 0; i < count; i++) {
      if (at == end) {
        nextSubBlock();
      }
      value |= (block[at++] & 0xffL) << (8 * i);
    }
    return value;
  }

  private void nextSubBlock() throws IOException {
    if (next.isNone()) {
      throw corrupt("the chain ends before the list does");
    }
    if (!next.isWithin(headers.active().blockCount())) {
      throw corrupt("the chain goes on at " + next + ", which is not in the file");
    }
    if (!visited.add(next)) {
      throw corrupt("the chain comes back to " + next);
    }
    current = next;
    block = block(current.blockId());
    at = BlockChecksum.BYTES + current.subBlock() * subBlockBytes;
    end = at + subBlockBytes;
    // the pointer is part of the sub-block, so this never runs over its end
    next = new MetadataPointer(readBytes(8));
  }

  private byte[] block(long id) throws IOException {
    byte[] known = kept.get(id);
    if (known != null) {
      return known;
    }
    byte[] bytes = new byte[headers.active().blockSize()];
    TornRead torn = new TornRead();
    while (true) {
      try {
        file.read(headers.blockPosition(id), bytes, 0, bytes.length);
        if (BlockChecksum.holds(bytes, 0, bytes.length)) {
          kept.put(id, bytes);
          return bytes;
        }
        if (!torn.again()) {
          throw new CorruptDataException(
              file
                  + ": the checksum of metadata block "
                  + id
                  + " at position "
                  + headers.blockPosition(id)
                  + " does not hold. Check the database with DuckDB");
        }
      } catch (EOFException e) {
        throw new CorruptDataException(
            file + ": metadata block " + id + " lies behind the end of the file", e);
      }
    }
  }

  /** An error about what was read last. */
  CorruptDataException corrupt(String found) {
    return new CorruptDataException(
        file
            + ": free list of iteration "
            + headers.active().iteration()
            + ", at "
            + (current.isNone() ? next : current)
            + ": "
            + found);
  }
}
