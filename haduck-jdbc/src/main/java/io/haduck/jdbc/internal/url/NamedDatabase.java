package io.haduck.jdbc.internal.url;

import io.haduck.core.InvalidConfigurationException;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the name of a database in a URL or an {@code ATTACH 'haduck:…'} means to DuckDB: a local
 * file, a database in memory, or one of another kind. docs/reference/naming.md has every spelling.
 *
 * @param text of the path, without {@code file:} and {@code duckdb:}, for a local file; else as it
 *     was written
 */
public record NamedDatabase(Kind kind, String text) {
  /** Where a database lives. */
  public enum Kind {
    FILE,
    MEMORY,
    /** Elsewhere, or of a type that an extension of DuckDB brings. */
    FOREIGN
  }

  /** What DuckDB takes for the name of an extension, whatever it is; see {@code sqlite:}. */
  private static final Pattern EXTENSION = Pattern.compile("\\w{2,}:(?!//)", Pattern.DOTALL);

  private static final Pattern SCHEME = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]+://");
  private static final String DUCKDB = "duckdb:";
  private static final String MEMORY = ":memory:";
  private static final String FILE = "file:";
  private static final String LOCALHOST = "//localhost/";

  /**
   * Reads a name.
   *
   * @throws InvalidConfigurationException if it is a {@code file:} URL that DuckDB does not
   *     understand, or not on all its lines
   */
  public static NamedDatabase of(String name) {
    if (name.isEmpty() || name.startsWith(MEMORY) || name.startsWith("memory:")) {
      return new NamedDatabase(Kind.MEMORY, name);
    }
    if (startsWith(name, DUCKDB) && !name.startsWith("//", DUCKDB.length())) {
      return ofDuckDb(name, name.substring(DUCKDB.length()));
    }
    if (startsWith(name, FILE)) {
      return new NamedDatabase(Kind.FILE, pathOf(name));
    }
    boolean foreign = EXTENSION.matcher(name).lookingAt() || SCHEME.matcher(name).lookingAt();
    return new NamedDatabase(foreign ? Kind.FOREIGN : Kind.FILE, name);
  }

  /** Behind {@code duckdb:} no other type can stand: any other prefix is part of the path. */
  private static NamedDatabase ofDuckDb(String name, String rest) {
    if (rest.isEmpty() || rest.equals(MEMORY)) {
      return new NamedDatabase(Kind.MEMORY, name);
    }
    if (rest.startsWith(FILE + "/")) {
      return new NamedDatabase(Kind.FILE, pathOf(rest));
    }
    if (SCHEME.matcher(rest).lookingAt()) {
      return new NamedDatabase(Kind.FOREIGN, name);
    }
    boolean clear = rest.startsWith("/") || rest.startsWith("~");
    return new NamedDatabase(Kind.FILE, clear ? rest : "./" + rest);
  }

  /** DuckDB takes what follows as it is: {@code %20} is no space. */
  private static String pathOf(String url) {
    String rest = url.substring(FILE.length());
    if (url.startsWith(FILE) && rest.startsWith("/")) {
      if (!rest.startsWith("//")) {
        return rest;
      }
      if (rest.startsWith("///")) {
        return rest.substring(2);
      }
      if (rest.startsWith(LOCALHOST)) {
        return rest.substring(LOCALHOST.length() - 1);
      }
    }
    throw new InvalidConfigurationException(
        "'"
            + url
            + "' names no local file in a way that DuckDB understands; write the path alone, or file:/absolute/path,"
            + " file:///absolute/path or file://localhost/absolute/path");
  }

  private static boolean startsWith(String text, String prefix) {
    return text.regionMatches(true, 0, prefix, 0, prefix.length());
  }

  /**
   * The directory, such as {@code s3:} in the working directory, below which DuckDB 1.4 and 1.5
   * look for a local file if there is one; null if they never do.
   */
  public @Nullable Path localDirectory() {
    String url = startsWith(text, DUCKDB + "//") ? text : text.replaceFirst("(?i)^duckdb:", "");
    return kind == Kind.FOREIGN && SCHEME.matcher(url).lookingAt()
        ? Path.of(url.substring(0, url.indexOf(':') + 1))
        : null;
  }

  /** What may be shown of it: what follows a prefix can be a password. */
  public String shown() {
    return kind == Kind.FOREIGN ? text.substring(0, text.indexOf(':') + 1) + "…" : text;
  }
}
