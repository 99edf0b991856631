package io.haduck.core.internal.metadata;

import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A type as far as it decides how columns, statistics and values are serialized (DuckDB: {@code
 * LogicalType::InternalType}).
 *
 * @param children types of what lies in it: one for lists and arrays, one per field for structs
 */
record StoredType(Kind kind, boolean isGeometry, List<StoredType> children) {
  private static final int LARGEST_DECIMAL_IN_LONG = 18;
  private static final int LARGEST_DECIMAL = 38;

  // DuckDB's ExtraTypeInfoType
  private static final int DECIMAL_INFO = 2;
  private static final int LIST_INFO = 4;
  private static final int STRUCT_INFO = 5;
  private static final int ENUM_INFO = 6;
  private static final int ARRAY_INFO = 9;

  private static final int INFO_KIND = 100;
  private static final int INFO_CONTENT = 200;

  // DuckDB's GeometryStorageType: 16, 32, 64 and 96 for XY, XYZ, XYM and XYZM, plus the shape
  private static final int SPATIAL_FORMAT = 0;
  private static final int WKB_FORMAT = 1;

  static final StoredType VALIDITY = plain(Kind.BIT);
  static final StoredType GEOMETRY = new StoredType(Kind.STRING, true, List.of());
  private static final StoredType INTEGER = plain(Kind.INTEGER);
  private static final StoredType STRING = plain(Kind.STRING);

  /** What DuckDB stores a VARIANT as: its names, nesting, places of values and values. */
  static final StoredType UNSHREDDED =
      struct(
          List.of(
              list(STRING),
              list(struct(List.of(INTEGER, INTEGER))),
              list(struct(List.of(INTEGER, INTEGER))),
              STRING));

  private static final StoredType VARIANT =
      new StoredType(Kind.VARIANT, false, UNSHREDDED.children());

  /** What types have in common that are serialized alike. */
  enum Kind {
    BIT,
    BOOL,
    /** Of 8 to 64 bits. */
    INTEGER,
    /** Of 128 bits. */
    HUGE,
    FLOAT,
    DOUBLE,
    INTERVAL,
    STRING,
    LIST,
    ARRAY,
    STRUCT,
    VARIANT,
    /** A type that is a value. */
    TYPE,
    /** The type of a bare NULL. */
    NULL
  }

  private static StoredType plain(Kind kind) {
    return new StoredType(kind, false, List.of());
  }

  private static StoredType list(StoredType child) {
    return new StoredType(Kind.LIST, false, List.of(child));
  }

  private static StoredType struct(List<StoredType> children) {
    return new StoredType(Kind.STRUCT, false, children);
  }

  /**
   * The type that an object of DuckDB's class {@code LogicalType} says.
   *
   * @throws UnprovenException if it is unknown, or none that a column or value can have
   */
  static StoredType of(StoredObject logicalType) throws UnprovenException {
    // DuckDB's LogicalTypeId
    long id = logicalType.number(100, -1);
    StoredObject info = logicalType.object(101);
    return switch ((int) Math.max(-1, Math.min(id, 255))) {
      case 1 -> plain(Kind.NULL);
      case 6 -> plain(Kind.TYPE);
      case 10 -> plain(Kind.BOOL);
      case 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 28, 29, 30, 31, 32, 33, 34, 35 -> INTEGER;
      case 21 -> decimal(content(info, DECIMAL_INFO));
      case 22 -> plain(Kind.FLOAT);
      case 23 -> plain(Kind.DOUBLE);
      case 24, 25, 26, 36, 39, 105 -> STRING;
      case 27 -> plain(Kind.INTERVAL);
      case 49, 50, 54 -> plain(Kind.HUGE);
      case 53 -> VALIDITY;
      case 60 -> GEOMETRY;
      case 100, 107, 110 -> struct(fieldTypes(content(info, STRUCT_INFO)));
      case 101, 102 -> list(childType(content(info, LIST_INFO)));
      case 104 -> {
        content(info, ENUM_INFO);
        yield INTEGER;
      }
      case 108 -> new StoredType(Kind.ARRAY, false, List.of(childType(content(info, ARRAY_INFO))));
      case 109 -> VARIANT;
      default -> throw new UnprovenException("type " + id + " is unknown in a column or value");
    };
  }

  /** Of a geometry column whose shapes are stored apart. */
  static StoredType ofGeometryFormat(long format) throws UnprovenException {
    if (format == SPATIAL_FORMAT) {
      return STRING;
    }
    if (format == WKB_FORMAT) {
      return GEOMETRY;
    }
    int dimensions =
        switch ((int) Math.max(0, Math.min(format, 255)) & ~15) {
          case 16 -> 2;
          case 32, 64 -> 3;
          case 96 -> 4;
          default -> throw new UnprovenException("geometry format " + format + " is unknown");
        };
    StoredType point = struct(Collections.nCopies(dimensions, plain(Kind.DOUBLE)));
    return switch ((int) format & 15) {
      case 1 -> point;
      case 2, 4 -> list(point);
      case 3, 5 -> list(list(point));
      case 6 -> list(list(list(point)));
      default -> throw new UnprovenException("geometry format " + format + " is unknown");
    };
  }

  private static StoredObject content(@Nullable StoredObject info, int kind)
      throws UnprovenException {
    if (info == null || info.number(INFO_KIND, -1) != kind) {
      throw new UnprovenException("a type lacks what it is of");
    }
    return info;
  }

  private static StoredType decimal(StoredObject info) throws UnprovenException {
    long width = info.number(INFO_CONTENT, 0);
    if (width < 1 || width > LARGEST_DECIMAL) {
      throw new UnprovenException("a decimal of " + width + " digits");
    }
    return width <= LARGEST_DECIMAL_IN_LONG ? INTEGER : plain(Kind.HUGE);
  }

  private static StoredType childType(StoredObject info) throws UnprovenException {
    StoredObject child = info.object(INFO_CONTENT);
    if (child == null) {
      throw new UnprovenException("a list or array lacks its element's type");
    }
    return of(child);
  }

  private static List<StoredType> fieldTypes(StoredObject info) throws UnprovenException {
    List<StoredObject> named = info.objects(INFO_CONTENT);
    StoredType[] types = new StoredType[named.size()];
    for (int i = 0; i < types.length; i++) {
      StoredObject type = named.get(i).object(1);
      if (type == null) {
        throw new UnprovenException("a struct lacks a field's type");
      }
      types[i] = of(type);
    }
    return List.of(types);
  }

  /** The only child of a list or array. */
  StoredType child() {
    return children.get(0);
  }

  /** Type of the element or field at an index. */
  StoredType childAt(long index) throws UnprovenException {
    if (kind == Kind.LIST || kind == Kind.ARRAY) {
      return child();
    }
    if (index < 0 || index >= children.size()) {
      throw new UnprovenException("a struct has more fields than its type");
    }
    return children.get((int) index);
  }
}
