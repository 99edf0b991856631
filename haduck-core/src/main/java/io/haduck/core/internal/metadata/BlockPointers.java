package io.haduck.core.internal.metadata;

import io.haduck.core.internal.duckdb.DatabaseHeader;
import java.io.IOException;

/** Reads pointers into blocks (DuckDB: {@code BlockPointer}), which lie in the file. */
final class BlockPointers {
  /** Stands for no block. */
  static final int NONE = -1;

  private final DatabaseHeader header;

  BlockPointers(DatabaseHeader header) {
    this.header = header;
  }

  /** Reads a pointer; the block's id, or {@link #NONE}. */
  int read(FieldReader fields) throws UnprovenException, IOException {
    fields.begin();
    fields.expect(100, "BlockPointer");
    long block = fields.readSigned();
    long offset = fields.has(101) ? fields.readUnsigned() : 0;
    fields.end("BlockPointer");
    if (offset < 0 || offset >= header.blockSize()) {
      throw new UnprovenException("a pointer leads " + offset + " bytes into a block");
    }
    return block == NONE ? NONE : requireBlock(block);
  }

  /** The id, if it is that of a block of the file. */
  int requireBlock(long block) throws UnprovenException {
    if (block < 0 || block >= header.blockCount()) {
      throw new UnprovenException("block " + block + " is none of the file");
    }
    return (int) block;
  }
}
