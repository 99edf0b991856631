package io.haduck.core.internal.metadata;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Statements that make all that a catalog and tables can hold, from {@code shapes.sql}. A line
 * {@code -- since 105 storage 105} before one says which line of DuckDB knows it first, and from
 * which storage version on it must be taken (before, it may be).
 */
record Shapes(String sql, int since, int storage) {

  /** All that this line of DuckDB knows. */
  static List<Shapes> of(int line) throws IOException {
    List<Shapes> all = new ArrayList<>();
    try (InputStream file =
        Objects.requireNonNull(Shapes.class.getResourceAsStream("shapes.sql"))) {
      int since = 0;
      int storage = 0;
      for (String row : new String(file.readAllBytes(), StandardCharsets.UTF_8).lines().toList()) {
        if (row.startsWith("--")) {
          String[] words = row.split(" ", -1);
          since = Integer.parseInt(words[2]);
          storage = words.length > 4 ? Integer.parseInt(words[4]) : 0;
        } else {
          if (since <= line) {
            all.add(new Shapes(row.substring(0, row.lastIndexOf(';')), since, storage));
          }
          since = 0;
          storage = 0;
        }
      }
    }
    return all;
  }
}
