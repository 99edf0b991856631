package io.haduck.core.internal.restoring;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * By which SQL names a database: the file's name up to its first dot. Macros and views may hold it,
 * so a database whose file is called otherwise is not quite the same.
 */
public final class CatalogName {
  private static final Set<String> RESERVED = Set.of("main", "system", "temp");

  private CatalogName() {}

  /** As DuckDB makes it ({@code AttachedDatabase::ExtractDatabaseName}). */
  private static String of(String name) {
    int dot = name.indexOf('.');
    String base = dot < 0 ? name : name.substring(0, dot);
    return RESERVED.contains(base.toLowerCase(Locale.ROOT)) ? base + "_db" : base;
  }

  /**
   * What to say where a database gets another name.
   *
   * @param before the path that it had; null if nobody knows
   * @param now the path that it has
   * @return a sentence, empty if SQL names it as before
   */
  public static Optional<String> changed(@Nullable String before, Path now) {
    if (before == null) {
      return Optional.empty();
    }
    String fileName = before.substring(before.lastIndexOf('/') + 1);
    String name = of(fileName);
    String newName = of(String.valueOf(now.getFileName()));
    if (name.equalsIgnoreCase(newName)) {
      return Optional.empty();
    }
    return Optional.of(
        String.format(
            "%s is the database of %s under another file name: DuckDB names a database by its file, so it is \"%s\" now and"
                + " not \"%s\", and macros, defaults, views and statements that say \"%s.…\" may fail. Keep the file name %s and choose another"
                + " directory instead, or open it by ATTACH '%s' AS \"%s\"",
            now, before, newName, name, name, fileName, now, name));
  }
}
