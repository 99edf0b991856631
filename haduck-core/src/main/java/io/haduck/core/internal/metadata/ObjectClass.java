package io.haduck.core.internal.metadata;

import java.util.List;
import java.util.Map;

/**
 * A class of DuckDB's that can be serialized.
 *
 * @param name DuckDB's
 * @param fields in the order in which they are written; each may be missing
 * @param discriminator the number of the field that says which derived class follows, or -1
 * @param derived names of derived classes by the value of that field
 */
record ObjectClass(String name, List<Field> fields, int discriminator, Map<Long, String> derived) {
  /**
   * A field.
   *
   * @param kept whether its value is of interest, else it is passed over
   */
  record Field(int number, boolean kept, Shape shape) {}
}
