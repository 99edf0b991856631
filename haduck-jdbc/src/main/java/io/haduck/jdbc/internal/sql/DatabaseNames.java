package io.haduck.jdbc.internal.sql;

import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/**
 * Databases as SQL names them: some of a DuckDB instance, or all. Names are compared without regard
 * to case. Immutable.
 *
 * @param all whether these are all databases, whatever the names say
 * @param current whether the current database is one of them
 * @param names in lower case
 */
public record DatabaseNames(boolean all, boolean current, Set<String> names) {
  public static final DatabaseNames ALL = new DatabaseNames(true, false, Set.of());
  public static final DatabaseNames NONE = new DatabaseNames(false, false, Set.of());

  /** The database that an unqualified name means, as the connection stands. */
  static final DatabaseNames CURRENT = new DatabaseNames(false, true, Set.of());

  public DatabaseNames {
    names = Set.copyOf(names);
  }

  public static DatabaseNames of(String name) {
    return new DatabaseNames(false, false, Set.of(key(name)));
  }

  /** In the form in which names are compared. */
  public static String key(String name) {
    return name.toLowerCase(Locale.ROOT);
  }

  /** As a name in SQL. */
  public static String quoted(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }

  /** These and the others. */
  public DatabaseNames and(DatabaseNames others) {
    var both = new TreeSet<>(names);
    both.addAll(others.names);
    return new DatabaseNames(all || others.all, current || others.current, both);
  }
}
