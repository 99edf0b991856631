package io.haduck.core.internal.metadata;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The kept fields of an object that was read.
 *
 * @param fields by number: {@link Long}, {@link Boolean}, {@link String}, {@link List} or {@link
 *     StoredObject}; what is missing was not written
 */
record StoredObject(Map<Integer, Object> fields) {
  /** A number, or {@code missing} where it was not written. */
  long number(int field, long missing) {
    Object value = fields.get(field);
    return value == null ? missing : (Long) value;
  }

  /** A string, empty where it was not written. */
  String string(int field) {
    Object value = fields.get(field);
    return value == null ? "" : (String) value;
  }

  /** An object, or null where it was not written. */
  @Nullable StoredObject object(int field) {
    return (StoredObject) fields.get(field);
  }

  /** A list of objects, empty where it was not written. */
  List<StoredObject> objects(int field) {
    Object value = fields.get(field);
    if (value == null) {
      return List.of();
    }
    return ((List<?>) value).stream().map(StoredObject.class::cast).toList();
  }
}
