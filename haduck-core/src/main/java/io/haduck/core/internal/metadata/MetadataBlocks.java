package io.haduck.core.internal.metadata;

import io.haduck.core.CorruptDataException;
import java.io.IOException;

/** Where metadata blocks are read from. */
@FunctionalInterface
interface MetadataBlocks {
  /**
   * Reads a whole block.
   *
   * @param id of a block below the header's block count
   * @return exactly the bytes of a block, checksum included, which holds; they are not modified
   * @throws CorruptDataException if the file ends before, or the checksum does not hold
   * @throws IOException if reading fails
   */
  byte[] read(int id) throws IOException;
}
