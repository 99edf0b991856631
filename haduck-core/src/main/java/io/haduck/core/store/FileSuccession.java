package io.haduck.core.store;

import io.haduck.core.UnavailableException;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Versions of an object that took each other's place under a condition. The successor of a version
 * is a file whose name is made of the version's entity tag, which no other version ever has:
 * whoever creates it, by a hard link, has replaced that version, and nobody else can. So a
 * conditional write is decided in one step that needs no lock, and a process that is stopped within
 * the lock stops nobody.
 *
 * <p>The object's own file is where a reader begins; its last successor is what the object is. Who
 * holds the lock then gives that one the object's name, and removes the names on the way: so there
 * is a way of more than one step only while the lock cannot be had. The file moves forward on that
 * way only: one that gives it its name late, since it was stopped, leads to the same last one.
 *
 * <p>A successor that is created late, of a version that is no longer on the way, is never
 * believed: nothing leads to it.
 */
final class FileSuccession {
  private static final String SUCCESSOR = FileKeys.RESERVED + "next-";
  private static final int LOOKS = 1000;

  private FileSuccession() {}

  /**
   * Where the way ended when it was gone.
   *
   * @param file of the object
   * @param first entity tag of the version that had the object's name
   * @param steps the files after that one, in order; empty mostly
   * @param path of the last version
   * @param version the last one
   */
  record End(Path file, String first, List<Path> steps, Path path, FileVersion version) {
    /** Copies the list. */
    End {
      steps = List.copyOf(steps);
    }

    /**
     * Returns whether the way still begins with the same version. Only then it is certain that no
     * step of it had been removed when it was gone.
     */
    boolean stands() throws IOException {
      return FileVersion.of(file).etag().equals(first);
    }
  }

  /**
   * Goes the way once. What comes of it counts if it {@link End#stands} afterwards.
   *
   * @throws NoSuchFileException if there is no such object
   */
  static End walk(Path file) throws IOException {
    FileVersion version = FileVersion.of(file);
    String first = version.etag();
    List<Path> steps = new ArrayList<>();
    Path path = file;
    while (version.regular()) {
      Path next = successor(file, version.etag());
      if (!next.toFile().exists()) { // nearly always, and cheaper than an exception
        break;
      }
      try {
        version = FileVersion.of(next);
      } catch (NoSuchFileException e) {
        break; // removed just now: then the way does not stand
      }
      steps.add(next);
      path = next;
    }
    return new End(file, first, steps, path, version);
  }

  /**
   * Returns the version that the object is now.
   *
   * @throws NoSuchFileException if there is no such object
   */
  static End end(Path file) throws IOException {
    for (int look = 0; look < LOOKS; look++) {
      End end = walk(file);
      if (end.stands()) {
        return end;
      }
    }
    throw new FileSystemException(file + ": replaced " + LOOKS + " times while it was looked at");
  }

  /**
   * Makes a draft the successor of a version, if that is the last one.
   *
   * @throws UnavailableException if it is not known whether it was, since the object was replaced
   *     or deleted at the same time
   */
  static PutResult.Outcome append(DraftFile draft, FileVersion drafted, Path file, String etag)
      throws IOException {
    try {
      if (!end(file).version().etag().equals(etag)) {
        return PutResult.Outcome.MISMATCH;
      }
    } catch (NoSuchFileException e) {
      return PutResult.Outcome.MISSING;
    }
    Path name = successor(file, etag);
    if (draft.link(name) != PutResult.Outcome.DONE) {
      return PutResult.Outcome.MISMATCH;
    }
    if (!leadsTo(drafted, file)) {
      Files.deleteIfExists(name);
      throw new UnavailableException(
          file + " was replaced or deleted by others while it was being replaced");
    }
    return PutResult.Outcome.DONE;
  }

  private static boolean leadsTo(FileVersion drafted, Path file) throws IOException {
    try {
      End end = end(file);
      if (end.first().equals(drafted.etag())) {
        return true;
      }
      for (Path step : end.steps()) {
        if (FileVersion.of(step).etag().equals(drafted.etag())) {
          return true;
        }
      }
      return false;
    } catch (NoSuchFileException e) {
      return false; // deleted, or the way was shortened beyond it
    }
  }

  /**
   * Gives the last version the object's name, durably, and removes the way to it. Under the lock:
   * nobody else does so then, and versions are only added. Best effort: whoever has the lock next
   * does it as well.
   */
  static void settle(Path file, RandomGenerator random) {
    try {
      End end = walk(file);
      if (!end.steps().isEmpty()) {
        try (DraftFile second = DraftFile.linked(end.path(), random)) {
          second.rename(file);
        }
        remove(end);
      }
    } catch (IOException e) {
      // The way is as good, only longer.
    }
  }

  /**
   * Removes the steps of a way that nothing begins any more, once that is durable: else a power cut
   * could bring its beginning back without the rest.
   */
  static void remove(End end) throws IOException {
    Path directory = end.file().getParent();
    if (!end.steps().isEmpty() && directory != null) {
      DurableDirectories.sync(directory);
      for (Path step : end.steps()) {
        Files.deleteIfExists(step);
      }
    }
  }

  private static Path successor(Path file, String etag) {
    return file.resolveSibling(SUCCESSOR + etag);
  }
}
