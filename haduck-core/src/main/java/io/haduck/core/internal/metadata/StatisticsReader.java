package io.haduck.core.internal.metadata;

import java.io.IOException;

/** Passes over statistics, whose fields follow from their type (DuckDB: {@code BaseStatistics}). */
final class StatisticsReader {
  private static final int CHILD = 200;

  private final FieldReader fields;
  private final ObjectReader objects;

  StatisticsReader(FieldReader fields, ObjectReader objects) {
    this.fields = fields;
    this.objects = objects;
  }

  /** Passes over those of a column or segment. */
  void skip(StoredType type) throws UnprovenException, IOException {
    fields.begin();
    fields.expect(100, "BaseStatistics");
    fields.readBool(); // has null
    fields.expect(101, "BaseStatistics");
    fields.readBool(); // has others
    fields.expect(102, "BaseStatistics");
    fields.readUnsigned(); // distinct values
    fields.expect(103, "BaseStatistics");
    fields.begin();
    skipOfType(type);
    fields.end("statistics of " + type.kind());
    fields.end("BaseStatistics");
  }

  private void skipOfType(StoredType type) throws UnprovenException, IOException {
    switch (type.kind()) {
      case BOOL, INTEGER, HUGE, FLOAT, DOUBLE, INTERVAL -> skipNumeric(type);
      case STRING -> {
        // A geometry column of a storage version before 1.5 has a string's.
        if (type.isGeometry() && fields.has(300)) {
          skipGeometry();
        } else {
          skipString();
        }
      }
      case LIST, ARRAY -> {
        fields.expect(CHILD, "nested statistics");
        skip(type.child());
      }
      case STRUCT -> {
        fields.expect(CHILD, "struct statistics");
        long count = fields.readCount();
        for (long i = 0; i != count; i++) {
          skip(type.childAt(i));
        }
      }
      case VARIANT -> skipVariant();
      case BIT, NULL -> {}
      case TYPE -> throw new UnprovenException("a column of types");
    }
  }

  private void skipNumeric(StoredType type) throws UnprovenException, IOException {
    for (int bound = 200; bound <= 201; bound++) {
      if (fields.has(bound)) {
        fields.begin();
        fields.expect(100, "numeric statistics");
        if (fields.readBool()) {
          fields.expect(101, "numeric statistics");
          objects.skipPlain(type);
        }
        fields.end("numeric statistics");
      }
    }
  }

  private void skipString() throws UnprovenException, IOException {
    for (int field = 200; field <= 207; field++) {
      if (fields.has(field)) {
        switch (field) {
          case 200, 201, 205 -> fields.skipBytes();
          case 202, 203 -> fields.readBool();
          default -> fields.readUnsigned();
        }
      }
    }
  }

  /** Behind the number of its first field. */
  private void skipGeometry() throws UnprovenException, IOException {
    fields.begin();
    for (int bound = 101; bound <= 108; bound++) {
      fields.expect(bound, "geometry statistics");
      fields.skip(Double.BYTES);
    }
    fields.end("geometry statistics");
    fields.expect(301, "geometry statistics");
    fields.begin();
    for (int set = 101; set <= 104; set++) {
      fields.expect(set, "geometry statistics");
      fields.readUnsigned();
    }
    fields.end("geometry statistics");
    if (fields.has(302)) {
      fields.readUnsigned();
    }
  }

  private void skipVariant() throws UnprovenException, IOException {
    fields.expect(200, "variant statistics");
    fields.readUnsigned();
    fields.expect(225, "variant statistics");
    skip(StoredType.UNSHREDDED);
    if (fields.has(230)) {
      StoredType shredded = objects.readType();
      fields.expect(235, "variant statistics");
      skip(shredded);
    }
  }
}
