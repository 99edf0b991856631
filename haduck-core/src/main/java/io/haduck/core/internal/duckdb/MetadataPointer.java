package io.haduck.core.internal.duckdb;

/**
 * Where a piece of DuckDB's metadata begins: a metadata block and one of its 64 sub-blocks
 * (DuckDB's {@code MetaBlockPointer.block_pointer}).
 *
 * @param raw block id in the low 56 bits, sub-block index in the high 8; all ones: none
 */
public record MetadataPointer(long raw) {
  /** Sub-blocks in a metadata block. */
  static final int SUB_BLOCKS = 64;

  /** The pointer to nothing, as a new database has it. */
  public static final MetadataPointer NONE = new MetadataPointer(-1L);

  /** Whether this points at nothing. */
  public boolean isNone() {
    return raw == -1L;
  }

  /** Id of the metadata block. */
  public long blockId() {
    return raw & 0x00ff_ffff_ffff_ffffL;
  }

  /** Index of the sub-block in its block; valid ones are below 64. */
  public int subBlock() {
    return (int) (raw >>> 56);
  }

  /** Whether this points at nothing, or at a sub-block within {@code blockCount} blocks. */
  boolean isWithin(long blockCount) {
    return isNone() || (blockId() < blockCount && subBlock() < SUB_BLOCKS);
  }

  @Override
  public String toString() {
    return isNone() ? "none" : "block " + blockId() + " sub-block " + subBlock();
  }
}
