package io.haduck.core.internal.duckdb;

import io.haduck.core.CorruptDataException;
import io.haduck.core.UnsupportedDatabaseException;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/**
 * Reads one WAL file, commit by commit, while DuckDB may be appending to it or cutting it off.
 *
 * <p>A WAL is a version record, then entries {@code u64 size · u64 checksum · bytes}; an entry of
 * type flush ends a commit (docs/internals/duckdb-files.md#the-write-ahead-log). What is not whole,
 * or does not verify, is the end: DuckDB may be writing it. Positions are bytes in this file. WAL
 * files carry no locks, so any channel may read them.
 *
 * <p>Not thread-safe. Memory is bounded, however large the file or what it claims.
 */
public final class WriteAheadLog {
  private static final int FRAME_BYTES = 16;

  private final SeekableByteChannel file;
  private final WalWindow window;
  private final String name;
  private final Optional<WalVersion> version;
  private long position;
  private WalTail tail = WalTail.CLEAN;

  private WriteAheadLog(
      SeekableByteChannel file,
      WalWindow window,
      String name,
      Optional<WalVersion> version,
      long position) {
    this.file = file;
    this.window = window;
    this.name = name;
    this.version = version;
    this.position = position;
  }

  /**
   * Starts to read behind the version record.
   *
   * @param name for errors: the file's path
   * @throws CorruptDataException if the file does not begin with a version record
   * @throws UnsupportedDatabaseException if the WAL is encrypted or of an unknown version
   * @throws IOException if reading fails
   */
  public static WriteAheadLog open(SeekableByteChannel file, String name) throws IOException {
    return open(file, name, 0);
  }

  /**
   * Starts to read at a commit boundary that was found before; the version record is read all the
   * same, so compare its iteration.
   *
   * @param from end of a commit, or anything up to the end of the version record for the beginning
   */
  public static WriteAheadLog open(SeekableByteChannel file, String name, long from)
      throws IOException {
    WalWindow window = new WalWindow(file);
    int length = window.load(0, WalVersion.LONGEST);
    Optional<WalVersion> version;
    try {
      version = WalVersion.parse(window.array(), length);
    } catch (CorruptDataException e) {
      throw new CorruptDataException(name + ": no WAL version record: " + e.getMessage(), e);
    } catch (UnsupportedDatabaseException e) {
      throw new UnsupportedDatabaseException(name + ": " + e.getMessage(), e);
    }
    WriteAheadLog log =
        new WriteAheadLog(
            file, window, name, version, Math.max(from, version.map(WalVersion::bytes).orElse(0)));
    if (version.isEmpty() && length > 0) {
      log.tail = WalTail.INCOMPLETE;
    }
    return log;
  }

  /**
   * Counts the commits up to the end, without the marks of checkpoints.
   *
   * @param from as for {@link #open(SeekableByteChannel, String, long)}
   */
  public static long countCommits(SeekableByteChannel file, String name, long from)
      throws IOException {
    WriteAheadLog log = open(file, name, from);
    long commits = 0;
    for (WalCommit commit = log.next(); commit != null; commit = log.next()) {
      commits += commit.isCheckpointMark() ? 0 : 1;
    }
    return commits;
  }

  /**
   * The version record; empty if the file ended before it did, and so held nothing: open it anew
   * when it has grown.
   */
  public Optional<WalVersion> version() {
    return version;
  }

  /** Position behind the last commit that was read. */
  public long position() {
    return position;
  }

  /** What follows {@link #position()}, known once {@link #next()} has returned null. */
  public WalTail tail() {
    return tail;
  }

  /**
   * The next whole commit, or null if there is none (yet): call it again when the file has grown.
   *
   * @throws CorruptDataException if an entry verifies and makes no sense
   * @throws IOException if reading fails
   */
  public @Nullable WalCommit next() throws IOException {
    boolean whole = false;
    try {
      WalCommit commit = readCommit();
      whole = commit != null;
      return commit;
    } finally {
      if (!whole) {
        window.forget(); // the file may have other bytes there when it is looked at again
      }
    }
  }

