package io.haduck.core.internal.metadata;

import org.roaringbitmap.RoaringBitmap;

/**
 * The blocks of an index.
 *
 * @param schema of its table
 * @param table its table
 * @param index its name; that of a primary key, unique or foreign key constraint is DuckDB's
 * @param blocks in which its buffers lie, perhaps together with others'
 */
public record IndexBlocks(String schema, String table, String index, RoaringBitmap blocks) {
  /** Its name and its table's, for people. */
  public String name() {
    return index + " on " + (schema.isEmpty() ? table : schema + "." + table);
  }
}
