package io.haduck.core.internal.duckdb;

import io.haduck.core.CorruptDataException;
import io.haduck.core.UnsupportedDatabaseException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The record with which a WAL file begins, neither framed nor checksummed (DuckDB: {@code
 * WriteAheadLog::WriteHeader}).
 *
 * @param databaseIdentifier 32 hexadecimal digits, empty for storage versions before 1.4
 * @param iteration the checkpoint iteration that the entries follow, empty for storage versions
 *     before 1.4
 * @param bytes length of the record: the first entry begins here
 */
record WalVersion(Optional<String> databaseIdentifier, OptionalLong iteration, int bytes) {
  /** More than any record is long: 2 bytes for each byte of an identifier, 10 for an iteration. */
  static final int LONGEST = 96;

  static final int TYPE = 98;

  private static final int PLAIN = 2;
  private static final int ENCRYPTED = 3;
  private static final int IDENTIFIER_BYTES = 16;

  /**
   * Decodes the record from the first bytes of a WAL.
   *
   * @return empty if the bytes end before the record does: DuckDB is writing it, or crashed while
   *     it did, and nothing was committed
   * @throws CorruptDataException if this is no such record
   * @throws UnsupportedDatabaseException if the WAL is encrypted, or of an unknown version
   */
  static Optional<WalVersion> parse(byte[] head, int length) {
    WalFields fields = new WalFields(head, 0, length);
    try {
      return Optional.of(decode(fields));
    } catch (WalFields.EndReached e) {
      return Optional.empty();
    }
  }

  private static WalVersion decode(WalFields fields) throws WalFields.EndReached {
    fields.expectField(WalEntries.TYPE_FIELD);
    long type = fields.readVarint();
    if (type != TYPE) {
      throw new UnsupportedDatabaseException(
          "The WAL begins with an entry of type "
              + type
              + ", not with its version: it is of an old DuckDB. Open and checkpoint the database once with a current"
              + " one");
    }
    fields.expectField(101);
    long version = fields.readVarint();
    if (version == ENCRYPTED) {
      throw new UnsupportedDatabaseException(
          "The WAL is encrypted, which haduck cannot replicate yet. Use the database without a replica");
    }
    if (version != PLAIN) {
      throw new UnsupportedDatabaseException(
          "WAL version "
              + version
              + " is unknown to this haduck, which knows 2. Use a newer haduck");
    }
    int field = fields.readField();
    Optional<String> identifier = Optional.empty();
    if (field == 102) {
      long count = fields.readVarint();
      if (count != IDENTIFIER_BYTES) {
        throw fields.corrupt("expected an identifier of 16 bytes, found " + count);
      }
      byte[] bytes = new byte[IDENTIFIER_BYTES];
      for (int i = 0; i < bytes.length; i++) {
        long value = fields.readVarint();
        if (value < 0 || value > 255) {
          throw fields.corrupt("expected a byte of the identifier, found " + value);
        }
        bytes[i] = (byte) value;
      }
      identifier = Optional.of(HexFormat.of().formatHex(bytes));
      field = fields.readField();
    }
    OptionalLong iteration = OptionalLong.empty();
    if (field == 103) {
      long value = fields.readVarint();
      if (value < 0) {
        throw fields.corrupt("impossible iteration " + Long.toUnsignedString(value));
      }
      iteration = OptionalLong.of(value);
      field = fields.readField();
    }
    if (field != WalFields.END_OF_OBJECT) {
      throw fields.corrupt("expected the end of the version record, found field " + field);
    }
    return new WalVersion(identifier, iteration, fields.position());
  }
}
