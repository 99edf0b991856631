package io.haduck.core.store;

import io.haduck.core.InvalidConfigurationException;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * Where a replica lies, whatever it is called: two locations may lead to one directory by symbolic
 * links.
 *
 * @param store scheme and bucket
 * @param path the directory in the file system, or the prefix in the bucket
 */
public record ReplicaPlace(String store, String path) {
  /** As far as the directories of the location exist, without the links among them. */
  public static ReplicaPlace of(ReplicaLocation location) {
    boolean local = location.scheme().equals("file");
    return new ReplicaPlace(
        location.scheme() + "://" + location.bucket(),
        local ? withoutLinks(Path.of(location.path())).toString() : location.path());
  }

  /**
   * Returns whether two texts name one place, such as that of a setting and that which was
   * recorded. The service behind {@code s3:} is no part of either.
   */
  public static boolean isSame(String one, String other) {
    if (one.equals(other)) {
      return true; // also where a link leads elsewhere by now
    }
    try {
      return of(ReplicaLocation.parse(one)).equals(of(ReplicaLocation.parse(other)));
    } catch (InvalidConfigurationException | InvalidPathException e) {
      return false; // of a store with names of its own
    }
  }

  /**
   * Returns whether both are one, or one lies within the other: then what is one's seems the
   * other's.
   */
  public boolean overlaps(ReplicaPlace other) {
    String mine = path + "/";
    String its = other.path + "/";
    return store.equals(other.store) && (mine.startsWith(its) || its.startsWith(mine));
  }

  /** Returns the directory of a replica in the file system. */
  public Path directory() {
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
