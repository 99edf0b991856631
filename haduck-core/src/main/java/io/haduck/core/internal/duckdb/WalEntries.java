package io.haduck.core.internal.duckdb;

import io.haduck.core.CorruptDataException;

/** The few kinds of WAL entries that matter to a reader (DuckDB: {@code wal_type.hpp}). */
final class WalEntries {
  /** Number of the field that holds an entry's type: each entry begins with {@code 64 00}. */
  static final int TYPE_FIELD = 100;

  /** A sequence has moved: by nextval, or by setval where DuckDB has it. */
  static final int SEQUENCE_VALUE = 10;

  /** A bulk insert: names blocks in the database file. */
  static final int ROW_GROUP_DATA = 29;

  /** A checkpoint has begun. */
  static final int CHECKPOINT = 99;

  /** A commit ends here. */
  static final int FLUSH = 100;

  /** Bytes of an entry that {@link #type} and {@link #checkpointPointer} need at most. */
  static final int HEAD_BYTES = 48;

  /** Bytes of the shortest entry: type field, type, end of the object. */
  static final int SHORTEST = 5;

  private static final int MARKER_FIELD = 101;
  private static final int POINTER_FIELD = 100;
  private static final int OFFSET_FIELD = 101;

  private WalEntries() {}

  /** Whether an entry that begins so is one of row-group data, should it verify. */
  static boolean isRowGroupData(byte[] head) {
    return head.length > 2 && head[0] == TYPE_FIELD && head[1] == 0 && head[2] == ROW_GROUP_DATA;
  }

  static int type(byte[] head, int length) {
    WalFields fields = new WalFields(head, 0, length);
    try {
      fields.expectField(TYPE_FIELD);
      long type = fields.readVarint();
      if (type < 0 || type > 255) {
        throw fields.corrupt("impossible entry type " + type);
      }
      return (int) type;
    } catch (WalFields.EndReached e) {
      throw new CorruptDataException(
          "WAL entry of " + length + " bytes is too short for its type", e);
    }
  }

  /**
   * The meta block pointer that the header of the checkpoint will have which this entry announces.
   */
  static MetadataPointer checkpointPointer(byte[] head, int length) {
    WalFields fields = new WalFields(head, 0, length);
    try {
      fields.expectField(TYPE_FIELD);
      fields.readVarint();
      fields.expectField(MARKER_FIELD);
      // fields that are 0 are left out
      long pointer = 0;
      int field = fields.readField();
      if (field == POINTER_FIELD) {
        pointer = fields.readVarint();
        field = fields.readField();
      }
      if (field == OFFSET_FIELD) {
        fields.readVarint();
        field = fields.readField();
      }
      if (field != WalFields.END_OF_OBJECT) {
        throw fields.corrupt("expected the end of a checkpoint's pointer, found field " + field);
      }
      return new MetadataPointer(pointer);
    } catch (WalFields.EndReached e) {
      throw new CorruptDataException(
          "WAL checkpoint entry of " + length + " bytes is too short", e);
    }
  }
}
