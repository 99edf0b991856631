package io.haduck.core.internal.duckdb;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * Which file a path means, in the numbers by which the kernel names it elsewhere, as in {@code
 * /proc}: names, links and renames do not change it. Taken by {@code stat}, which opens nothing.
 *
 * @param device the file system's number
 * @param inode the file's number in it; used anew once the file is deleted and nobody has it open
 */
public record FileIdentity(long device, long inode) {

  /**
   * The identity of an existing file; symbolic links are followed.
   *
   * @throws java.nio.file.NoSuchFileException if there is none
   * @throws IOException if it cannot be asked for
   */
  public static FileIdentity of(Path path) throws IOException {
    return of(Files.readAttributes(path, "unix:dev,ino"));
  }

  /** Returns the identity from the attributes {@code dev} and {@code ino} of a file. */
  public static FileIdentity of(Map<String, Object> attributes) {
    return new FileIdentity(number(attributes, "dev"), number(attributes, "ino"));
  }

  /** Returns a numeric attribute that was asked for. */
  public static long number(Map<String, Object> attributes, String name) {
    if (attributes.get(name) instanceof Number number) {
      return number.longValue();
    }
    throw new IllegalStateException("File attribute unix:" + name + " is missing");
  }
}
