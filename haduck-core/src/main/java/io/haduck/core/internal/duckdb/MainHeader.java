package io.haduck.core.internal.duckdb;

import io.haduck.core.CorruptDataException;
import io.haduck.core.UnsupportedDatabaseException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * The first 4096 bytes of a database file (DuckDB's {@code MainHeader}): written when the database
 * is made, and again when its storage version is raised.
 *
 * @param version 64 to 69, or 999 where only the {@link DatabaseHeader} names the storage version
 * @param encrypted whether blocks and WAL are encrypted
 * @param libraryVersion the DuckDB that wrote it, as it names itself, for example {@code v1.4.4}
 * @param sourceId that DuckDB's commit
 * @param databaseIdentifier 32 hexadecimal digits; all zero in plain files of storage versions
 *     before 1.4. Where DuckDB rewrote this header to raise the storage version it is whatever was
 *     in memory, and the WAL of that session names another one, which DuckDB then refuses to replay
 */
public record MainHeader(
    long version,
    boolean encrypted,
    String libraryVersion,
    String sourceId,
    String databaseIdentifier) {
  /** Bytes of this header in the file. */
  static final int BYTES = 4096;

  static final long OLDEST_VERSION = 64;
  static final long NEWEST_VERSION = 69;

  /** Stands in for the version from storage version 2.0 on. */
  static final long VERSION_IN_DATABASE_HEADER = 999;

  private static final int MAGIC = 0x4b435544; // "DUCK", little-endian
  private static final int VERSION_AT = 12;
  private static final int FLAGS_AT = 20;
  private static final int LIBRARY_VERSION_AT = 52;
  private static final int SOURCE_ID_AT = 84;
  private static final int NAME_BYTES = 32;
  private static final int IDENTIFIER_AT = 124;
  private static final int IDENTIFIER_BYTES = 16;

  /**
   * Decodes the header at the start of {@code file}, of which at least 4096 bytes are there.
   *
   * @throws CorruptDataException if it is none, or its checksum does not hold
   * @throws UnsupportedDatabaseException if its version is unknown
   */
  static MainHeader parse(byte[] file) {
    ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    if (bytes.getInt(BlockChecksum.BYTES) != MAGIC) {
      throw new CorruptDataException(
          "Not a DuckDB database: expected DUCK at position 8, found "
              + HexFormat.of().formatHex(file, BlockChecksum.BYTES, BlockChecksum.BYTES + 4)
              + ". Check the path");
    }
    if (!BlockChecksum.holds(file, 0, BYTES)) {
      throw new CorruptDataException("The checksum of the main header at position 0 does not hold");
    }
    long version = bytes.getLong(VERSION_AT);
    if ((version < OLDEST_VERSION || version > NEWEST_VERSION)
        && version != VERSION_IN_DATABASE_HEADER) {
      throw new UnsupportedDatabaseException(
          "Database format "
              + Long.toUnsignedString(version)
              + " is unknown to this haduck, which knows 64 to 69 and 999. Use a newer haduck, or no replica");
    }
    return new MainHeader(
        version,
        (bytes.getLong(FLAGS_AT) & 1) != 0,
        name(file, LIBRARY_VERSION_AT),
        name(file, SOURCE_ID_AT),
        HexFormat.of().formatHex(file, IDENTIFIER_AT, IDENTIFIER_AT + IDENTIFIER_BYTES));
  }

  private static String name(byte[] file, int position) {
    int length = 0;
    while (length < NAME_BYTES && file[position + length] > ' ') {
      length++;
    }
    return new String(file, position, length, StandardCharsets.US_ASCII);
  }
}
