package io.haduck.core.store;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;

/**
 * Collects one page of a listing from a tree of directories, in the order of the keys.
 *
 * <p>A directory {@code a} sorts as {@code a/}, hence after a file {@code a-b}; what a name is
 * would cost a system call for each. So each name stands in the order twice, as a file and as a
 * directory, and only those that the page reaches are looked at.
 */
final class FileListing {
  private static final int LEAST_CANDIDATES = 200;

  private final String prefix;
  private final String startAfter;
  private final int pageSize;
  private final List<Listing.Entry> entries = new ArrayList<>();

  /** Of what was looked at and is a file: so it need not be looked at as a directory. */
  private final Set<Path> files = new HashSet<>();

  private boolean truncated;

  private FileListing(String prefix, String startAfter, int pageSize) {
    this.prefix = prefix;
    this.startAfter = startAfter;
    this.pageSize = pageSize;
  }

  static Listing page(Path root, String prefix, String startAfter, int pageSize)
      throws IOException {
    String directoryKey = prefix.substring(0, prefix.lastIndexOf('/') + 1);
    if (!directoryKey.isEmpty()
        && !FileKeys.isValid(directoryKey.substring(0, directoryKey.length() - 1))) {
      return new Listing(List.of(), false, timeAt(root, root));
    }
    Path directory = root.resolve(directoryKey);
    // Taken before anything is read, so that it is not later than what is read.
    Instant storeTime = timeAt(directory, root);
    var listing = new FileListing(prefix, startAfter, pageSize);
    listing.walk(directory, directoryKey);
    return new Listing(listing.entries, listing.truncated, storeTime);
  }

  /** The change time of a directory, or of the nearest one above it that exists. */
  private static Instant timeAt(Path directory, Path root) throws IOException {
    for (Path at = directory; ; ) {
      try {
        return FileVersion.of(at).changed();
      } catch (IOException e) {
        Path parent = at.getParent();
        boolean below = at.startsWith(root) && !at.equals(root);
        boolean absent =
            e instanceof NoSuchFileException || (below && FileFailure.meansNoDirectory(e));
        if (parent == null || !absent) {
          throw e;
        }
        at = parent;
      }
    }
  }

  private void walk(Path directory, String directoryKey) throws IOException {
    String namePrefix =
        prefix.length() > directoryKey.length() ? prefix.substring(directoryKey.length()) : "";
    String after =
        startAfter.startsWith(directoryKey) ? startAfter.substring(directoryKey.length()) : "";
    if (after.isEmpty() && FileKeys.UTF8_ORDER.compare(startAfter, directoryKey) > 0) {
      return;
    }
    String examined = "";
    while (true) {
      List<String> candidates = smallest(directory, namePrefix, after, examined);
      for (String candidate : candidates) {
        examine(directory, directoryKey, candidate);
        if (truncated) {
          return;
        }
        examined = candidate;
      }
      if (candidates.size() < candidateLimit()) {
        return;
      }
    }
  }

  private void examine(Path directory, String directoryKey, String candidate) throws IOException {
    boolean asDirectory = candidate.endsWith("/");
    Path file = directory.resolve(candidate);
    if (asDirectory && files.remove(file)) {
      return;
    }
    FileVersion version;
    try {
      version = FileVersion.of(file, LinkOption.NOFOLLOW_LINKS);
    } catch (NoSuchFileException e) {
      return; // deleted since
    }
    if (asDirectory && version.directory()) {
      walk(file, directoryKey + candidate);
    } else if (!asDirectory && version.regular()) {
      files.add(file);
      if (entries.size() == pageSize) {
        truncated = true;
      } else {
        entries.add(
            new Listing.Entry(directoryKey + candidate, version.length(), version.changed()));
      }
    }
  }

  /**
   * Enough for a page and the one that shows that there is more, if all are files; and so many that
   * a page of one need not read a directory again and again for what is none.
   */
  private int candidateLimit() {
    return Math.max(LEAST_CANDIDATES, 2 * (pageSize + 1));
  }

  /**
   * The first candidates after {@code examined}, in order: each name that the directory holds, once
   * as it is and once with a slash, if such a key or keys below such a directory are asked for.
   */
  private List<String> smallest(Path directory, String namePrefix, String after, String examined)
      throws IOException {
    int limit = candidateLimit();
    var largestFirst = new PriorityQueue<String>(FileKeys.UTF8_ORDER.reversed());
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
      for (Path path : stream) {
        String name = String.valueOf(path.getFileName());
        if (!name.startsWith(namePrefix) || name.startsWith(FileKeys.RESERVED)) {
          continue;
        }
        boolean behind = FileKeys.UTF8_ORDER.compare(name, after) > 0;
        if ((!behind && !after.startsWith(name)) || isBeyond(largestFirst, name, limit)) {
          continue; // and so it is with a slash
        }
        if (behind) {
          offer(largestFirst, name, examined, limit);
        }
        String slashed = name + "/";
        if (after.startsWith(slashed) || FileKeys.UTF8_ORDER.compare(slashed, after) > 0) {
          offer(largestFirst, slashed, examined, limit);
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    } catch (NoSuchFileException | NotDirectoryException e) {
      return List.of();
    }
    var inOrder = new ArrayList<>(largestFirst);
    inOrder.sort(FileKeys.UTF8_ORDER);
    return inOrder;
  }

  private static void offer(
      PriorityQueue<String> largestFirst, String candidate, String examined, int limit) {
    if (FileKeys.UTF8_ORDER.compare(candidate, examined) <= 0) {
      return;
    }
    if (isBeyond(largestFirst, candidate, limit)) {
      return;
    }
    if (largestFirst.size() == limit) {
      largestFirst.remove();
    }
    largestFirst.add(candidate);
  }

  /** Whether there are enough that sort before it. */
  private static boolean isBeyond(PriorityQueue<String> largestFirst, String candidate, int limit) {
    return largestFirst.size() == limit
        && FileKeys.UTF8_ORDER.compare(candidate, largestFirst.element()) >= 0;
  }
}
