package io.haduck.jdbc.internal.url;

import io.haduck.core.InvalidConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * A path to a database file: as it was written, and the one by which haduck and DuckDB know the
 * file. DuckDB keeps its WAL beside the path that it was given, and takes two paths to one file for
 * two databases; so it is always given that one.
 *
 * @param written absolute and normalised, symbolic links not followed
 * @param file absolute, symbolic links resolved
 */
public record DatabasePath(Path written, Path file) {
  private static final int LINKS_TO_FOLLOW = 40;

  /**
   * Resolves a path; the file need not exist, its directory must.
   *
   * @throws IOException if it cannot be resolved
   * @throws InvalidConfigurationException if a WAL lies where DuckDB would no longer look for it,
   *     or DuckDB cannot be given such a path
   */
  public static DatabasePath resolve(String database) throws IOException {
    Path given = expandHome(database).toAbsolutePath();
    Path path = given;
    int links = 0;
    while (Files.isSymbolicLink(path)) {
      if (++links > LINKS_TO_FOLLOW) {
        throw new IOException(given + ": too many symbolic links");
      }
      path = path.resolveSibling(Files.readSymbolicLink(path));
    }
    Path directory = path.getParent();
    Path fileName = path.getFileName();
    if (directory == null || fileName == null) {
      throw new InvalidConfigurationException(given + " is a directory, not a database file");
    }
    Path resolved;
    try {
      resolved = directory.toRealPath().resolve(fileName);
    } catch (NoSuchFileException e) {
      throw new InvalidConfigurationException(
          "the directory of " + given + " does not exist; create it first", e);
    }
    if (links > 0) {
      requireNoWalBeside(given, resolved);
    }
    requireExpressible(resolved.toString());
    if (Files.exists(resolved) && !Files.isRegularFile(resolved)) {
      throw new InvalidConfigurationException(
          resolved
              + " is "
              + (Files.isDirectory(resolved) ? "a directory" : "no regular file")
              + "; give the path of a database file");
    }
    return new DatabasePath(given.normalize(), resolved);
  }

  /**
   * The name of the file, which the database has below its replica if nobody gives it another.
   *
   * @throws InvalidConfigurationException if a symbolic link has another one: on a new machine the
   *     link is missing, and its name would lead to another replica than that of its target
   */
  public String fileName() {
    String name = String.valueOf(file.getFileName());
    String other = String.valueOf(written.getFileName());
    if (!name.equals(other)) {
      throw new InvalidConfigurationException(
          written
              + " is a symbolic link to "
              + file
              + ", which has another name: say by haduck.name which of the two is that of the database below its"
              + " replica, haduck.name="
              + name
              + " or haduck.name="
              + other);
    }
    return name;
  }

  /** DuckDB's driver takes spaces off the end of a URL, and then means another file. */
  private static void requireExpressible(String path) {
    requireNoSemicolon(path);
    if (!path.equals(path.trim())) {
      throw new InvalidConfigurationException(
          "the path '"
              + path
              + "' ends with a space, which DuckDB's URLs cannot express; rename the file");
    }
  }

  public static void requireNoSemicolon(String path) {
    if (path.contains(";")) {
      throw new InvalidConfigurationException(
          "the path '"
              + path
              + "' contains a semicolon, which DuckDB's URLs cannot express; rename the file or the directory");
    }
  }

  private static Path expandHome(String database) {
    if (database.equals("~") || database.startsWith("~/")) {
      String home = System.getenv("HOME");
      return path((home == null ? System.getProperty("user.home") : home) + database.substring(1));
    }
    if (database.startsWith("~")) {
      throw new InvalidConfigurationException(
          "'"
              + database
              + "': DuckDB puts your home directory in the place of the '~' and no '/' behind it; write ~/ for a file"
              + " in your home directory, ./ for one in the working directory");
    }
    return path(database);
  }

  private static Path path(String text) {
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw new InvalidConfigurationException(
          "'"
              + text
              + "' cannot be the path of a file: "
              + e.getReason()
              + ". File names of this JVM are in "
              + System.getProperty("sun.jnu.encoding")
              + "; for others start it with the locale C.UTF-8 (LC_ALL=C.UTF-8)",
          e);
    }
  }

  private static void requireNoWalBeside(Path link, Path resolved) {
    Path stray = link.resolveSibling(link.getFileName() + ".wal");
    Path known = resolved.resolveSibling(resolved.getFileName() + ".wal");
    if (Files.exists(stray, LinkOption.NOFOLLOW_LINKS) && !Files.exists(known)) {
      throw new InvalidConfigurationException(
          stray
              + " was left by a DuckDB that opened the symbolic link "
              + link
              + "; haduck opens its target "
              + resolved
              + ". Open the link once with jdbc:duckdb: and run CHECKPOINT");
    }
  }
}
