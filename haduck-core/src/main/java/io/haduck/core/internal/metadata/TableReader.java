package io.haduck.core.internal.metadata;

import io.haduck.core.internal.duckdb.MetadataPointer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads a table's data: its statistics, then its row groups, each of which points at the metadata
 * of its columns (DuckDB: {@code TableDataReader}, {@code RowGroup::Deserialize}).
 */
final class TableReader {
  private final MetadataSpace space;
  private final BlockPointers pointers;
  private final ReferenceSink sink;

  TableReader(MetadataSpace space, BlockPointers pointers, ReferenceSink sink) {
    this.space = space;
    this.pointers = pointers;
    this.sink = sink;
  }

  /** Reads a pointer into metadata (DuckDB: {@code MetaBlockPointer}), which lies in the file. */
  static Place readPlace(FieldReader fields) throws UnprovenException, IOException {
    fields.begin();
    long pointer = fields.has(100) ? fields.readUnsigned() : 0;
    long offset = fields.has(101) ? fields.readUnsigned() : 0;
    fields.end("MetaBlockPointer");
    return new Place(new MetadataPointer(pointer), offset);
  }

  /** A place in the metadata. */
  record Place(MetadataPointer pointer, long offset) {}

  /**
   * Reads the table whose data begins there.
   *
   * @param columns types of the columns that are stored
   */
  void read(Place place, List<StoredType> columns) throws UnprovenException, IOException {
    FieldReader fields = fieldsAt(place);
    skipStatistics(fields, columns);
    for (long left = fields.readLong(); left != 0; left--) {
      List<Place> places = readRowGroup(fields, columns.size());
      for (int i = 0; i < places.size(); i++) {
        new ColumnReader(fieldsAt(places.get(i)), pointers, sink).read(columns.get(i));
      }
    }
  }

  private FieldReader fieldsAt(Place place) throws UnprovenException {
    return new FieldReader(new MetadataChain(space, place.pointer(), place.offset()));
  }

  private static void skipStatistics(FieldReader fields, List<StoredType> columns)
      throws UnprovenException, IOException {
    ObjectReader objects = new ObjectReader(fields);
    StatisticsReader statistics = new StatisticsReader(fields, objects);
    fields.begin();
    fields.expect(100, "TableStatistics");
    long count = fields.readCount();
    if (count != columns.size()) {
      throw new UnprovenException(
          "a table of " + columns.size() + " columns has statistics of " + count);
    }
    for (StoredType column : columns) {
      if (!fields.readPresent()) {
        throw new UnprovenException("a column has no statistics");
      }
      fields.begin();
      fields.expect(100, "ColumnStatistics");
      statistics.skip(column);
      if (fields.has(101) && fields.readPresent()) {
        skipDistinct(fields);
      }
      fields.end("ColumnStatistics");
    }
    if (fields.has(101) && fields.readPresent()) {
      objects.read("BlockingSample");
    }
    fields.end("TableStatistics");
  }

  private static void skipDistinct(FieldReader fields) throws UnprovenException, IOException {
    fields.begin();
    if (fields.has(100)) {
      fields.readUnsigned(); // rows of the sample
    }
    if (fields.has(101)) {
      fields.readUnsigned(); // rows
    }
    if (fields.has(102) && fields.readPresent()) {
      fields.begin();
      fields.expect(100, "HyperLogLog");
      fields.readUnsigned(); // kind
      fields.expect(101, "HyperLogLog");
      fields.skipBytes();
      fields.end("HyperLogLog");
    }
    fields.end("DistinctStatistics");
  }

  private List<Place> readRowGroup(FieldReader fields, int columns)
      throws UnprovenException, IOException {
    fields.begin();
    fields.expect(100, "RowGroup");
    fields.readUnsigned(); // first row
    fields.expect(101, "RowGroup");
    fields.readUnsigned(); // rows
    fields.expect(102, "RowGroup");
    long count = fields.readCount();
    if (count != columns) {
      throw new UnprovenException("a table of " + columns + " columns has a row group of " + count);
    }
    List<Place> places = new ArrayList<>();
    for (int i = 0; i < columns; i++) {
      places.add(readPlace(fields));
    }
    fields.expect(103, "RowGroup");
    for (long left = fields.readCount(); left != 0; left--) {
      // Which rows are deleted is metadata too, and refers to nothing.
      space.requireReadable(readPlace(fields).pointer());
    }
    if (fields.has(104)) {
      fields.readBool(); // whether the next field says all
    }
    skipNumbers(fields, 105); // metadata blocks that columns go on in
    if (fields.has(106)) {
      fields.readBool(); // whether the next field says all
    }
    skipNumbers(fields, 107); // the same by column
    fields.end("RowGroup");
    return places;
  }

  private static void skipNumbers(FieldReader fields, int field)
      throws UnprovenException, IOException {
    if (fields.has(field)) {
      for (long left = fields.readCount(); left != 0; left--) {
        fields.readUnsigned();
      }
    }
  }
}
