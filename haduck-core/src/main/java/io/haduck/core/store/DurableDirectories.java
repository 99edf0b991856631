package io.haduck.core.store;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Directories whose entries survive a power cut: a file is only as durable as its name, and its
 * name as that of each directory above it.
 *
 * <p>Safe for any number of threads.
 */
public final class DurableDirectories {
  private final Path root;
  private final Set<Path> known = ConcurrentHashMap.newKeySet();
  private volatile boolean rootWasThere;

  /**
   * @param root absolute; directories in it are synced even if another process created them
   */
  DurableDirectories(Path root) {
    this.root = root;
  }

  /** The root is there: from now on it is not made anew, since its disk may be unmounted. */
  void rootIsThere() {
    rootWasThere = true;
  }

  /**
   * Creates a directory in or above the root where it is missing, and syncs the way to it.
   *
   * @throws NoSuchFileException if the root was there and is not any more
   */
  void ensure(Path directory) throws IOException {
    if (known.contains(directory)) {
      return;
    }
    Path parent = directory.getParent();
    if (parent == null) {
      return;
    }
    boolean exists = Files.isDirectory(directory);
    boolean below = directory.startsWith(root) && !directory.equals(root);
    if (!exists || below) {
      if (!below && rootWasThere) {
        throw new NoSuchFileException(root.toString());
      }
      ensure(parent);
      if (!exists) {
        create(directory);
        rootWasThere |= directory.equals(root);
      }
      sync(parent);
    }
    known.add(directory);
  }

  private static void create(Path directory) throws IOException {
    try {
      Files.createDirectory(directory);
    } catch (FileAlreadyExistsException e) {
      if (!Files.isDirectory(directory)) {
        throw e;
      }
    }
  }

  /** Somebody deleted it: look again next time. */
  void forget(Path directory) {
    known.removeIf(other -> directory.startsWith(other) || other.startsWith(directory));
  }

  /**
   * Makes the entries of a directory durable. An interruption neither stops it nor is lost: it
   * closes the channel, so this tries again and sets the flag afterwards.
   */
  public static void sync(Path directory) throws IOException {
    boolean interrupted = false;
    try {
      while (true) {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
          channel.force(true);
          return;
        } catch (ClosedByInterruptException e) {
          interrupted |= Thread.interrupted();
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
