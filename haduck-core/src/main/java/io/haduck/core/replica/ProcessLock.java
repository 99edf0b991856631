package io.haduck.core.replica;

import io.haduck.core.LocalFileException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * {@code F.haduck-lock}: one haduck process at a time. The file is created once and never deleted,
 * since deleting a lock file lets two processes lock two files of one name. Held until closed or
 * until the process ends.
 */
final class ProcessLock implements AutoCloseable {
  private final FileChannel channel;

  private ProcessLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Takes the lock.
   *
   * @throws LocalFileException if another process, or this one elsewhere, holds it, or the file
   *     cannot be made
   */
  static ProcessLock take(Path file) {
    FileChannel channel;
    if (Files.isDirectory(file)) {
      throw new LocalFileException(
          file + " is a directory where haduck's lock file belongs; move it away");
    }
    try {
      channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw new LocalFileException(
          "cannot create "
              + file
              + " ("
              + e
              + "); haduck needs write permission in the database's directory",
          e);
    }
    try {
      FileLock lock = channel.tryLock();
      if (lock != null) {
        return new ProcessLock(channel);
      }
      channel.close();
    } catch (OverlappingFileLockException e) {
      close(channel, e);
    } catch (IOException e) {
      close(channel, e);
      throw new LocalFileException("cannot lock " + file + " (" + e + ")", e);
    }
    throw new LocalFileException(
        file
            + " is locked: another process, or another class loader of this one, has this database open with"
            + " haduck. One process replicates a database at a time; close it there first");
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new LocalFileException("cannot release a lock file: " + e, e);
    }
  }

  private static void close(FileChannel channel, Exception because) {
    try {
      channel.close();
    } catch (IOException e) {
      because.addSuppressed(e);
    }
  }
}
