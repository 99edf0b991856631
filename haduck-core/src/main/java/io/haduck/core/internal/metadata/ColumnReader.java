package io.haduck.core.internal.metadata;

import io.haduck.core.internal.metadata.StoredType.Kind;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Reads where a column of a row group lies (DuckDB: {@code PersistentColumnData}, {@code
 * DataPointer}).
 */
final class ColumnReader {
  // DuckDB's CompressionType
  private static final int UNCOMPRESSED = 1;
  private static final int NEVER_BUILT = 5;
  private static final int ZSTD = 12;
  private static final int NEWEST_COMPRESSION = 15;

  // DuckDB's ExtraPersistentColumnDataType
  private static final int VARIANT_DATA = 1;
  private static final int GEOMETRY_DATA = 2;

  private static final int EXTRA = 99;
  private static final int SEGMENTS = 100;
  private static final int VALIDITY = 101;
  private static final int CONTENT = 102;
  private static final int SHREDDED = 103;

  private final FieldReader fields;
  private final ObjectReader objects;
  private final StatisticsReader statistics;
  private final BlockPointers pointers;
  private final ReferenceSink sink;

  ColumnReader(FieldReader fields, BlockPointers pointers, ReferenceSink sink) {
    this.fields = fields;
    this.objects = new ObjectReader(fields);
    this.statistics = new StatisticsReader(fields, objects);
    this.pointers = pointers;
    this.sink = sink;
  }

  /** Reads a column of a type, and what lies in it. */
  void read(StoredType declared) throws UnprovenException, IOException {
    fields.begin();
    StoredType type = declared;
    StoredType shredded = null;
    if (fields.has(EXTRA) && fields.readPresent()) {
      fields.begin();
      fields.expect(100, "ExtraPersistentColumnData");
      long extra = fields.readUnsigned();
      if (extra == VARIANT_DATA && declared.kind() == Kind.VARIANT) {
        fields.expect(101, "VariantPersistentColumnData");
        shredded = objects.readType();
      } else if (extra == GEOMETRY_DATA && declared.isGeometry()) {
        // WKB, the default, is not written.
        type =
            fields.has(101)
                ? StoredType.ofGeometryFormat(fields.readUnsigned())
                : StoredType.GEOMETRY;
      } else {
        throw new UnprovenException("extra data " + extra + " of a column of " + declared.kind());
      }
      fields.end("ExtraPersistentColumnData");
    }
    readSegments(type);
    if (type.kind() != Kind.BIT) {
      fields.expect(VALIDITY, "PersistentColumnData");
      read(StoredType.VALIDITY);
      readContent(type, shredded);
    }
    fields.end("PersistentColumnData of " + type.kind());
  }

  private void readContent(StoredType type, @Nullable StoredType shredded)
      throws UnprovenException, IOException {
    switch (type.kind()) {
      case LIST, ARRAY -> {
        fields.expect(CONTENT, "PersistentColumnData");
        read(type.child());
      }
      case STRUCT -> {
        fields.expect(CONTENT, "PersistentColumnData");
        long count = fields.readCount();
        if (count != type.children().size()) {
          throw new UnprovenException("a struct of " + type.children().size() + " has " + count);
        }
        for (StoredType child : type.children()) {
          read(child);
        }
      }
      case VARIANT -> {
        fields.expect(CONTENT, "PersistentColumnData");
        read(StoredType.UNSHREDDED);
        if (shredded != null) {
          fields.expect(SHREDDED, "PersistentColumnData");
          read(shredded);
        }
      }
      default -> {}
    }
  }

  private void readSegments(StoredType type) throws UnprovenException, IOException {
    if (fields.has(SEGMENTS)) {
      for (long left = fields.readCount(); left != 0; left--) {
        readSegment(type);
      }
    }
  }

  private void readSegment(StoredType type) throws UnprovenException, IOException {
    fields.begin();
    if (fields.has(100)) {
      fields.readUnsigned(); // first row
    }
    if (fields.has(101)) {
      fields.readUnsigned(); // rows
    }
    fields.expect(102, "DataPointer");
    int block = pointers.read(fields);
    fields.expect(103, "DataPointer");
    long compression = fields.readUnsigned();
    if (compression < UNCOMPRESSED
        || compression > NEWEST_COMPRESSION
        || compression == NEVER_BUILT) {
      throw new UnprovenException("compression " + compression + " is unknown");
    }
    // Constant segments lie in no block.
    if (block != BlockPointers.NONE) {
      sink.segment(type, (int) compression, block);
    }
    fields.expect(104, "DataPointer");
    statistics.skip(type);
    if (fields.has(105) && fields.readPresent()) {
      readState(type, (int) compression);
    }
    // Only 2.0 writes this, and not for all compressions: how many bytes of the block are its.
    if (fields.has(106) && fields.readPresent()) {
      fields.readUnsigned();
    }
    fields.end("DataPointer");
  }

  /** Strings that are too long for a segment's block, and what zstd does not get into it. */
  private void readState(StoredType type, int compression) throws UnprovenException, IOException {
    boolean mayGoOn = compression == UNCOMPRESSED || compression == ZSTD;
    if (type.kind() != Kind.STRING || !mayGoOn) {
      throw new UnprovenException(
          "a segment of " + type.kind() + " and compression " + compression + " has a state");
    }
    fields.begin();
    fields.expect(1, "SerializedStringSegmentState");
    for (long left = fields.readCount(); left != 0; left--) {
      sink.furtherBlock(type, compression, pointers.requireBlock(fields.readSigned()));
    }
    fields.end("SerializedStringSegmentState");
  }
}
