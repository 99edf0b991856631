package io.haduck.core.internal.metadata;

/** What a serialized value looks like. */
sealed interface Shape {
  /** Shapes that need no further words, by their names in {@link CatalogGrammar}. */
  enum Simple implements Shape {
    BOOL("bool"),
    UNSIGNED("uint"),
    SIGNED("int"),
    DOUBLE("f64"),
    STRING("string"),
    /** DuckDB's {@code Value}: its type, then what that type asks for. */
    VALUE("value");

    private final String word;

    Simple(String word) {
      this.word = word;
    }

    /** Its name in the grammar. */
    String word() {
      return word;
    }
  }

  /** A count, then as many elements. */
  record ListOf(Shape element) implements Shape {}

  /** Whether it is there, then it. */
  record PointerTo(Shape target) implements Shape {}

  /** An object of the fields 0 and 1. */
  record PairOf(Shape first, Shape second) implements Shape {}

  /** An object of a class, by name, since classes refer to each other. */
  record ObjectOf(String name) implements Shape {}
}
