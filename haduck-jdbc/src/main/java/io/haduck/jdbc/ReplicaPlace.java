package io.haduck.jdbc;

import io.haduck.core.store.ReplicaLocation;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Where a replica lies, whatever it is called: two locations may lead to one directory by symbolic
 * links.
 *
 * @param store scheme and bucket
 * @param directory of the file system, or the prefix in the bucket
 */
record ReplicaPlace(String store, Path directory) {
  static ReplicaPlace of(ReplicaLocation location) {
    boolean local = location.scheme().equals("file");
    Path path = Path.of("/" + location.path()).normalize();
    return new ReplicaPlace(
        location.scheme() + "://" + location.bucket(), local ? withoutLinks(path) : path);
  }

  /** Whether both are one, or one lies within the other: then what is one's seems the other's. */
  boolean overlaps(ReplicaPlace other) {
    return store.equals(other.store)
        && (directory.startsWith(other.directory) || other.directory.startsWith(directory));
  }

  /** A replica may be made only later: then as far as its path exists. */
  private static Path withoutLinks(Path path) {
    Path parent = path.getParent();
    try {
      return path.toRealPath();
    } catch (IOException e) {
      Path name = path.getFileName();
      return parent == null || name == null ? path : withoutLinks(parent).resolve(name);
    }
  }
}
