package io.haduck.core.internal.duckdb;

import io.haduck.core.CorruptDataException;
import io.haduck.core.UnsupportedDatabaseException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The first 12,288 bytes of a database file, verified: the main header and both database headers.
 *
 * <p>Equal headers of <em>one</em> file mean that no checkpoint ended in between. Equal headers of
 * two files mean nothing (docs/internals/duckdb-files.md#the-database-file): they hold pointers and
 * counts, no content.
 *
 * <p>Immutable; equality is that of the bytes.
 */
public final class DatabaseHeaders {
  /** Bytes before the first block. */
  public static final int BYTES = MainHeader.BYTES + 2 * DatabaseHeader.BYTES;

  private final byte[] bytes;
  private final MainHeader main;
  private final DatabaseHeader first;
  private final DatabaseHeader second;

  private DatabaseHeaders(
      byte[] bytes, MainHeader main, DatabaseHeader first, DatabaseHeader second) {
    this.bytes = bytes;
    this.main = main;
    this.first = first;
    this.second = second;
  }

  /**
   * Decodes and verifies the headers; the array is copied.
   *
   * @param bytes exactly {@link #BYTES} of them
   * @throws CorruptDataException if a checksum does not hold (also that of the slot that is not
   *     active: DuckDB verifies both when it opens) or a field is impossible
   * @throws UnsupportedDatabaseException if the database is encrypted or its format unknown
   */
  public static DatabaseHeaders parse(byte[] bytes) {
    if (bytes.length != BYTES) {
      throw new CorruptDataException(
          "The headers of a database are " + BYTES + " bytes long, found " + bytes.length);
    }
    byte[] copy = bytes.clone();
    MainHeader main = MainHeader.parse(copy);
    if (main.encrypted()) {
      // the slots are encrypted too: nothing after this point could be read
      throw new UnsupportedDatabaseException(
          "The database is encrypted, which haduck cannot replicate yet. Use it without a replica, or copy it into"
              + " a plain database (ATTACH … ; COPY FROM DATABASE … TO …)");
    }
    DatabaseHeader first = DatabaseHeader.parse(copy, MainHeader.BYTES);
    DatabaseHeader second = DatabaseHeader.parse(copy, MainHeader.BYTES + DatabaseHeader.BYTES);
    return new DatabaseHeaders(copy, main, first, second);
  }

  /** The main header. */
  public MainHeader main() {
    return main;
  }

  /** The slot at position 4096. */
  public DatabaseHeader first() {
    return first;
  }

  /** The slot at position 8192. */
  public DatabaseHeader second() {
    return second;
  }

  /**
   * The slot that counts: the one with the higher iteration, and the second where they are equal,
   * as in a new database (DuckDB: {@code SingleFileBlockManager::LoadExistingDatabase}).
   */
  public DatabaseHeader active() {
    return firstIsActive() ? first : second;
  }

  private boolean firstIsActive() {
    return first.iteration() > second.iteration();
  }

  /**
   * Whether the slot that does not count is what counted in earlier headers, byte for byte.
   *
   * @param earlier {@link #BYTES} of a database, verified
   */
  public boolean leavesActiveOf(byte[] earlier) {
    DatabaseHeaders before = parse(earlier);
    int slot = MainHeader.BYTES + (before.firstIsActive() ? 0 : DatabaseHeader.BYTES);
    int end = slot + DatabaseHeader.BYTES;
    return firstIsActive() != before.firstIsActive()
        && Arrays.equals(bytes, slot, end, earlier, slot, end);
  }

  /** Position in the file, in bytes, at which a block begins. */
  public long blockPosition(long blockId) {
    return BYTES + blockId * active().blockSize();
  }

  /** The headers verbatim, a copy. */
  public byte[] toByteArray() {
    return bytes.clone();
  }

  /** The headers verbatim, read-only. */
  public ByteBuffer asByteBuffer() {
    return ByteBuffer.wrap(bytes).asReadOnlyBuffer();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof DatabaseHeaders headers && Arrays.equals(bytes, headers.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return "iteration "
        + active().iteration()
        + ", "
        + active().blockCount()
        + " blocks of "
        + active().blockSize()
        + " bytes, DuckDB "
        + main.libraryVersion();
  }
}
