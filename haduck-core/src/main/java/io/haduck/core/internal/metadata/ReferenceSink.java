package io.haduck.core.internal.metadata;

/** Takes down what metadata refers to. */
interface ReferenceSink {
  /**
   * A column segment lies in a block.
   *
   * @param type of what it holds
   * @param compression DuckDB's {@code CompressionType}
   */
  void segment(StoredType type, int compression, int block) throws UnprovenException;

  /** A segment's content goes on in a block of its own. */
  void furtherBlock(StoredType type, int compression, int block) throws UnprovenException;

  /**
   * A buffer of an index lies in a block.
   *
   * @param schema of its table
   * @param table whose index it is
   * @param index its name
   */
  void indexBuffer(String schema, String table, String index, int block) throws UnprovenException;
}
