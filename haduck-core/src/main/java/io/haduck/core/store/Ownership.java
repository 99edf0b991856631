package io.haduck.core.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;

/**
 * Whose a file is, and who this process is: for errors. Asks by {@code stat}, which opens nothing.
 */
public final class Ownership {
  private Ownership() {}

  /** Such as {@code belongs to alice:db with mode rw-r-----}. */
  public static String text(Path file) throws IOException {
    PosixFileAttributes attributes = Files.readAttributes(file, PosixFileAttributes.class);
    return "belongs to "
        + attributes.owner().getName()
        + ":"
        + attributes.group().getName()
        + " with mode "
        + PosixFilePermissions.toString(attributes.permissions());
  }

  /**
   * As {@link #text}, with who this process is, as {@code …; this process runs as 'bob' (uid 7, gid
   * 7)}. Never fails.
   */
  public static String beside(Path file) {
    String whose;
    try {
      whose = text(file);
    } catch (IOException | UnsupportedOperationException e) {
      whose = "does not tell whose it is (" + e + ")";
    }
    return whose + "; this process runs as " + user();
  }

  /** The name as the JVM knows it, and the number that counts, where the system tells. */
  private static String user() {
    String name = "'" + System.getProperty("user.name", "?") + "'";
    try {
      Map<String, Object> self = Files.readAttributes(Path.of("/proc/self"), "unix:uid,gid");
      return name + " (uid " + self.get("uid") + ", gid " + self.get("gid") + ")";
    } catch (IOException | UnsupportedOperationException e) {
      return name;
    }
  }
}
