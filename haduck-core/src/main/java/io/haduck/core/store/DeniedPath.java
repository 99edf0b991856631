package io.haduck.core.store;

import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What this process may not use of an object store in a directory, as where another user, often
 * root, has written a part of it: the very object or directory whose rights are in the way.
 *
 * @param path of it
 * @param isObject whether it is an object, or the lock file, and no directory
 */
record DeniedPath(Path path, boolean isObject) {
  /**
   * Finds it.
   *
   * @param doing such as {@code reading file:/backup/db/lease}
   * @param failure what the system said; it names what was asked for, which need not exist
   * @param directory of the store
   */
  static DeniedPath of(String doing, AccessDeniedException failure, Path directory) {
    String file = failure.getFile();
    Path named = file == null ? directory : Path.of(file);
    boolean isFile = Files.exists(named) && !Files.isDirectory(named);
    // To make, rename or delete a file takes the rights of its directory, whatever its own are.
    boolean ofFile =
        isFile
            && (doing.startsWith("reading")
                || (!Files.isWritable(named) && mayChange(named.getParent())));
    return ofFile ? new DeniedPath(named, true) : new DeniedPath(nearest(named, isFile), false);
  }

  private static boolean mayChange(@Nullable Path directory) {
    return directory != null && Files.isWritable(directory) && Files.isExecutable(directory);
  }

  /** A directory that can be looked at: itself, or one above it. */
  private static Path nearest(Path named, boolean isFile) {
    Path at = isFile ? named.getParent() : named;
    while (at != null && !Files.isDirectory(at)) {
      at = at.getParent();
    }
    return at == null ? named : at;
  }

  /** A sentence: whose it is, and what to do. */
  String text() {
    return path
        + " "
        + Ownership.beside(path)
        + ". Run as the user who wrote the replica, or give this user all of it (chown -R, chmod -R): "
        + (isObject
            ? "read permission on its objects, and write permission on .haduck-lock"
            : "read, write and search permission on its directories, and read permission on its objects");
  }
}
