package io.haduck.jdbc;

import io.haduck.core.store.ReplicaLocation;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Where a replica lies, whatever it is called: two locations may lead to one directory by symbolic
 * links.
 *
 * @param store scheme and bucket
 * @param path the directory in the file system, or the prefix in the bucket
 */
record ReplicaPlace(String store, String path) {
  static ReplicaPlace of(ReplicaLocation location) {
    boolean local = location.scheme().equals("file");
    return new ReplicaPlace(
        location.scheme() + "://" + location.bucket(),
        local ? withoutLinks(Path.of(location.path())).toString() : location.path());
  }

  /** Whether both are one, or one lies within the other: then what is one's seems the other's. */
  boolean overlaps(ReplicaPlace other) {
    String mine = path + "/";
    String its = other.path + "/";
    return store.equals(other.store) && (mine.startsWith(its) || its.startsWith(mine));
  }

  /** The directory of a replica in the file system. */
  Path directory() {
    return Path.of(path);
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
