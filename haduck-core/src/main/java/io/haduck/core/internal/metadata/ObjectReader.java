package io.haduck.core.internal.metadata;

import io.haduck.core.internal.metadata.ObjectClass.Field;
import io.haduck.core.internal.metadata.Shape.ListOf;
import io.haduck.core.internal.metadata.Shape.ObjectOf;
import io.haduck.core.internal.metadata.Shape.PairOf;
import io.haduck.core.internal.metadata.Shape.PointerTo;
import io.haduck.core.internal.metadata.Shape.Simple;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads objects by {@link CatalogGrammar}, and values by their types. What is not kept leaves
 * nothing behind.
 */
final class ObjectReader {
  private static final int TYPE = 100;
  private static final int IS_NULL = 101;
  private static final int VALUE = 102;
  private static final int GEOMETRY_FORMAT = 103;
  private static final int CHILDREN = 100;

  private final FieldReader fields;

  ObjectReader(FieldReader fields) {
    this.fields = fields;
  }

  /** An object of the class of this name. */
  StoredObject read(String className) throws UnprovenException, IOException {
    ObjectClass type = CatalogGrammar.named(className);
    Map<Integer, Object> kept = new HashMap<>();
    fields.begin();
    readFields(type, kept);
    String read = className;
    if (type.discriminator() >= 0) {
      Object which = kept.get(type.discriminator());
      String derived = which == null ? null : type.derived().get((Long) which);
      if (derived == null) {
        throw new UnprovenException(className + " of an unknown kind, " + which);
      }
      readFields(CatalogGrammar.named(derived), kept);
      read = derived;
    }
    fields.end(read);
    return new StoredObject(kept);
  }

  private void readFields(ObjectClass type, Map<Integer, Object> kept)
      throws UnprovenException, IOException {
    for (Field field : type.fields()) {
      if (fields.has(field.number())) {
        boolean keep = field.kept() || field.number() == type.discriminator();
        Object value = read(field.shape(), keep);
        if (keep && value != null) {
          kept.put(field.number(), value);
        }
      }
    }
  }

  /** Reads a value; null if it is not kept, or is not there. */
  private @Nullable Object read(Shape shape, boolean keep) throws UnprovenException, IOException {
    if (shape instanceof Simple simple) {
      return readSimple(simple, keep);
    }
    if (shape instanceof PointerTo pointer) {
      return fields.readPresent() ? read(pointer.target(), keep) : null;
    }
    if (shape instanceof ObjectOf object) {
      StoredObject value = read(object.name());
      return keep ? value : null;
    }
    if (shape instanceof ListOf list) {
      return readList(list, keep);
    }
    PairOf pair = (PairOf) shape;
    Map<Integer, Object> both = new HashMap<>();
    fields.begin();
    Shape[] shapes = {pair.first(), pair.second()};
    for (int i = 0; i < shapes.length; i++) {
      fields.expect(i, "pair");
      Object value = read(shapes[i], keep);
      if (value != null) {
        both.put(i, value);
      }
    }
    fields.end("pair");
    return keep ? new StoredObject(both) : null;
  }

  private @Nullable Object readList(ListOf list, boolean keep)
      throws UnprovenException, IOException {
    List<Object> values = new ArrayList<>();
    // Each element takes a byte at least, so a count that is too large soon finds no more.
    for (long left = fields.readCount(); left != 0; left--) {
      Object value = read(list.element(), keep);
      if (value != null) {
        values.add(value);
      }
    }
    return keep ? values : null;
  }

  private @Nullable Object readSimple(Simple simple, boolean keep)
      throws UnprovenException, IOException {
    switch (simple) {
      case BOOL -> {
        return fields.readBool();
      }
      case UNSIGNED -> {
        return fields.readUnsigned();
      }
      case SIGNED -> {
        return fields.readSigned();
      }
      case STRING -> {
        if (keep) {
          return fields.readString();
        }
        fields.skipBytes();
      }
      case DOUBLE -> fields.skip(Double.BYTES);
      case VALUE -> skipValue(null);
    }
    return null;
  }

  /** The type of a column or value. */
  StoredType readType() throws UnprovenException, IOException {
    return StoredType.of(read("LogicalType"));
  }

  /**
   * Passes over a value of DuckDB's.
   *
   * @param known its type, where it lies in a value of a nested type, which may not repeat it
   */
  void skipValue(@Nullable StoredType known) throws UnprovenException, IOException {
    fields.begin();
    StoredObject written = fields.has(TYPE) ? read("LogicalType") : null;
    fields.expect(IS_NULL, "Value");
    boolean isNull = fields.readBool();
    if (!isNull) {
      StoredType type = written == null ? known : StoredType.of(written);
      if (type == null) {
        throw new UnprovenException("a value says no type");
      }
      fields.expect(VALUE, "Value");
      skipContent(type);
      if (type.isGeometry() && fields.has(GEOMETRY_FORMAT)) {
        fields.readUnsigned();
      }
    }
    fields.end("Value");
  }

  private void skipContent(StoredType type) throws UnprovenException, IOException {
    switch (type.kind()) {
      case TYPE -> read("LogicalType");
      case LIST, ARRAY, STRUCT, VARIANT -> {
        fields.begin();
        fields.expect(CHILDREN, "nested Value");
        long count = fields.readCount();
        for (long i = 0; i != count; i++) {
          skipValue(type.childAt(i));
        }
        fields.end("nested Value");
      }
      default -> skipPlain(type);
    }
  }

  /** Passes over what a type has that is not nested, as it is in values and statistics. */
  void skipPlain(StoredType type) throws UnprovenException, IOException {
    switch (type.kind()) {
      case BOOL -> fields.readBool();
      case INTEGER, NULL -> fields.skipNumber();
      case HUGE -> {
        fields.skipNumber();
        fields.skipNumber();
      }
      case FLOAT -> fields.skip(Float.BYTES);
      case DOUBLE -> fields.skip(Double.BYTES);
      case STRING -> fields.skipBytes();
      case INTERVAL -> {
        fields.begin();
        for (int part = 1; part <= 3; part++) {
          if (fields.has(part)) {
            fields.skipNumber();
          }
        }
        fields.end("interval_t");
      }
      default -> throw new UnprovenException("a value of " + type.kind());
    }
  }
}
