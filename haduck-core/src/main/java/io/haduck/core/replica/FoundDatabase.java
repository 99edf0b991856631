package io.haduck.core.replica;

import io.haduck.core.LocalFileException;
import io.haduck.core.duckdb.DatabaseFile;
import io.haduck.core.duckdb.DatabaseHeaders;
import io.haduck.core.duckdb.FreeList;
import io.haduck.core.duckdb.HeaderMovedException;
import io.haduck.core.duckdb.IterationWal;
import io.haduck.core.duckdb.WalView;
import io.haduck.core.log.BlockHash;
import io.haduck.core.log.BlockIndex;
import io.haduck.core.log.HeaderBytes;
import io.haduck.core.log.WalStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.OptionalInt;
import org.roaringbitmap.IntIterator;

/**
 * A database file and its write-ahead log as they lie there before DuckDB opens them. Somebody else
 * may have them open all the same; then what was read is found out to be of no moment.
 */
final class FoundDatabase implements AutoCloseable {
  private static final int LOOKS = 20;

  private final LocalFiles files;
  private final DatabaseFile file;
  private final IterationWal wal;
  private DatabaseHeaders headers;
  private WalView view;

  private FoundDatabase(
      LocalFiles files,
      DatabaseFile file,
      IterationWal wal,
      DatabaseHeaders headers,
      WalView view) {
    this.files = files;
    this.file = file;
    this.wal = wal;
    this.headers = headers;
    this.view = view;
  }

  /** Reads headers and write-ahead log. */
  static FoundDatabase look(LocalFiles files) throws IOException {
    DatabaseFile file = DatabaseFile.open(files.database());
    IterationWal wal = new IterationWal(files.wal());
    try {
      DatabaseHeaders headers = file.readHeaders();
      var found = new FoundDatabase(files, file, wal, headers, wal.look(headers));
      found.settle();
      return found;
    } catch (IOException | RuntimeException e) {
      wal.close();
      throw e;
    }
  }

  private void settle() throws IOException {
    for (int looks = 0; looks < LOOKS; looks++) {
      DatabaseHeaders now = file.readHeaders();
      if (now.equals(headers)) {
        return;
      }
      headers = now;
      view = wal.look(now);
    }
    throw busy();
  }

  private LocalFileException busy() {
    return new LocalFileException(
        files.database()
            + " or its WAL is being written to by somebody else. Close it there and try again");
  }

  /** The file. */
  DatabaseFile file() {
    return file;
  }

  /** Its first bytes, verified. */
  DatabaseHeaders headers() {
    return headers;
  }

  /** The iteration of its last checkpoint. */
  long iteration() {
    return headers.active().iteration();
  }

  /** Whether its headers are these, byte for byte. */
  boolean hasHeaders(HeaderBytes other) {
    return HeaderImages.of(headers).equals(other);
  }

  /** Compares the write-ahead log with what the log holds of it. */
  WalComparison compare(WalStream stream, RangeFetcher fetcher) throws IOException {
    try {
      return WalComparison.of(wal, view, stream, fetcher);
    } catch (HeaderMovedException e) {
      throw busy();
    }
  }

  /**
   * Reads every block in use, the slow proof.
   *
   * @return the first one that is not as the index has it
   */
  OptionalInt firstDifference(BlockIndex index) throws IOException {
    try {
      byte[] block = new byte[Math.toIntExact(headers.active().blockSize())];
      IntIterator ids = FreeList.read(file, headers).inUse().getIntIterator();
      while (ids.hasNext()) {
        int id = ids.next();
        int read = file.readUpTo(headers.blockPosition(id), block, 0, block.length);
        Arrays.fill(block, read, block.length, (byte) 0); // counted, and never written
        if (!index.hashEquals(id, BlockHash.of(block))) {
          return OptionalInt.of(id);
        }
      }
    } catch (HeaderMovedException e) {
      throw busy();
    }
    if (!file.readHeaders().equals(headers)) {
      throw busy();
    }
    return OptionalInt.empty();
  }

  /** Whether the metadata blocks are as they were recorded. */
  boolean hasMetadata(LocalRecord record) throws IOException {
    try {
      return FileProof.metadata(file, headers, FreeList.read(file, headers))
          .equals(record.metadata());
    } catch (HeaderMovedException e) {
      return false; // someone has it open: the slow way is right either way
    }
  }

  @Override
  public void close() throws IOException {
    wal.close();
  }
}
