package io.haduck.core.internal.opening;

import io.haduck.core.LocalFileException;
import io.haduck.core.internal.duckdb.DatabaseFile;
import io.haduck.core.internal.duckdb.DatabaseFiles;
import io.haduck.core.internal.duckdb.DatabaseHeaders;
import io.haduck.core.internal.duckdb.DatabaseMoment;
import io.haduck.core.internal.duckdb.FreeList;
import io.haduck.core.internal.duckdb.HeaderMovedException;
import io.haduck.core.internal.duckdb.IterationWal;
import io.haduck.core.internal.duckdb.WalView;
import io.haduck.core.internal.fetch.RangeFetcher;
import io.haduck.core.internal.local.ClosedFile;
import io.haduck.core.internal.local.FileProof;
import io.haduck.core.internal.local.FileStamp;
import io.haduck.core.internal.local.HeaderImages;
import io.haduck.core.internal.local.LocalFiles;
import io.haduck.core.internal.local.LocalRecord;
import io.haduck.core.internal.log.Digest;
import io.haduck.core.internal.log.HeaderBytes;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.WalStream;
import io.haduck.core.internal.upkeep.BlockProof;
import java.io.IOException;
import java.util.OptionalInt;
import org.roaringbitmap.RoaringBitmap;

/**
 * A database file and its write-ahead log as they lie there before DuckDB opens them. Somebody else
 * may have them open all the same; then what was read is found out to be of no moment.
 */
final class FoundDatabase implements AutoCloseable {
  private static final int ATTEMPTS = 20;

  private final LocalFiles files;
  private final DatabaseFile file;
  private final IterationWal wal;
  private final DatabaseHeaders headers;
  private final WalView view;

  private FoundDatabase(
      LocalFiles files, DatabaseFile file, IterationWal wal, DatabaseMoment moment) {
    this.files = files;
    this.file = file;
    this.wal = wal;
    this.headers = moment.headers();
    this.view = moment.wal();
  }

  /** Reads headers and write-ahead log. */
  static FoundDatabase observe(LocalFiles files) throws IOException {
    DatabaseFile file = DatabaseFiles.open(files.database());
    IterationWal wal = new IterationWal(files.wal());
    try {
      DatabaseMoment moment =
          DatabaseMoment.of(new HeaderReader(file), wal, ATTEMPTS).orElseThrow(() -> busy(files));
      return new FoundDatabase(files, file, wal, moment);
    } catch (IOException | RuntimeException e) {
      wal.close();
      throw e;
    }
  }

  /** Reads the headers each time: DuckDB has the file closed, as a rule. */
  private record HeaderReader(DatabaseFile file) implements DatabaseMoment.Headers {
    @Override
    public DatabaseHeaders read() throws IOException {
      return file.readHeaders();
    }

    @Override
    public boolean areStill(DatabaseHeaders before) throws IOException {
      return read().equals(before);
    }
  }

  private static LocalFileException busy(LocalFiles files) {
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

  /** How long the stream of its write-ahead log is, up to the last commit, in bytes. */
  long walLength() {
    return view.end();
  }

  /** Whether its headers are these, byte for byte. */
  boolean hasHeaders(HeaderBytes other) {
    return HeaderImages.of(headers).equals(other);
  }

  /**
   * Whether the checkpoint before the last may have been the head's. A checkpoint writes one of the
   * two headers, in turn, and leaves the other one as it was; so that can be told where it is the
   * only one since, and not where there were more.
   */
  boolean mayFollow(LogState head) {
    return iteration() != head.identity().iteration() + 1
        || headers.leavesActiveOf(head.headers().bytes());
  }

  /**
   * Whether it is as DuckDB closed it.
   *
   * @param stamp of the file now
   */
  boolean isAs(ClosedFile closed, FileStamp stamp) throws IOException {
    return walLength() == 0
        && !files.walExists()
        && stamp.equals(closed.stamp())
        && FileProof.headers(headers).equals(closed.headers())
        && hasMetadata(closed.metadata());
  }

  /**
   * Whether it is what the record says that was committed, to the byte as far as can be told
   * without what the log held: nothing was written to the file since, and its WAL is as long.
   *
   * @param stamp of the file now
   */
  boolean isAs(LocalRecord record, FileStamp stamp) throws IOException {
    return stamp.equals(record.stamp())
        && iteration() == record.iteration()
        && walLength() == record.wal()
        && FileProof.headers(headers).equals(record.headers())
        && hasMetadata(record.metadata());
  }

  /** Compares the write-ahead log with what the log holds of it. */
  WalComparison compare(WalStream stream, RangeFetcher fetcher) throws IOException {
    try {
      return WalComparison.of(wal, view, stream, fetcher);
    } catch (HeaderMovedException e) {
      throw busy(files);
    }
  }

  /**
   * Reads every block in use and every one that the write-ahead log names, the slow proof.
   *
   * @param state of the log, at the checkpoint of these headers
   * @param comparison of the write-ahead log with that of {@code state}
   * @return one that is not as the log has it; empty if there is none
   */
  OptionalInt difference(LogState state, WalComparison comparison, RangeFetcher fetcher)
      throws IOException {
    RoaringBitmap different;
    try {
      FreeList freeList = FreeList.read(file, headers);
      RoaringBitmap ids = freeList.inUse();
      // A block that no list had as free can be written to all the same:
      // docs/internals/duckdb-files.md#what-a-checkpoint-may-change.
      wal.namedBlocks(comparison.same(), view.end()).ifPresent(ids::andNot);
      ids.or(namedInBoth(state, comparison, freeList));
      different = new BlockProof(file, headers, freeList, state, fetcher).anyDifference(ids);
    } catch (HeaderMovedException e) {
      throw busy(files);
    }
    if (!file.readHeaders().equals(headers)) {
      throw busy(files);
    }
    return different.isEmpty() ? OptionalInt.empty() : OptionalInt.of(different.first());
  }

  /** The blocks that belong to the commits which both have. */
  private RoaringBitmap namedInBoth(LogState state, WalComparison comparison, FreeList freeList)
      throws IOException {
    RoaringBitmap logged = state.index().ids();
    if (comparison.localHoldsAll()) {
      // What is free and no commit names, DuckDB may have written to since, also where an index
      // refers to it: IndexOnFreeBlocksTest.
      wal.namedBlocks(0, comparison.same())
          .ifPresent(named -> logged.andNot(RoaringBitmap.andNot(freeList.free(), named)));
      return logged; // those in use, and those that the log's commits name
    }
    RoaringBitmap named =
        wal.namedBlocks(0, comparison.same()).orElseGet(() -> state.index().ids());
    logged.and(named);
    return logged;
  }

  /** What describes it as a state of the log. */
  LocalRecord record(LogState state, String replica) throws IOException {
    return new LocalRecord(
        state.lineage(),
        replica,
        state.position(),
        iteration(),
        state.wal().length(),
        FileProof.headers(headers),
        FileProof.metadata(file, headers, FreeList.read(file, headers)),
        FileStamp.of(files.database()),
        null,
        false);
  }

  /** Whether the metadata blocks are as they were recorded. */
  boolean hasMetadata(Digest recorded) throws IOException {
    try {
      return FileProof.metadata(file, headers, FreeList.read(file, headers)).equals(recorded);
    } catch (HeaderMovedException e) {
      return false; // someone has it open: the slow way is right either way
    }
  }

  @Override
  public void close() throws IOException {
    wal.close();
  }
}