  private @Nullable WalCommit readCommit() throws IOException {
    if (version.isEmpty()) {
      return null;
    }
    long start = position;
    long at = start;
    long entries = 0;
    boolean rowGroupData = false;
    boolean drawsOnly = true;
    Optional<RoaringBitmap> named = Optional.of(new RoaringBitmap());
    Optional<MetadataPointer> checkpoint = Optional.empty();
    tail = WalTail.CLEAN;
    while (true) {
      Entry entry = readEntry(at);
      if (entry == null) {
        if (tail == WalTail.CLEAN && entries > 0) {
          tail = WalTail.INCOMPLETE;
        }
        return null;
      }
      entries++;
      at = entry.end;
      drawsOnly &= entry.type == WalEntries.SEQUENCE_VALUE || entry.type == WalEntries.FLUSH;
      switch (entry.type) {
        case WalEntries.FLUSH -> {
          position = at;
          return new WalCommit(
              start, at, entries, drawsOnly && entries > 1, rowGroupData, named, checkpoint);
        }
        case WalEntries.ROW_GROUP_DATA -> {
          rowGroupData = true;
          named = union(named, entry.named);
        }
        case WalEntries.CHECKPOINT -> {
          if (entries > 1) {
            throw corrupt(at, "a checkpoint's mark follows entries without a flush");
          }
          checkpoint = entry.checkpoint;
        }
        default -> {
          if (checkpoint.isPresent()) {
            throw corrupt(at, "an entry of type " + entry.type + " follows a checkpoint's mark");
          }
        }
      }
    }
  }

  private static Optional<RoaringBitmap> union(
      Optional<RoaringBitmap> named, @Nullable RoaringBitmap more) {
    if (more == null) {
      return Optional.empty();
    }
    named.ifPresent(ids -> ids.or(more));
    return named;
  }

  /**
   * An entry that verifies.
   *
   * @param named blocks that row-group data names; null if that cannot be told, or for other types
   */
  private record Entry(
      int type, long end, @Nullable RoaringBitmap named, Optional<MetadataPointer> checkpoint) {}

  /** The entry at a position, or null if none is whole there; {@code tail} then says why. */
  private @Nullable Entry readEntry(long start) throws IOException {
    int read = window.load(start, FRAME_BYTES);
    if (read < FRAME_BYTES) {
      tail = read == 0 ? WalTail.CLEAN : WalTail.INCOMPLETE;
      return null;
    }
    long size = window.longAt(start);
    long stored = window.longAt(start + 8);
    long bytesFrom = start + FRAME_BYTES;
    // a size that no file has would cost reading all of it
    if (size < 0 || (size > WalWindow.BYTES && size > file.size() - bytesFrom)) {
      tail = WalTail.INCOMPLETE;
      return null;
    }
    byte[] head = new byte[(int) Math.min(size, WalEntries.HEAD_BYTES)];
    byte[] whole = null;
    long checksum = BlockChecksum.EMPTY;
    for (long done = 0; done < size; ) {
      int length = (int) Math.min(WalWindow.BYTES, size - done);
      if (window.load(bytesFrom + done, length) < length) {
        tail = WalTail.INCOMPLETE;
        return null;
      }
      int from = window.index(bytesFrom + done);
      if (done == 0) {
        System.arraycopy(window.array(), from, head, 0, head.length);
        if (WalEntries.isRowGroupData(head) && size <= RowGroupBlocks.LONGEST_ENTRY) {
          whole = new byte[(int) size];
        }
      }
      if (whole != null) {
        System.arraycopy(window.array(), from, whole, (int) done, length);
      }
      int words = length & ~7;
      checksum = BlockChecksum.addWords(checksum, window.array(), from, words);
      checksum = BlockChecksum.addTail(checksum, window.array(), from + words, length - words);
      done += length;
    }
    if (checksum != stored) {
      tail = WalTail.CHECKSUM_MISMATCH;
      return null;
    }
    return decode(
        start, bytesFrom + size, head, size, whole == null ? null : RowGroupBlocks.find(whole));
  }

  private Entry decode(
      long start, long end, byte[] head, long size, @Nullable RoaringBitmap named) {
    if (size < WalEntries.SHORTEST) {
      throw corrupt(start, "an entry of " + size + " bytes");
    }
    try {
      int type = WalEntries.type(head, head.length);
      return new Entry(
          type,
          end,
          named,
          type == WalEntries.CHECKPOINT
              ? Optional.of(WalEntries.checkpointPointer(head, head.length))
              : Optional.empty());
    } catch (CorruptDataException e) {
      throw new CorruptDataException(
          name + ": entry at position " + start + ": " + e.getMessage(), e);
    }
  }

  private CorruptDataException corrupt(long at, String found) {
    return new CorruptDataException(name + ": at position " + at + ": " + found);
  }
}
