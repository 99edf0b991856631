package io.haduck.core.internal.metadata;

import io.haduck.core.internal.duckdb.DatabaseFile;
import io.haduck.core.internal.duckdb.DatabaseHeaders;
import io.haduck.core.internal.metadata.WalkResult.Unproven;
import io.haduck.core.internal.metadata.WalkResult.Walked;
import java.io.IOException;
import java.util.List;
import org.roaringbitmap.RoaringBitmap;

/** What reading all metadata of a header has shown of its blocks. */
public sealed interface HeaderProof {
  /**
   * Each block of the header is referred to by tables and indexes, or metadata, or free, or in
   * limbo.
   *
   * @param limbo blocks that are nowhere: freed while somebody still read them, or never written.
   *     DuckDB may write to them without listing them before
   * @param indexesOnFreeBlocks for each index that refers to free blocks, these: a defect of DuckDB
   *     1.4. A copy needs them, and they may change at any time
   * @param tables how many tables there are
   * @param metadataBytes how many bytes of metadata were read
   */
  record Proven(
      RoaringBitmap limbo, List<IndexBlocks> indexesOnFreeBlocks, int tables, long metadataBytes)
      implements HeaderProof {}

  /**
   * Nothing may be concluded.
   *
   * @param reason what was unknown, or did not add up, for people
   * @param lasting whether that will be so at the next header, too: what is unknown remains so, and
   *     what does not add up may, once no reader holds freed blocks any more
   */
  record Unknown(String reason, boolean lasting) implements HeaderProof {}

  /** The file has other headers by now. */
  record Moved() implements HeaderProof {}

  /**
   * Reads the metadata of the active header of {@code headers}: some kilobytes for each table and
   * column. DuckDB may have the file open, and may be writing.
   *
   * @param headers as read from {@code file}
   * @throws IOException if reading fails, and the headers are still the same
   */
  static HeaderProof read(DatabaseFile file, DatabaseHeaders headers) throws IOException {
    WalkResult result;
    try {
      result = MetadataWalk.walk(headers.active(), new DatabaseFileBlocks(file, headers));
    } catch (IOException e) {
      if (file.readHeaders().equals(headers)) {
        throw e;
      }
      return new Moved();
    }
    if (!file.readHeaders().equals(headers)) {
      return new Moved();
    }
    if (result instanceof Unproven unproven) {
      return new Unknown(unproven.reason(), true);
    }
    return conclude((Walked) result, headers.active().blockCount());
  }

  /**
   * Says what follows from a walk.
   *
   * @param blockCount of the header
   */
  static HeaderProof conclude(Walked walked, long blockCount) {
    BlockSum sum = walked.sum(blockCount);
    boolean proven =
        (sum.addsUp() || sum.isWrongForIndexesOnFreeBlocksOnly()) && !sum.isMostlyLimbo();
    return proven
        ? new Proven(
            sum.limbo(), sum.indexesOnFreeBlocks(), walked.tables(), walked.metadataBytes())
        : new Unknown(sum.faults(), false);
  }
}
