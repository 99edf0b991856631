package io.haduck.core.store;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/** What lies around the directory of a store, for who may have mistyped its name. */
final class FileSurroundings {
  private static final int MOST_LOOKS = 10_000;

  private FileSurroundings() {}

  /** As {@link ObjectStore#absence}. */
  static Optional<String> absence(Path root) {
    if (Files.exists(root)) {
      return Optional.empty();
    }
    Path above = root.getParent();
    while (above != null && !Files.exists(above)) {
      above = above.getParent();
    }
    return Optional.of(
        "there is no directory " + root + " (" + above + " is there, and nothing of the rest)");
  }

  /** As {@link ObjectStore#namesBeside}. */
  static List<String> namesBeside(Path root, String prefix, int most) {
    int slash = prefix.indexOf('/');
    Path above = root.getParent();
    var names = new TreeSet<String>();
    if (slash > 0 && above != null) {
      try (DirectoryStream<Path> beside = Files.newDirectoryStream(above)) {
        int left = MOST_LOOKS;
        for (Iterator<Path> at = beside.iterator(); left > 0 && at.hasNext(); left--) {
          Path other = at.next();
          if (!other.equals(root) && Files.isDirectory(other.resolve(prefix.substring(0, slash)))) {
            names.add(String.valueOf(other.getFileName()));
          }
        }
      } catch (IOException | DirectoryIteratorException e) {
        return List.of();
      }
    }
    return names.stream().limit(most).toList();
  }
}
