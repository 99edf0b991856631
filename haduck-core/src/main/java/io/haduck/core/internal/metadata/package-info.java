/**
 * Which blocks a header of a database refers to, read from its metadata, and the proof that they
 * were read rightly: {@link io.haduck.core.internal.metadata.HeaderProof}.
 *
 * <p>{@link io.haduck.core.internal.metadata.MetadataWalk} reads, from the catalog down: tables and
 * indexes, row groups, column segments, blocks. What it does not know is {@link
 * io.haduck.core.internal.metadata.WalkResult.Unproven}, never a guess. {@link
 * io.haduck.core.internal.metadata.BlockSum} then asks whether each block of the header is either
 * referred to, or metadata, or free, and referred to as often as the header says: whatever was
 * misread shows as a block too many or too few.
 *
 * <p>How it is used for what may have changed since a header (E of
 * docs/internals/architecture.md#what-duckdb-gives-us-to-stand-on), by {@code MetadataReview}:
 *
 * <ol>
 *   <li>Read the headers; walk the active one; read the headers again. If they are not the same,
 *       nothing was learnt.
 *   <li>If the walk is unproven, or the sum does not close: E stays. It only costs.
 *   <li>If it closes, and the content of every block in use at this header is known, E starts anew
 *       as all that is not referred to: free, metadata, and all behind the header's block count.
 *   <li>If it only adds up, blocks are in limbo. They stay in E too, until a walk finds them in one
 *       of the three places; E may start anew as above with them.
 *   <li>If it is wrong for indexes on free blocks only, these blocks stay in E, since they are
 *       free, and are in use for a copy, since an index leads there; the index is named once.
 * </ol>
 *
 * <p>A walk reads all metadata, so it is for where that is less than what E costs, and off the path
 * of commits. It opens nothing: blocks come from a {@link
 * io.haduck.core.internal.metadata.MetadataBlocks}.
 */
@NullMarked
package io.haduck.core.internal.metadata;

import org.jspecify.annotations.NullMarked;
