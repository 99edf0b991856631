package io.haduck.core.internal.metadata;

import io.haduck.core.internal.duckdb.MetadataPointer;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;

/**
 * The bytes of a chain of metadata sub-blocks, from some place in it on (DuckDB: {@code
 * MetadataReader}). The pointer to the next sub-block comes first in each.
 */
final class MetadataChain {
  private static final int POINTER_BYTES = 8;

  private final MetadataSpace space;
  private final Set<MetadataPointer> visited = new HashSet<>();
  private MetadataPointer next;
  private int nextOffset;
  private byte[] block = new byte[0];
  private int at;
  private int end;

  /**
   * Begins at {@code offset} bytes into a sub-block; less than 8 mean its first byte behind the
   * pointer.
   */
  MetadataChain(MetadataSpace space, MetadataPointer start, long offset) throws UnprovenException {
    if (offset < 0 || offset > space.subBlockBytes()) {
      throw new UnprovenException("a pointer leads " + offset + " bytes into " + start);
    }
    this.space = space;
    this.next = start;
    this.nextOffset = Math.max((int) offset, POINTER_BYTES);
  }

  /** The next byte, unsigned. */
  int readByte() throws UnprovenException, IOException {
    while (at == end) {
      nextSubBlock();
    }
    space.spend(1);
    return block[at++] & 0xff;
  }

  /** The next {@code bytes} bytes as a little-endian number. */
  long readFixed(int bytes) throws UnprovenException, IOException {
    long value = 0;
    for (int i = 0; i < bytes; i++) {
      value |= (long) readByte() << (8 * i);
    }
    return value;
  }

  /** Copies the next bytes. */
  void read(byte[] destination) throws UnprovenException, IOException {
    int done = 0;
    while (done < destination.length) {
      int length = take(destination.length - done);
      System.arraycopy(block, at - length, destination, done, length);
      done += length;
    }
  }

  /** Passes over the next bytes. */
  void skip(long bytes) throws UnprovenException, IOException {
    if (bytes < 0 || bytes > space.bytesLeft()) {
      throw new UnprovenException("something of " + bytes + " bytes is longer than the metadata");
    }
    long left = bytes;
    while (left > 0) {
      left -= take(left);
    }
  }

  /** Passes over at least one byte, at most {@code most}, all of one sub-block. */
  private int take(long most) throws UnprovenException, IOException {
    while (at == end) {
      nextSubBlock();
    }
    int length = (int) Math.min(most, end - at);
    space.spend(length);
    at += length;
    return length;
  }

  private void nextSubBlock() throws UnprovenException, IOException {
    if (next.isNone()) {
      throw new UnprovenException("a chain of metadata ends too early");
    }
    if (!visited.add(next)) {
      throw new UnprovenException("a chain of metadata comes back to " + next);
    }
    block = space.block(next);
    int start = space.subBlockPosition(next);
    at = start + nextOffset;
    end = start + space.subBlockBytes();
    next = new MetadataPointer(pointerAt(start));
    nextOffset = POINTER_BYTES;
  }

  private long pointerAt(int position) {
    long value = 0;
    for (int i = 0; i < POINTER_BYTES; i++) {
      value |= (block[position + i] & 0xffL) << (8 * i);
    }
    return value;
  }
}
